using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Statistics;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Domain.Operations;

/// <summary>Everything a person can see and do. The admin API, the command line and the dashboard stand on this alone.</summary>
public interface IOperatorActions
{
    ValueTask<SwitchStatus> StatusAsync(CancellationToken cancellationToken);

    /// <summary>The nodes as this one sees them; a node on its own sees itself.</summary>
    ValueTask<ClusterView> ClusterAsync(CancellationToken cancellationToken);

    /// <summary>What stands on this node's switch at this moment, oldest first.</summary>
    ValueTask<IReadOnlyList<Alarm>> AlarmsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// What stands on all nodes of the cluster, and beside their switches, oldest first. Of a node that does not answer within
    /// two seconds there is an alarm that says so.
    /// </summary>
    ValueTask<IReadOnlyList<NodeAlarm>> AlarmsOfAllAsync(CancellationToken cancellationToken);

    /// <summary>Pending messages that match, highest precedence first, then oldest first.</summary>
    ValueTask<IReadOnlyList<QueuedMessage>> QueueAsync(QueueFilter filter, CancellationToken cancellationToken);

    /// <summary>How many wait, by destination (or sender) and age.</summary>
    ValueTask<IReadOnlyList<QueueShapeRow>> ShapeAsync(QueueShapeBy by, CancellationToken cancellationToken);

    ValueTask<MessageDetail?> MessageAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>The message as it would be sent now; null when it or its content is gone. Audited as viewed.</summary>
    ValueTask<RawMessage?> RawAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>
    /// Asks those who took a message over where it is now (RFC 3887), within two minutes; null: there is no such message. Recorded
    /// before anybody is asked; throws <see cref="SpoolUnavailableException"/> when that can't be. Nobody is asked with a secret that
    /// is not the message's.
    /// </summary>
    /// <param name="id">Of the message as it came with MTRK.</param>
    /// <param name="secret">Whose hash came with the message, 1 to 128 octets. Kept nowhere.</param>
    /// <param name="who">Asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<OnwardAnswer?> AskOnwardAsync(MessageId id, ReadOnlyMemory<byte> secret, OperatorIdentity who, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<MessageDetail>> TrackAsync(MessageQuery query, CancellationToken cancellationToken);

