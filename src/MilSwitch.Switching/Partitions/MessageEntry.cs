using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Partitions;

/// <summary>
/// All that a partition keeps in memory for a pending message. Small, because a million may wait: envelope and octets are
/// read again when they are needed. Touched by the partition's actor only.
/// </summary>
internal sealed class MessageEntry(MessageId id, Precedence precedence, long acceptedTicks, long size)
{
    public MessageId Id { get; } = id;

    /// <summary>The highest of its recipients.</summary>
    public Precedence Precedence { get; } = precedence;

    public long AcceptedTicks { get; } = acceptedTicks;

    public long Size { get; } = size;

    public MessageState State { get; set; }

    public ImmutableArray<RecipientStatus> Statuses { get; set; }

    public ImmutableArray<Consignment> Consignments { get; set; } = [];

    /// <summary>UTC ticks; <see cref="long.MaxValue"/>: none.</summary>
    public long DeadlineTicks { get; set; } = long.MaxValue;

    /// <summary>The link an operator chose instead of the routed one.</summary>
    public string? Reroute { get; set; }

    /// <summary>A profiling address among its recipients waits for a person.</summary>
    public bool IsUnprofiled { get; set; }

    /// <summary>The actor that works on it now; null when nobody does.</summary>
    public IActorRef? Worker { get; set; }

    /// <summary>A step is under way; further ones wait in <see cref="Waiting"/>.</summary>
    public bool Busy { get; set; }

    public Queue<object>? Waiting { get; set; }

    /// <summary>Why the store did not take the last step, until it takes one.</summary>
    public SpoolUnavailableException? Refusal { get; set; }

    /// <summary>Workers that died over this message.</summary>
    public int Crashes { get; set; }
}
