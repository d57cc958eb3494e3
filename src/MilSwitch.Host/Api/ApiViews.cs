using System.Text.Json.Serialization;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Watching;
using MilSwitch.Mime;

namespace MilSwitch.Host.Api;

/// <summary>Name and version of the program that answers.</summary>
public sealed record VersionView(string Program, string Version, string Api);

/// <summary>The node at a glance. Times of waiting are in seconds.</summary>
public sealed record StatusView(
    string Node, string Version, DateTimeOffset StartedAt, DateTimeOffset Now, bool Ready, string Spool, long UsedOctets, long FreeOctets,
    int Partitions, IReadOnlyList<PrecedenceView> Precedences, int Links, int LinksDown, int Held, IReadOnlyList<string> Alarms,
    IReadOnlyList<TokenView> Tokens)
{
    public static StatusView Of(SwitchStatus status, IEnumerable<string> furtherAlarms) => new(
        status.Node, status.Version, status.StartedAt, status.Now, status.Ready, Words.Of(status.Spool), status.Usage.UsedOctets, status.Usage.FreeOctets,
        status.Partitions, [.. status.Precedences.Select(PrecedenceView.Of)], status.Links, status.LinksDown, status.Held, [.. status.Alarms, .. furtherAlarms],
        [.. status.Tokens.Select(TokenView.Of)]);
}

/// <summary>A token with keys of this node.</summary>
/// <param name="Load">Null: it stands for the tokens of other nodes.</param>
public sealed record TokenView(string Name, string State, string Reason, DateTimeOffset Since, TokenLoadView? Load)
{
    public static TokenView Of(TokenStatus token) => new(token.Name, Words.Of(token.State), token.Reason, token.Since, token.Load is { } load ? TokenLoadView.Of(load) : null);
}

/// <summary>What a token does, and did since the node started.</summary>
/// <param name="Wanted">Sessions that the configuration asks for.</param>
/// <param name="Open">Sessions that take work.</param>
/// <param name="Busy">Of these, how many are in the token's library now.</param>
/// <param name="Lost">Threads that the library never gave back.</param>
/// <param name="Waiting">Operations that wait for a session.</param>
/// <param name="Levels">By precedence, the lowest first.</param>
/// <param name="Failures">Attempts that failed, sessions that could not be opened among them.</param>
public sealed record TokenLoadView(int Wanted, int Open, int Busy, int Lost, int Waiting, IReadOnlyList<TokenLevelView> Levels, long Failures, TokenFailureView? LastFailure)
{
    public static TokenLoadView Of(TokenLoad load) => new(
        load.Wanted, load.Open, load.Busy, load.Lost, load.Waiting, [.. load.Levels.Select(l => new TokenLevelView(l.Level.Keyword(), l.Done, l.Failed))], load.Failures,
        load.LastFailure is { } last ? new TokenFailureView(last.At, last.Cause) : null);
}

/// <param name="Failed">Attempts; one is repeated before its message hears of it.</param>
public sealed record TokenLevelView(string Precedence, long Done, long Failed);

public sealed record TokenFailureView(DateTimeOffset At, string Cause);

public sealed record PrecedenceView(string Precedence, int Queued, double? OldestSeconds, long Accepted, long Delivered, long Failed)
{
    public static PrecedenceView Of(PrecedenceStatus status) => new(
        Words.Of(status.Precedence), status.Queued, status.Oldest?.TotalSeconds, status.Accepted, status.Delivered, status.Failed);
}

/// <summary>A page of a listing.</summary>
/// <param name="Items">In the listing's order.</param>
/// <param name="Next">To be given as <c>after</c> (queue) or <c>before</c> (track) for the next page; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

public sealed record QueuedMessageView(
    string Id, string Precedence, string State, DateTimeOffset AcceptedAt, long Size, string Sender, IReadOnlyList<QueuedRecipientView> Recipients,
    string? HeldBecause)
{
    public static QueuedMessageView Of(QueuedMessage m) => new(
        m.Id.ToString(), Words.Of(m.Precedence), Words.Of(m.State), m.AcceptedAt, m.Size, m.Sender, [.. m.Recipients.Select(QueuedRecipientView.Of)], m.HeldBecause);
}

