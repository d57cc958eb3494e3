using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Partitions;

/// <summary>Keeps a partition alive: sent to all of them each second, so that one whose node was lost comes up elsewhere.</summary>
public sealed record PartitionPing(int Partition) : IWireMessage;

/// <summary>Shard id = entity id = partition number.</summary>
internal sealed class PartitionExtractor : IMessageExtractor
{
    public string? EntityId(object message) => message switch
    {
        PartitionPing ping => Name(ping.Partition),
        IOwnerOrder { Partition: >= 0 and < MessageId.PartitionCount } order => Name(order.Partition),
        _ => null,
    };

    private static string Name(int partition) => partition.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public object EntityMessage(object message) => message;

    public string? ShardId(object message) => EntityId(message);

    public string ShardId(string entityId, object? messageHint = null) => entityId;
}

internal static class PartitionCommands
{
    /// <summary>A message was committed: route it.</summary>
    internal sealed record TakeOver(
        MessageId Id, Envelope Envelope, long Size, ImmutableArray<RecipientStatus> Statuses, LoadedMessage? Loaded, LinkHandle? Reserved) : ILocalMessage;

    /// <summary>Answers with <see cref="ActOutcome"/>.</summary>
    internal sealed record Act(MessageId Id, MessageAct Order, OperatorIdentity Who) : ILocalMessage
    {
        /// <summary>Who is answered, when the order had to wait for a transaction.</summary>
        public IActorRef? Asker { get; init; }

        public int Waits { get; init; }
    }

    /// <summary>A person's order that came before the partition was loaded. What is sent is who is answered.</summary>
    /// <param name="Tries">How often it has waited.</param>
    internal sealed record EarlyOrder(IOwnerOrder Order, int Tries) : ILocalMessage;

    /// <summary>A person decides about a held message. Answers with <see cref="HoldingResult"/>.</summary>
    internal sealed record Judge(MessageId Id, HoldingOrder Order, OperatorIdentity Who) : ILocalMessage;

    /// <summary>Answers with <see cref="PartitionEvents.Held"/>.</summary>
    /// <param name="After">Only what stands behind this place; null: all.</param>
    /// <param name="Limit">At most so many.</param>
    internal sealed record GetHeld(HeldPlace? After, int Limit) : ILocalMessage;

    /// <summary>The time has come to look for deadlines.</summary>
    internal sealed record Tick : ILocalMessage
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>Rules changed: what links hold ready and have not begun to send goes back to them to be judged again.</summary>
    internal sealed record Recall : ILocalMessage
    {
        public static readonly Recall Instance = new();
    }

    /// <summary>The region hands the partition over, or the node stops.</summary>
    internal sealed record Stop : ILocalMessage
    {
        public static readonly Stop Instance = new();
    }

    /// <summary>Time to see whether a partition that leaves has nothing under way any more.</summary>
    internal sealed record LeaveOn : ILocalMessage
    {
        public static readonly LeaveOn Instance = new();
    }

    /// <summary>Answer <see cref="PartitionEvents.Quiet"/> when no step is under way.</summary>
    internal sealed record Quiesce : ILocalMessage;
}

internal static class PartitionEvents
{
    internal sealed record Claimed(PartitionEpoch Epoch, ImmutableArray<PendingMessage> Pending, ImmutableDictionary<long, string> Reroutes) : ILocalMessage;

    internal sealed record ClaimFailed(Exception Cause) : ILocalMessage;

    /// <summary>Another node owns the partition and lives.</summary>
    internal sealed record OwnedElsewhere : ILocalMessage
    {
        public static readonly OwnedElsewhere Instance = new();
    }

    /// <summary>The store knows that something armed ahead will not be sent from here, or can't be told.</summary>
    internal sealed record Disarmed : ILocalMessage
    {
        public static readonly Disarmed Instance = new();
    }

    /// <summary>The epoch was given up.</summary>
    internal sealed record Released : ILocalMessage
    {
        public static readonly Released Instance = new();
    }

    internal sealed record Quiet : ILocalMessage;

    /// <summary>Messages with recipients that are held, in their order.</summary>
    internal sealed record Held(ImmutableArray<HeldPlace> Places) : ILocalMessage;

    /// <summary>A message's actor finished a step.</summary>
    /// <param name="Statuses">After the step.</param>
    /// <param name="State">After the step.</param>
    /// <param name="Consignments">New ones, already told to their links.</param>
    /// <param name="NextDeadline">When to look again; null keeps what is known.</param>
    /// <param name="Spawned">Messages made on the way (reports), committed.</param>
    /// <param name="Fenced">The store said that this partition has another owner.</param>
    internal sealed record StepDone(
        MessageId Id, ImmutableArray<RecipientStatus> Statuses, MessageState State, ImmutableArray<Consignment> Consignments, DateTimeOffset? NextDeadline,
        ImmutableArray<PartitionCommands.TakeOver> Spawned, bool Fenced) : ILocalMessage
    {
        public string? Reroute { get; init; }

        /// <summary>A profiling address among its recipients waits for a person; null: as it was.</summary>
        public bool? IsUnprofiled { get; init; }
    }

    /// <summary>A step could not be carried out because the store was away; to be done again.</summary>
    internal sealed record StepFailed(MessageId Id, object Step, Exception Cause) : ILocalMessage;
}