    /// <summary>How long messages were in the switch, out of what is stored; of the newest when there are many.</summary>
    ValueTask<SwitchStatistics> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken);

    /// <summary>Links of this node.</summary>
    ValueTask<IReadOnlyList<LinkStatus>> LinksAsync(CancellationToken cancellationToken);

    /// <summary>Links of all nodes of the cluster that answer within two seconds, in the order of their names.</summary>
    ValueTask<IReadOnlyList<NodeLink>> LinksOfAllAsync(CancellationToken cancellationToken);

    ValueTask<LinkStatus?> LinkAsync(LinkName name, CancellationToken cancellationToken);

    /// <summary>Connects at once, in spite of an open breaker.</summary>
    ValueTask<bool> TryLinkAsync(LinkName name, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>
    /// Does one thing to the chosen messages; with <see cref="MessageAct.DryRun"/> only says to which. Throws
    /// <see cref="SpoolUnavailableException"/> when the store refused it and nothing was done; such an order is not done later.
    /// Throws <see cref="CountChangedException"/> when a filter has more than was confirmed, and, as other orders do,
    /// <see cref="ApprovalNeededException"/> where another person has to approve.
    /// </summary>
    ValueTask<ActResult> ActAsync(MessageAct act, OperatorIdentity who, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<OperatorRule>> RulesAsync(CancellationToken cancellationToken);

    /// <summary>Throws <see cref="FormatException"/> or <see cref="UnknownLinkException"/> with a text for the operator, and
    /// <see cref="SpoolUnavailableException"/> when the store refuses the rule; it is not in force then.</summary>
    ValueTask<OperatorRule> AddRuleAsync(OperatorRule rule, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>
    /// Puts a rule in the place of the one with its id in one step, so that there is no moment without it. Throws as
    /// <see cref="AddRuleAsync"/>.
    /// </summary>
    /// <param name="expected">Asked about the rule in force, so that nobody undoes what they have not seen; null: whatever it is.</param>
    ValueTask<(RuleChange Change, OperatorRule Rule)> ReplaceRuleAsync(
        OperatorRule rule, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken);

    /// <param name="expected">As of <see cref="ReplaceRuleAsync"/>.</param>
    ValueTask<RuleChange> RemoveRuleAsync(
        string id, string reason, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>
    /// Only says what adding, replacing (<paramref name="rule"/> has the id of one in force) or removing a rule would do. Walks
    /// along the whole queue. Throws for a bad rule as <see cref="AddRuleAsync"/>.
    /// </summary>
    ValueTask<RuleTrial> TryRuleAsync(OperatorRule rule, bool remove, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Every passage of a message through a boundary, with what was decided by what; null: there is no such message.</summary>
    ValueTask<MessageDecisions?> DecisionsAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>What boundaries did to a message; null: there is no such message.</summary>
    ValueTask<MessageCustody?> CustodyAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>
    /// The evidence about a message, as files, its content included; null: there is no such message. Audited as viewed before
    /// it is given; throws <see cref="SpoolUnavailableException"/> when that can't be recorded.
    /// </summary>
    ValueTask<CustodyExport?> ExportCustodyAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Messages with recipients that are held, highest precedence first, then oldest first.</summary>
    /// <param name="after">Go on behind this message; null: from the beginning.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<HeldMessage>> HeldAsync(MessageId? after, int limit, CancellationToken cancellationToken);

    /// <summary>One message of the holding centre; null: there is no such message, or nobody of it is held.</summary>
    ValueTask<HeldMessage?> HeldAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>
    /// A person decides about a held message. Where several have to agree, each is recorded, and the one who completes them
    /// has it done. Throws <see cref="SpoolUnavailableException"/> when the store refused it; such an order is not done later.
    /// </summary>
    ValueTask<HoldingResult> DecideAsync(MessageId id, HoldingOrder order, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>The mailing lists, without what directories know.</summary>
    ValueTask<IReadOnlyList<ListState>> ListsAsync(CancellationToken cancellationToken);

    /// <summary>A mailing list with its members; null: there is none at this address.</summary>
    ValueTask<ListState?> ListAsync(Mailbox address, CancellationToken cancellationToken);

    /// <summary>The profiler's plans, and which counts.</summary>
    ValueTask<ProfileState> ProfileAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Another plan of the profiler counts from now on, on all nodes. Throws <see cref="SpoolUnavailableException"/> when the store refuses
    /// it; it is not in force then.
    /// </summary>
    /// <returns>Null: there is no such plan.</returns>
    ValueTask<ProfileState?> SwitchPlanAsync(string plan, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    ValueTask<RouteExplanation> ExplainRouteAsync(Mailbox address, Precedence precedence, MilitaryFacts facts, CancellationToken cancellationToken);

    /// <summary>The labels that somebody may use towards all of these recipients. Throws <see cref="FormatException"/> with a text for the operator.</summary>
    /// <param name="policy">Name or object identifier; null: the one that is meant where none is named.</param>
    /// <param name="from">Who would send.</param>
    /// <param name="to">At least one.</param>
    ValueTask<LabelCatalogue> LabelsAsync(string? policy, Mailbox from, ImmutableArray<Mailbox> to, CancellationToken cancellationToken);
}

/// <param name="Name">Account or <c>local:uid</c>.</param>
/// <param name="Via">From where: API address or socket.</param>
public sealed record OperatorIdentity(string Name, string Via)
{
    /// <summary>What this person is; without a role nothing is permitted.</summary>
    public OperatorRoles Roles { get; init; }

    /// <summary>The session in which it is done; null: with a token, a certificate or over the socket.</summary>
    public string? Session { get; init; }
}

public sealed record SwitchStatus
{
    public required string Node { get; init; }
    public required string Version { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset Now { get; init; }
    public required SpoolHealth Spool { get; init; }
    public required SpoolUsage Usage { get; init; }
    public required int Partitions { get; init; }
    public required bool Ready { get; init; }

    /// <summary>Indexed by the level's number.</summary>
    public required ImmutableArray<PrecedenceStatus> Precedences { get; init; }
    public required int Links { get; init; }
    public required int LinksDown { get; init; }
    public required int Held { get; init; }
    public required ImmutableArray<string> Alarms { get; init; }

    /// <summary>Those of this node; usually empty.</summary>
    public ImmutableArray<TokenStatus> Tokens { get; init; } = [];
}

public sealed record PrecedenceStatus(Precedence Precedence, int Queued, TimeSpan? Oldest, long Accepted, long Delivered, long Failed);

public sealed record QueueFilter
{
    public LinkName? Link { get; init; }
    public Precedence? Precedence { get; init; }
    public string? Sender { get; init; }
    public string? Recipient { get; init; }
    public MessageState? State { get; init; }
    public TimeSpan? OlderThan { get; init; }
    public MessageId? After { get; init; }
    public int Limit { get; init; } = 100;
}

public sealed record QueuedMessage(
    MessageId Id, Precedence Precedence, MessageState State, DateTimeOffset AcceptedAt, long Size, string Sender, ImmutableArray<QueuedRecipient> Recipients,
    string? HeldBecause)
{
    /// <summary>By which it is handled; null: it has none.</summary>
    public MessageLabel? Label { get; init; }
}

public sealed record QueuedRecipient(string Address, LinkName? Link, RecipientState State, int Attempts, DateTimeOffset? Due, Reply? LastReply);

public enum QueueShapeBy : byte { Domain, Link, Sender }

/// <summary>Counts by age: up to 5, 10, 20, 40, 80, 160, 320, 640, 1280 minutes and older.</summary>
public sealed record QueueShapeRow(string Name, int Total, ImmutableArray<int> ByAge)
{
    public static ImmutableArray<int> AgeLimitsInMinutes { get; } = [5, 10, 20, 40, 80, 160, 320, 640, 1280];
}

public sealed record MessageDetail(StoredMessage Message, ImmutableArray<LinkName?> Links, ImmutableArray<AuditEvent> Audit, ImmutableArray<MessageId> Reports)
{
    /// <summary>The label that the last boundary judged it by; null: none did.</summary>
    public MessageLabel? LabelAtBoundary { get; init; }

    /// <summary>What it is shown under: that of the boundary, else the one of its acceptance; null: none is known.</summary>
    public MessageLabel? Label => LabelAtBoundary ?? Message.Envelope.Label;

    /// <summary>Acknowledgments that were asked for: of the message itself, or of the copies that boundaries made of it.</summary>
    public ImmutableArray<AwaitedAnswer> Awaited { get; init; } = [];

    /// <summary>Which node recorded each of <see cref="Audit"/>, as many; none: it is not known.</summary>
    public ImmutableArray<NodeIdentity> Recorders { get; init; } = [];

    /// <summary>Who has the message's partition, while it is not done; null: nobody at the moment, or it is done.</summary>
    public NodeIdentity? Owner { get; init; }

    /// <summary>The nodes that had to do with it.</summary>
    public ImmutableArray<NodeShare> Nodes => NodeShare.Of(Audit, Recorders);
}

public sealed record RawMessage(ReadOnlyMemory<byte> Trace, ContentReader Content);

public sealed record LinkStatus
{
    public required LinkName Name { get; init; }
    public required BreakerPhase Breaker { get; init; }
    public required DateTimeOffset? NextTry { get; init; }
    public required string LastFault { get; init; }
    public required string LastReply { get; init; }
    public required string? Tls { get; init; }
    public required int Connections { get; init; }
    public required int ConnectionLimit { get; init; }
    public required int Busy { get; init; }

    /// <summary>Waiting, indexed by level.</summary>
    public required ImmutableArray<int> Waiting { get; init; }
    public required int Deferred { get; init; }
    public required long Delivered { get; init; }
    public required long Failed { get; init; }
    public required long Suspected { get; init; }
    public required ImmutableArray<string> Targets { get; init; }
    public required ImmutableArray<string> Rules { get; init; }

    /// <summary>How its last transactions ended, newest first; only for who asks for one link of this node.</summary>
    public ImmutableArray<LinkOutcome> Outcomes { get; init; } = [];
}

public enum MessageVerb : byte { Hold, Release, Try, Requeue, Reroute, Return, Delete, Restore }

/// <summary>One act on messages: the named ones, or all that match the filter.</summary>
public sealed record MessageAct(MessageVerb Verb)
{
    public ImmutableArray<MessageId> Ids { get; init; } = [];
    public QueueFilter? Filter { get; init; }
    public required string Reason { get; init; }
    public bool DryRun { get; init; }

    /// <summary>For <see cref="MessageVerb.Reroute"/>: the link to use instead.</summary>
    public LinkName? Link { get; init; }

    /// <summary>With a filter: how many the person was shown, by a dry run, and wants it done to.</summary>
    public int? Expected { get; init; }
}

public sealed record ActResult(ImmutableArray<ActOutcome> Outcomes, bool DryRun);

public sealed record ActOutcome(MessageId Id, bool Done, string Text)
{
    public ActFailure Failure { get; init; }
}

/// <summary>Why an act was not done.</summary>
public enum ActFailure : byte
{
    None,

    /// <summary>There is no such message, or no such link.</summary>
    NotFound,

    /// <summary>The message is not in a state that allows it.</summary>
    Conflict,

    /// <summary>The switch could not do it now.</summary>
    Failed,
}

public enum RuleKind : byte
{
    /// <summary>Nothing that matches is sent.</summary>
    Suspend,

    /// <summary>Only the given level and above is sent; lower mail waits. MINIMIZE.</summary>
    Minimize,

    /// <summary>What matches goes back to its originator.</summary>
    Return,

    /// <summary>What matches takes another link.</summary>
    Reroute,
}

/// <summary>An operator's standing order.</summary>
public sealed record OperatorRule
{
    public required string Id { get; init; }
    public required RuleKind Kind { get; init; }

    /// <summary><c>node</c>, <c>link:NAME</c>, <c>domain:NAME</c>, <c>sender:ADDRESS</c> or <c>recipient:ADDRESS</c>; <c>*.</c> wildcards in domains.</summary>
    public required string Scope { get; init; }

    /// <summary>For <see cref="RuleKind.Minimize"/>: the lowest level that still moves.</summary>
    public Precedence? Level { get; init; }

    /// <summary>For <see cref="RuleKind.Minimize"/>: also refuse lower mail at entry with X.7.15 instead of queueing it.</summary>
    public bool RefuseAtEntry { get; init; }

    /// <summary>For <see cref="RuleKind.Reroute"/>.</summary>
    public LinkName? Link { get; init; }
    public required string Reason { get; init; }
    public string Author { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The rule ends by itself; null: when it is removed.</summary>
    public DateTimeOffset? Expires { get; init; }
}

public sealed record RouteExplanation(
    string Address, LinkName? Link, ImmutableArray<string> Targets, string? Refusal, ImmutableArray<string> Steps, ImmutableArray<string> Rules);