public sealed record QueuedRecipientView(string Address, string? Link, string State, int Attempts, DateTimeOffset? Due, ReplyView? LastReply)
{
    public static QueuedRecipientView Of(QueuedRecipient r) =>
        new(r.Address, r.Link?.Value, Words.Of(r.State), r.Attempts, r.Due, ReplyView.Of(r.LastReply));
}

/// <summary>What a peer said. Its text is the peer's and not to be trusted.</summary>
public sealed record ReplyView(int Code, string? Status, string Text)
{
    public static ReplyView? Of(Reply? reply) => reply is null ? null : new ReplyView(reply.Code, reply.Status?.ToString(), reply.Text);
}

/// <param name="Name">Of the domain, link or sender.</param>
/// <param name="Total">All ages.</param>
/// <param name="ByAge">Up to 5, 10, 20, 40, 80, 160, 320, 640, 1280 minutes, and older.</param>
public sealed record ShapeRowView(string Name, int Total, IReadOnlyList<int> ByAge)
{
    public static ShapeRowView Of(QueueShapeRow row) => new(row.Name, row.Total, row.ByAge);
}

/// <summary>Everything known about one message, without its content.</summary>
public sealed record MessageView(
    string Id, string State, string Precedence, long Size, bool HasContent, string Digest, DateTimeOffset AcceptedAt, string Sender, string? MessageId,
    string? EnvelopeId, int? Priority, string Body, bool SmtpUtf8, bool RequireTls, bool MinimizeConsidered, DeliverByView? DeliverBy, DateTimeOffset? HoldUntil, OriginView Origin,
    IReadOnlyList<RecipientView> Recipients, string? HeldBecause, string? Parent, IReadOnlyList<string> Reports, IReadOnlyList<AcknowledgmentView> Acknowledgments, IReadOnlyList<AuditView> Audit)
{
    /// <summary>The fields of RFC 6477 that it had when it was accepted; null: none.</summary>
    public MmhsView? Mmhs { get; init; }

    /// <summary>Its date-time group: that of MMHS-Extended-Authorisation-Info; null: it has none.</summary>
    public string? DateTimeGroup { get; init; }

    /// <summary>When it was accepted here, as a date-time group.</summary>
    public string? FilingTime { get; init; }

    /// <summary>When it stops to count; null: it does not say.</summary>
    public DateTimeOffset? OutOfDateFrom { get; init; }

    /// <summary>Message-ID of the message that it replaces; null: it does not say.</summary>
    public string? Supersedes { get; init; }

    /// <summary>The security domain that it is in; null: there are no domains.</summary>
    public string? Domain { get; init; }

    /// <summary>Signatures of the whole message, the first that was made first; null: its content is gone, or it was not asked for one message.</summary>
    public IReadOnlyList<SignatureView>? Signatures { get; init; }

    /// <summary>Ids of messages whose Supersedes names it, in the order in which they came; whether their authors may say so is not judged.</summary>
    public IReadOnlyList<string> SupersededBy { get; init; } = [];

    /// <summary>The nodes that had to do with it, in the order in which they began.</summary>
    public IReadOnlyList<NodeShareView> Nodes { get; init; } = [];

    /// <summary>Who has its partition; null: nobody at the moment, or it is done.</summary>
    public NodeNameView? Owner { get; init; }

    /// <summary>It came with MTRK (RFC 3885), and whoever has its secret may ask until then; null: it did not.</summary>
    public DateTimeOffset? TrackedUntil { get; init; }

    public static MessageView Of(MessageDetail detail)
    {
        var message = detail.Message;
        var envelope = message.Envelope;
        return new MessageView(
            message.Id.ToString(), Words.Of(message.State), Words.Of(envelope.Precedence), message.Size, message.HasContent,
            Convert.ToHexStringLower(message.Digest.Span), envelope.ArrivedAt, envelope.ReversePath.ToString(), message.MessageIdField,
            envelope.EnvelopeId, envelope.Priority?.Value, Words.Of(envelope.Body), envelope.SmtpUtf8, envelope.RequireTls, envelope.MinimizeConsidered,
            envelope.DeliverBy is { } by ? new DeliverByView(by.Deadline, Words.Of(by.Mode), by.Trace) : null, envelope.HoldUntil,
            new OriginView(envelope.Origin.Listener, envelope.Origin.ClientAddress, envelope.Origin.Helo, envelope.Origin.AuthenticatedAs, envelope.Origin.Tls),
            [.. envelope.Recipients.Select((r, i) => RecipientView.Of(r, i < message.Recipients.Length ? message.Recipients[i] : null, i < detail.Links.Length ? detail.Links[i] : null))],
            message.HeldBecause, message.Parent?.ToString(), [.. detail.Reports.Select(r => r.ToString())], [.. detail.Awaited.Select(AcknowledgmentView.Of)], [.. detail.Audit.Select((a, i) => AuditView.Of(a, i < detail.Recorders.Length ? detail.Recorders[i] : null))])
        {
            Mmhs = MmhsView.Of(MilitaryEnvelope.Read(envelope)),
            DateTimeGroup = MilitaryEnvelope.Read(envelope).Fields.ExtendedAuthorisationInfo is { } released ? Mime.DateTimeGroup.Format(released) : null,
            FilingTime = Mime.DateTimeGroup.Format(envelope.ArrivedAt),
            OutOfDateFrom = envelope.Expires,
            Supersedes = envelope.Supersedes,
            Domain = envelope.Domain,
            Nodes = [.. detail.Nodes.Select(NodeShareView.Of)],
            Owner = detail.Owner is { } owner ? NodeNameView.Of(owner) : null,
            TrackedUntil = envelope.Tracking?.Until,
            SupersededBy = [.. detail.Audit.Where(a => a.Kind is AuditKind.Superseded).Select(a => a.Detail.Split(' ')[0])],
        };
    }
}

