using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Links;

/// <summary>What a link is told. Local: these carry octets, connections and references, and never leave the node.</summary>
internal static class LinkCommands
{
    /// <summary>To be sent; in order of precedence and sequence, whatever the order of these messages.</summary>
    internal sealed record Enqueue(Consignment Consignment) : ILocalMessage;

    internal sealed record Apply(LinkSettings Settings) : ILocalMessage;

    /// <summary>Rules or the precedence table changed.</summary>
    internal sealed record Reconsider : ILocalMessage;

    /// <summary>There are more or fewer nodes to share the link's connections with.</summary>
    internal sealed record Share : ILocalMessage
    {
        public static readonly Share Instance = new();
    }

    /// <summary>An operator wants a connection tried at once.</summary>
    internal sealed record TryNow : ILocalMessage;

    /// <summary>A token works again: what waits for a key is tried at once.</summary>
    internal sealed record TryKeys : ILocalMessage
    {
        public static readonly TryKeys Instance = new();
    }

    /// <summary>Answers with <see cref="LinkStatus"/>.</summary>
    /// <param name="Whole">With the outcomes of its last transactions.</param>
    internal sealed record GetStatus(bool Whole = false) : ILocalMessage;

    /// <summary>Start nothing new; answer <see cref="LinkEvents.Drained"/> when nothing is in flight and nothing is armed without need.</summary>
    internal sealed record Drain : ILocalMessage;
}

internal static class LinkEvents
{
    /// <summary>A consignment was loaded and armed, or why not.</summary>
    internal sealed record Readied(Consignment Consignment, ReadyOutcome Outcome, LoadedMessage? Loaded, RuleVerdict Verdict) : ILocalMessage
    {
        /// <summary>With <see cref="ReadyOutcome.KeyAway"/>: why.</summary>
        public string Reason { get; init; } = "";
    }

    /// <summary>A connection is open and takes messages.</summary>
    /// <param name="PriorityPolicy">The priority assignment policy that the hop named; null when it named none.</param>
    internal sealed record Opened(IActorRef Delivery, string Target, string? Tls, string? PriorityPolicy) : ILocalMessage;

    /// <summary>A connection could not be opened.</summary>
    internal sealed record OpenFailed(IActorRef Delivery, string Reason) : ILocalMessage;

    /// <summary>A transaction ended, those with further hosts of the link included.</summary>
    /// <param name="Result">How it ended on the delivery's own connection.</param>
    /// <param name="Answers">In the order of the consignment's recipients; empty when it goes back into the queue.</param>
    /// <param name="DiedIdle">The connection had lain idle, and was found dead before a word of this transaction was answered.</param>
    internal sealed record Transmitted(
        IActorRef Delivery, Consignment Consignment, LoadedMessage Loaded, TransactionResult Result, ImmutableArray<HopAnswer> Answers, bool DiedIdle) : ILocalMessage;

    internal sealed record Resolved(MailExchangers Exchangers) : ILocalMessage;

    internal sealed record Drained : ILocalMessage;

    internal sealed record Disarmed : ILocalMessage;
}

internal enum ReadyOutcome : byte
{
    Ready,

    /// <summary>A rule forbids it for now.</summary>
    Waits,

    /// <summary>A rule returns or reroutes it: its partition was told.</summary>
    TakenAway,

    /// <summary>The message is gone, or its partition has another owner.</summary>
    Gone,

    /// <summary>The store does not answer: try again later.</summary>
    StoreAway,

    /// <summary>It was judged by rules or settings that are no longer the newest: to be judged again in a moment.</summary>
    Outdated,

    /// <summary>A key that its protection needs can't be used now: an attempt that failed here and for the moment.</summary>
    KeyAway,
}

/// <summary>What a delivery is told.</summary>
internal static class DeliveryCommands
{
    internal sealed record Connect(ImmutableArray<HopTarget> Targets, LinkSettings Settings) : ILocalMessage;

    internal sealed record Send(Consignment Consignment, LoadedMessage Loaded) : ILocalMessage;
}

/// <summary>The end of an attempt, as the partition hears of it.</summary>
/// <param name="Answers">In the order of the consignment's recipients.</param>
internal sealed record AttemptEnded(Consignment Consignment, LoadedMessage Loaded, ImmutableArray<HopAnswer> Answers) : ILocalMessage
{
    /// <summary>Channel and number of each transmission that the hop has or may have.</summary>
    public ImmutableArray<string> Numbers { get; init; } = [];
}

/// <summary>A rule decided about a consignment that its link had taken.</summary>
internal sealed record RuleDecided(Consignment Consignment, RuleVerdict Verdict) : ILocalMessage, IMessageStep
{
    public MessageId Id => Consignment.Id;
}

/// <summary>The stored octets are not the accepted ones, or they are gone.</summary>
internal sealed record ContentLost(Consignment Consignment, string Reason) : ILocalMessage, IMessageStep
{
    public MessageId Id => Consignment.Id;
}

/// <summary>
/// What the link or the recipients may see does not reach up to the message's label, at least for one of these: each is to be
/// judged by itself.
/// </summary>
internal sealed record LabelDenied(MessageId Id) : ILocalMessage, IMessageStep;

/// <summary>It is a message's turn to cross a boundary: some of its recipients are in another security domain.</summary>
internal sealed record CrossingDue(MessageId Id) : ILocalMessage, IMessageStep;

/// <summary>It was queued for a link that leads into another security domain by now: all that is open is planned again.</summary>
internal sealed record Misplaced(MessageId Id) : ILocalMessage, IMessageStep;

/// <summary>It can't be protected as its route demands, and trying again will not help: a person has to act.</summary>
/// <param name="Recipients">Those whom it is about, by the message's indices.</param>
internal sealed record ProtectionImpossible(Consignment Consignment, ImmutableArray<int> Recipients, string Reason) : ILocalMessage, IMessageStep
{
    public MessageId Id => Consignment.Id;
}