/// <summary>One signature. Role and names are what it and the message claim: to be believed as far as the verdict is.</summary>
/// <param name="Number">From 1, in the order in which they were made.</param>
/// <param name="Role">drafter, reviewer, releaser, domain, attribute, list, other or unknown.</param>
/// <param name="Subject">Of the certificate; null: it is not known.</param>
/// <param name="Verdict">valid or invalid.</param>
/// <param name="Reasons">Codes of why.</param>
/// <param name="Countersigns">It is on the signatures that it covers, not around them.</param>
/// <param name="Covers">Numbers of those signatures; none: it is nearest to the content.</param>
/// <param name="SignedAt">As the signer claims.</param>
public sealed record SignatureView(
    int Number, string Role, string? Subject, string Verdict, IReadOnlyList<string> Reasons, bool Countersigns, IReadOnlyList<int> Covers, DateTimeOffset? SignedAt)
{
    public static SignatureView Of(InspectedSigner s) => new(s.Number, s.Role, s.Subject, s.Verdict, s.Reasons, s.Depth > 0, s.Covers, s.SignedAt);
}

public sealed record DeliverByView(DateTimeOffset Deadline, string Mode, bool Trace);

public sealed record OriginView(string Listener, string ClientAddress, string Helo, string? AuthenticatedAs, string? Tls);

public sealed record RecipientView(
    string Address, string State, string Role, string Precedence, string Notify, string? Link, int Attempts, DateTimeOffset? Due, ReplyView? LastReply,
    string? Target, bool Warned)
{
    public static RecipientView Of(Recipient recipient, StoredRecipient? stored, LinkName? link) => new(
        recipient.Address.Text, Words.Of(stored?.State ?? RecipientState.Queued), Words.Of(recipient.Role), Words.Of(recipient.Precedence),
        Words.Of(recipient.Notify), link?.Value, stored?.Attempts ?? 0, stored?.Due, ReplyView.Of(stored?.Reply), stored?.Target, stored?.Warned ?? false);
}

public sealed record AuditView(DateTimeOffset At, string Kind, int? Recipient, string Detail, string? Actor)
{
    /// <summary>Which node recorded it; null: it is not known.</summary>
    public NodeNameView? Node { get; init; }

    public static AuditView Of(AuditEvent e, NodeIdentity? recorder) =>
        new(e.At, Words.Of(e.Kind), e.Recipient < 0 ? null : e.Recipient, e.Detail, e.Actor) { Node = recorder is { } node ? NodeNameView.Of(node) : null };
}

/// <summary>A node, and which start of it.</summary>
/// <param name="Name">As its configuration says.</param>
/// <param name="Run">The number of the start; null: the store has one node, and its starts are not told apart.</param>
public sealed record NodeNameView(string Name, long? Run)
{
    public static NodeNameView Of(NodeIdentity node) => new(node.Name, node.Incarnation is 0 ? null : node.Incarnation);

    public override string ToString() => Run is { } run ? new NodeIdentity(Name, run).ToString() : Name;
}

/// <summary>What one node did with a message.</summary>
/// <param name="Node">Which.</param>
/// <param name="From">Its first record.</param>
/// <param name="Until">Its last one.</param>
/// <param name="Did">accepted, owned (the message's partition), took-over (from another node), delivered; none: it only recorded what a person did there.</param>
public sealed record NodeShareView(NodeNameView Node, DateTimeOffset From, DateTimeOffset Until, IReadOnlyList<string> Did)
{
    public static NodeShareView Of(NodeShare share) => new(
        NodeNameView.Of(share.Node), share.From, share.Until, Words.OfEach(share.Parts));
}

/// <summary>One link, as <paramref name="Node"/> has it. <paramref name="Waiting"/> is by level.</summary>
public sealed record LinkView(
    string Name, bool Up, string Breaker, DateTimeOffset? NextTry, string LastFault, string LastReply, string? Tls, int Connections, int ConnectionLimit,
    int Busy, IReadOnlyDictionary<string, int> Waiting, int Deferred, long Delivered, long Failed, long Suspected, IReadOnlyList<string> Targets,
    IReadOnlyList<string> Rules, string Node, IReadOnlyList<OutcomeView>? Outcomes = null)
{
    public static LinkView Of(NodeLink at)
    {
        var link = at.Link;
        var waiting = new Dictionary<string, int>();
        for (var level = link.Waiting.Length - 1; level >= 0; level--) waiting[Words.Of((Domain.Precedences.Precedence)level)] = link.Waiting[level];
        return new LinkView(
            link.Name.Value, link.Breaker == BreakerPhase.Closed, Words.Of(link.Breaker), link.NextTry, link.LastFault, link.LastReply, link.Tls,
            link.Connections, link.ConnectionLimit, link.Busy, waiting, link.Deferred, link.Delivered, link.Failed, link.Suspected, link.Targets, link.Rules, at.Node,
            link.Outcomes.IsEmpty ? null : [.. link.Outcomes.Select(o => new OutcomeView(o.At, o.Message.ToString(), Words.Of(o.Precedence), o.Recipients, o.Delivered, o.Target, o.Reply))]);
    }
}

/// <summary>An act on messages: on <paramref name="Ids"/>, or on all that match <paramref name="Filter"/>; never both.</summary>
/// <param name="Verb">hold, release, try, requeue, reroute, return, delete or restore.</param>
/// <param name="Ids">Up to 10,000.</param>
/// <param name="Filter">Which messages.</param>
/// <param name="Reason">Why; kept in the audit trail.</param>
/// <param name="DryRun">Only say which messages it would be.</param>
/// <param name="Link">For reroute.</param>
/// <param name="Expected">With a filter: how many messages that was in a dry run; when it is more by now, nothing is done.</param>
public sealed record ActRequest(string? Verb, IReadOnlyList<string>? Ids, FilterView? Filter, string? Reason, bool DryRun = false, string? Link = null, int? Expected = null);

/// <param name="OlderThan">As in the configuration: <c>90s</c>, <c>2h</c>.</param>
public sealed record FilterView(
    string? Link = null, string? Precedence = null, string? Sender = null, string? Recipient = null, string? State = null, string? OlderThan = null,
    int? Limit = null);

public sealed record ActResultView(bool DryRun, int Done, int Failed, IReadOnlyList<ActOutcomeView> Outcomes)
{
    public static ActResultView Of(ActResult result)
    {
        var done = result.Outcomes.Count(o => o.Done);
        return new ActResultView(result.DryRun, done, result.Outcomes.Length - done, [.. result.Outcomes.Select(o => ActOutcomeView.Of(o))]);
    }
}

/// <param name="Id">Of the message.</param>
/// <param name="Done">Or would be done.</param>
/// <param name="Text">For people.</param>
/// <param name="Failure">not-found, conflict or failed; null when it was done.</param>
public sealed record ActOutcomeView(string Id, bool Done, string Text, string? Failure)
{
    public static ActOutcomeView Of(ActOutcome o) => new(o.Id.ToString(), o.Done, o.Text, o.Done ? null : Words.Of(o.Failure));
}

/// <summary>A standing order. The tag is for <c>If-Match</c>: it changes with everything else.</summary>
public sealed record RuleView(
    string Id, string Kind, string Scope, string? Level, bool RefuseAtEntry, string? Link, string Reason, string Author, DateTimeOffset CreatedAt,
    DateTimeOffset? Expires, string Tag, RuleTrialView? DryRun = null)
{
    /// <summary>The answer to a dry run: no rule is in force because of it.</summary>
    public static RuleView Of(RuleTrial trial) => Of(trial.Rule) with { DryRun = new RuleTrialView(trial.Messages) };

    public static RuleView Of(OperatorRule rule)
    {
        var view = new RuleView(
            rule.Id, Words.Of(rule.Kind), rule.Scope, rule.Level is { } level ? Words.Of(level) : null, rule.RefuseAtEntry, rule.Link?.Value, rule.Reason,
            rule.Author, rule.CreatedAt, rule.Expires, "");
        return view with { Tag = Conditions.TagOf(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(view, ApiJson.Default.RuleView)) };
    }
}

/// <summary>What a dry run found.</summary>
/// <param name="Messages">Queued messages that would be treated otherwise from now on: kept back, let go, returned, sent another way.</param>
public sealed record RuleTrialView(int Messages);

/// <param name="Kind">suspend, minimize, return or reroute.</param>
/// <param name="Scope"><c>node</c>, <c>link:NAME</c>, <c>domain:NAME</c>, <c>sender:ADDRESS</c> or <c>recipient:ADDRESS</c>.</param>
/// <param name="Level">For minimize: the lowest level that still moves.</param>
/// <param name="RefuseAtEntry">For minimize: also refuse lower mail at entry.</param>
/// <param name="Link">For reroute.</param>
/// <param name="Reason">Why.</param>
/// <param name="For">Ends after this time, such as <c>2h</c>; or give <paramref name="Expires"/>.</param>
/// <param name="Expires">Ends then; neither: until it is removed.</param>
/// <param name="DryRun">Only say what would happen.</param>
public sealed record RuleRequest(
    string? Kind, string? Scope, string? Level, bool RefuseAtEntry, string? Link, string? Reason, string? For, DateTimeOffset? Expires, bool DryRun = false);

public sealed record RouteView(
    string Address, string? Link, IReadOnlyList<string> Targets, string? Refusal, IReadOnlyList<string> Steps, IReadOnlyList<string> Rules)
{
    public static RouteView Of(RouteExplanation e) => new(e.Address, e.Link?.Value, e.Targets, e.Refusal, e.Steps, e.Rules);
}

/// <summary>The end of a request to apply the configuration.</summary>
public sealed record ConfigurationView(bool Applied, string File, IReadOnlyList<ConfigurationProblemView> Problems);

/// <summary>The configuration in force.</summary>
/// <param name="File">Where it was read from.</param>
/// <param name="Since">In force since then.</param>
/// <param name="Tag">For <c>If-Match</c>: another one for each configuration that comes into force.</param>
public sealed record ConfigurationStateView(string File, DateTimeOffset Since, string Tag);

public sealed record ConfigurationProblemView(string File, int Line, string Key, string Text);

/// <summary>RFC 9457. <paramref name="Problems"/> and <paramref name="Refusal"/> are extensions: the problems of a refused configuration, and why a message was not taken.</summary>
public sealed record ProblemView(string Type, string Title, int Status, string? Detail, IReadOnlyList<ConfigurationProblemView>? Problems = null, RefusalView? Refusal = null);

/// <summary>The API's JSON: camel case, enumerations as lower-case words, times as ISO 8601, ids as text.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(OverviewView))]
[JsonSerializable(typeof(KeyFactsView))]
[JsonSerializable(typeof(Page<PolicyFact>))]
[JsonSerializable(typeof(LabelTrial))]
[JsonSerializable(typeof(InspectedView))]
[JsonSerializable(typeof(WatchNoteView))]
[JsonSerializable(typeof(Page<WatchNoteView>))]
[JsonSerializable(typeof(WatchNoteRequest))]
[JsonSerializable(typeof(Page<QueuedMessageView>))]
[JsonSerializable(typeof(Page<MessageView>))]
[JsonSerializable(typeof(Page<ShapeRowView>))]
[JsonSerializable(typeof(Page<LinkView>))]
[JsonSerializable(typeof(Page<RuleView>))]
[JsonSerializable(typeof(MessageView))]
[JsonSerializable(typeof(IReadOnlyList<MessageView>))]
[JsonSerializable(typeof(OnwardRequest))]
[JsonSerializable(typeof(OnwardView))]
[JsonSerializable(typeof(LinkView))]
[JsonSerializable(typeof(ActRequest))]
[JsonSerializable(typeof(ActResultView))]
[JsonSerializable(typeof(RuleView))]
[JsonSerializable(typeof(RuleRequest))]
[JsonSerializable(typeof(RouteView))]
[JsonSerializable(typeof(LabelCatalogueView))]
[JsonSerializable(typeof(ConfigurationView))]
[JsonSerializable(typeof(ConfigurationStateView))]
[JsonSerializable(typeof(Page<AlarmView>))]
[JsonSerializable(typeof(Page<AlarmHappeningView>))]
[JsonSerializable(typeof(AcknowledgeAlarmRequest))]
[JsonSerializable(typeof(ShelveAlarmRequest))]
[JsonSerializable(typeof(UnshelveAlarmRequest))]
[JsonSerializable(typeof(TestNotifierRequest))]
[JsonSerializable(typeof(TestedNotifierView))]
[JsonSerializable(typeof(ClusterStateView))]
[JsonSerializable(typeof(ReasonRequest))]
[JsonSerializable(typeof(DecisionsView))]
[JsonSerializable(typeof(CustodyView))]
[JsonSerializable(typeof(Page<HeldMessageView>))]
[JsonSerializable(typeof(ApproveRequest))]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(RejectDraftRequest))]
[JsonSerializable(typeof(RejectRequest))]
[JsonSerializable(typeof(CorrectRequest))]
[JsonSerializable(typeof(HoldingResultView))]
[JsonSerializable(typeof(AssignRequest))]
[JsonSerializable(typeof(ProfileStateView))]
[JsonSerializable(typeof(ListView))]
[JsonSerializable(typeof(Page<ListView>))]
[JsonSerializable(typeof(SwitchPlanRequest))]
[JsonSerializable(typeof(Page<HarvestedView>))]
[JsonSerializable(typeof(HarvestRequest))]
[JsonSerializable(typeof(Page<string>))]
[JsonSerializable(typeof(SmimeaZoneRequest))]
[JsonSerializable(typeof(SmimeaZoneView))]
[JsonSerializable(typeof(SubmissionRequest))]
[JsonSerializable(typeof(SubmittedView))]
[JsonSerializable(typeof(StatisticsView))]
[JsonSerializable(typeof(PersonView))]
[JsonSerializable(typeof(Page<SettingsVersionView>))]
[JsonSerializable(typeof(SettingsDifferenceView))]
[JsonSerializable(typeof(SettingsTrialView))]
[JsonSerializable(typeof(ProposalView))]
[JsonSerializable(typeof(Page<ProposalView>))]
[JsonSerializable(typeof(AccountView))]
[JsonSerializable(typeof(Page<AccountView>))]
[JsonSerializable(typeof(Page<SessionView>))]
[JsonSerializable(typeof(AccountRequest))]
[JsonSerializable(typeof(RolesRequest))]
[JsonSerializable(typeof(PasswordRequest))]
[JsonSerializable(typeof(LoggingView))]
[JsonSerializable(typeof(LoggingRequest))]
[JsonSerializable(typeof(Page<TraceView>))]
[JsonSerializable(typeof(TraceView))]
[JsonSerializable(typeof(TraceRequest))]
[JsonSerializable(typeof(SupportView))]
[JsonSerializable(typeof(Page<AuditRecordView>))]
[JsonSerializable(typeof(Page<AuditCheckpointView>))]
[JsonSerializable(typeof(AuditReportView))]
[JsonSerializable(typeof(StoreView))]
[JsonSerializable(typeof(StoreCheckView))]
[JsonSerializable(typeof(StoreCopyView))]
[JsonSerializable(typeof(StoreCopyRequest))]
[JsonSerializable(typeof(ProblemView))]
public sealed partial class ApiJson : JsonSerializerContext;
