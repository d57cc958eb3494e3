using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Statistics;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Host.Tests;

/// <summary>A switch of two messages, one link and some rules; remembers what it was told to do.</summary>
public sealed class FakeOperatorActions : IOperatorActions
{
    public static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    public static readonly MessageId First = MessageId.Create(1, 1, 1);
    public static readonly MessageId Second = MessageId.Create(1, 2, 2);

    public List<(MessageAct Act, OperatorIdentity Who)> Acts { get; } = [];

    public List<QueueFilter> Filters { get; } = [];

    public List<OperatorRule> Rules { get; } = [];

    public ImmutableArray<string> Alarms { get; set; } = [];

    public bool Fails { get; set; }

    /// <summary>When set, an act waits for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>After each act.</summary>
    public Action Acted { get; set; } = () => { };

    /// <summary>An act has arrived.</summary>
    public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why the store takes no orders; null when it does.</summary>
    public SpoolHealth? Refuses { get; set; }

    public ValueTask<SwitchStatus> StatusAsync(CancellationToken cancellationToken) => Fails
        ? throw new InvalidOperationException("inner cause, not for the wire")
        : ValueTask.FromResult(new SwitchStatus
        {
            Node = "n1", Version = "0.1.0", StartedAt = Start, Now = Start.AddHours(1), Spool = SpoolHealth.Ready, Usage = new SpoolUsage(1 << 20, 1 << 30), Partitions = 64,
            Ready = true, Links = 1, LinksDown = 1, Held = 1, Alarms = Alarms,
            Precedences = [.. Enumerable.Range(0, 6).Select(p => new PrecedenceStatus((Precedence)p, p, p == 0 ? null : TimeSpan.FromSeconds(p * 90), p * 10, p * 5, p))],
        });

    public ValueTask<ClusterView> ClusterAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new ClusterView(
    [
        new ClusterMember("n1", "10.0.0.1:4053", MemberState.Up, true, true, new NodeReport("n1", 7, "1.0", 120, 40, 3, 12)),
        new ClusterMember("n2", "10.0.0.2:4053", MemberState.Up, SecondReachable, false, new NodeReport("n2", 8, "1.0", 80, 24, 0, 12)),
    ]));

    public bool SecondReachable { get; set; } = true;

    public ValueTask<IReadOnlyList<Alarm>> AlarmsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Alarm>>([.. Alarms.Select(a => new Alarm("fake", a, Start))]);

    /// <summary>Alarms beside the switch.</summary>
    public Func<IEnumerable<Alarm>> Further { get; set; } = () => [];

    /// <summary>Alarms of the second node.</summary>
    public ImmutableArray<Alarm> AlarmsOfSecond { get; set; } = [];

    public async ValueTask<IReadOnlyList<NodeAlarm>> AlarmsOfAllAsync(CancellationToken cancellationToken) =>
        [.. (await AlarmsAsync(cancellationToken)).Concat(Further()).Select(a => new NodeAlarm("n1", a)), .. AlarmsOfSecond.Select(a => new NodeAlarm("n2", a))];

    public ValueTask<IReadOnlyList<QueuedMessage>> QueueAsync(QueueFilter filter, CancellationToken cancellationToken)
    {
        Filters.Add(filter);
        IReadOnlyList<QueuedMessage> all =
        [
            new(First, Precedence.Flash, MessageState.Queued, Start, 4096, "a@example.org",
                [new("b@example.net", new LinkName("192.0.2.1:25"), RecipientState.Queued, 1, Start.AddMinutes(1), new Reply(451, new EnhancedStatusCode(4, 3, 0), "later\u001b[2J"))], null),
            new(Second, Precedence.Routine, MessageState.Held, Start, 100, "", [new("c@example.net", null, RecipientState.Held, 0, null, null), new("d@example.net", null, RecipientState.Held, 0, null, null)], "asked"),
        ];
        return ValueTask.FromResult<IReadOnlyList<QueuedMessage>>([.. all.Where(m => filter.Precedence is null || m.Precedence == filter.Precedence).Take(filter.Limit)]);
    }

    public ValueTask<IReadOnlyList<QueueShapeRow>> ShapeAsync(QueueShapeBy by, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<QueueShapeRow>>([new QueueShapeRow(by.ToString(), 12, [1, 2, 3, 4, 2, 0, 0, 0, 0, 0])]);

    /// <summary>Of the first message.</summary>
    public MessageLabel? Label { get; set; }

    public MessageLabel? LabelAtBoundary { get; set; }

    public ValueTask<MessageDetail?> MessageAsync(MessageId id, CancellationToken cancellationToken)
    {
        var detail = Detail();
        return ValueTask.FromResult(id == First ? detail with { Message = detail.Message with { Envelope = detail.Message.Envelope with { Label = Label } }, LabelAtBoundary = LabelAtBoundary } : null);
    }

    public ValueTask<RawMessage?> RawAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken) => ValueTask.FromResult(
        id == First ? new RawMessage(Encoding.ASCII.GetBytes("Received: x\r\n"), ContentReader.Of(Encoding.ASCII.GetBytes("Subject: y\r\n\r\nz\r\n"))) : null);

    /// <summary>Secrets that servers were asked with, as text.</summary>
    public List<string> AskedWith { get; } = [];

    /// <summary>What they say.</summary>
    public OnwardAnswer Onward { get; set; } = OnwardAnswer.Nobody("nobody can be asked: it came without MTRK, or the switch made it");

    public ValueTask<OnwardAnswer?> AskOnwardAsync(MessageId id, ReadOnlyMemory<byte> secret, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (id != First) return ValueTask.FromResult<OnwardAnswer?>(null);
        if (Refuses is { } health) throw new SpoolUnavailableException(health);
        AskedWith.Add(Encoding.ASCII.GetString(secret.Span));
        return ValueTask.FromResult<OnwardAnswer?>(Onward);
    }

    public ValueTask<IReadOnlyList<MessageDetail>> TrackAsync(MessageQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<MessageDetail>>(query.Recipient == "nobody" ? [] : [Detail()]);

    /// <summary>The last question about statistics.</summary>
    public StatisticsQuery? Counted { get; private set; }

    /// <summary>There is more than one question counts.</summary>
    public bool CountsAll { get; set; } = true;

    public ValueTask<SwitchStatistics> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken) => ValueTask.FromResult(new SwitchStatistics(
        Counted = query, 4, CountsAll,
        [
            new StatisticsRow("flash", 3, TimeSpan.FromMilliseconds(120), TimeSpan.FromSeconds(61), TimeSpan.FromSeconds(130), TimeSpan.FromSeconds(130), TimeSpan.FromMinutes(2), 2 / 3.0, 1, 0),
            new StatisticsRow("routine", 0, default, default, default, default, TimeSpan.FromHours(2), null, 0, 1),
        ]));

    public ValueTask<IReadOnlyList<LinkStatus>> LinksAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<LinkStatus>>([Link()]);

    /// <summary>The second node has the link too.</summary>
    public bool LinkOnBoth { get; set; }

    public ValueTask<IReadOnlyList<NodeLink>> LinksOfAllAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<NodeLink>>([new NodeLink("n1", Link()), .. LinkOnBoth ? [new NodeLink("n2", Link())] : Array.Empty<NodeLink>()]);

    public ValueTask<LinkStatus?> LinkAsync(LinkName name, CancellationToken cancellationToken) => ValueTask.FromResult(name == Link().Name ? Link() : null);

    public ValueTask<bool> TryLinkAsync(LinkName name, OperatorIdentity who, CancellationToken cancellationToken) => ValueTask.FromResult(name == Link().Name);

    public async ValueTask<ActResult> ActAsync(MessageAct act, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (Fails) throw new InvalidOperationException("inner cause, not for the wire");
        if (Refuses is { } health) throw new SpoolUnavailableException(health);
        Acts.Add((act, who));
        Acted();
        Arrived.TrySetResult();
        if (Gate is not null) await Gate.Task.WaitAsync(cancellationToken);
        ImmutableArray<MessageId> ids = act.Filter is null ? act.Ids : [First, Second];
        return new ActResult([.. ids.Select(id => new ActOutcome(id, id == First || id == Second, id == First || id == Second ? "" : "no such message") { Failure = id == First || id == Second ? ActFailure.None : ActFailure.NotFound })], act.DryRun);
    }

    public ValueTask<IReadOnlyList<ListState>> ListsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<ListState>>([new ListState(List), new ListState(List with { Address = Mailbox.Parse("all@hq.example"), AsksDirectory = true })]);

    public ValueTask<ListState?> ListAsync(Mailbox address, CancellationToken cancellationToken) => ValueTask.FromResult(address.Text switch
    {
        "watch@hq.example" => new ListState(List),
        "all@hq.example" => new ListState(List with { Address = address, AsksDirectory = true }, Fault: "127.0.0.1:636: it can't be reached"),
        _ => null,
    });

    private static MailingList List { get; } = new() { Address = Mailbox.Parse("watch@hq.example"), Owner = Mailbox.Parse("chief@hq.example"), Members = [Mailbox.Parse("b@hq.example"), Mailbox.Parse("a@hq.example")] };

    /// <summary>What was switched to, for <see cref="ProfileAsync"/>.</summary>
    public PlanChoice? Plan { get; set; }

    public ValueTask<ProfileState> ProfileAsync(CancellationToken cancellationToken) => ValueTask.FromResult(
        new ProfileState(new ProfilePlans([new ProfilePlan("peace", []), new ProfilePlan("war", [])], new ProfilePlan("peace", []), null) { Version = "0123456789ab" }, Plan?.Plan ?? "peace", "peace", Plan, [Mailbox.Parse("profiler@hq.example")]));

    public async ValueTask<ProfileState?> SwitchPlanAsync(string plan, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (Refuses is { } health) throw new SpoolUnavailableException(health);
        if (plan is not ("peace" or "war")) return null;
        Plan = new PlanChoice(plan, reason, who.Name, Start);
        return await ProfileAsync(cancellationToken);
    }

    public ValueTask<IReadOnlyList<OperatorRule>> RulesAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<OperatorRule>>([.. Rules]);

    public ValueTask<OperatorRule> AddRuleAsync(OperatorRule rule, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (rule.Link is { } link && link != Link().Name) throw new UnknownLinkException(link);
        if (Refuses is { } health) throw new SpoolUnavailableException(health);
        Rules.Add(rule with { Id = (Rules.Count + 1).ToString(System.Globalization.CultureInfo.InvariantCulture) });
        return ValueTask.FromResult(Rules[^1]);
    }

    public ValueTask<(RuleChange Change, OperatorRule Rule)> ReplaceRuleAsync(
        OperatorRule rule, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var change = Judge(rule.Id, expected);
        if (change == RuleChange.Done) Rules[Rules.FindIndex(r => r.Id == rule.Id)] = rule;
        return ValueTask.FromResult((change, rule));
    }

    public ValueTask<RuleChange> RemoveRuleAsync(
        string id, string reason, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var change = Judge(id, expected);
        if (change == RuleChange.Done) Rules.RemoveAll(r => r.Id == id);
        return ValueTask.FromResult(change);
    }

    public ValueTask<RuleTrial> TryRuleAsync(OperatorRule rule, bool remove, OperatorIdentity who, CancellationToken cancellationToken) =>
        rule.Link is { } link && link != Link().Name ? throw new UnknownLinkException(link) : ValueTask.FromResult(new RuleTrial(rule, remove ? 7 : 12));

    private RuleChange Judge(string id, Func<OperatorRule, bool>? expected) => Rules.Find(r => r.Id == id) is not { } rule
        ? RuleChange.NotFound
        : expected?.Invoke(rule) is false ? RuleChange.Unexpected : RuleChange.Done;

    public LabelCatalogue? Catalogue { get; set; } = new(
        "1.2.3", "ALFA", "3",
        [new LabelCatalogueEntry(4, "SECRET", "red", new byte[] { 0x31, 0 }, "ALFA SECRET", [new LabelCatalogueCategory("1.2.3.1", "Codewords", "restrictive", 0, "GRANITE")])]);

    /// <summary>The sender and the recipients of the last question for labels.</summary>
    public IReadOnlyList<string> LabelsAskedFor { get; private set; } = [];

    public ValueTask<LabelCatalogue> LabelsAsync(string? policy, Mailbox from, ImmutableArray<Mailbox> to, CancellationToken cancellationToken)
    {
        LabelsAskedFor = [from.Text, .. to.Select(t => t.Text)];
        return ValueTask.FromResult(Catalogue ?? throw new FormatException("no security policy is loaded"));
    }

    public ValueTask<RouteExplanation> ExplainRouteAsync(Mailbox address, Precedence precedence, MilitaryFacts facts, CancellationToken cancellationToken) => ValueTask.FromResult(
        address.Domain == "nowhere.example"
            ? new RouteExplanation(address.Text, null, [], "no route", ["*: no row"], [])
            : new RouteExplanation(address.Text, new LinkName("192.0.2.1:25"), ["192.0.2.1:25"], null, ["*: matched"], []));

    /// <summary>What came, and what a boundary made of it.</summary>
    public static readonly byte[] Original = "Subject: s\r\n\r\ncame\r\n"u8.ToArray(), Released = "Subject: s\r\n\r\nwent\r\n"u8.ToArray();

    public List<(HoldingOrder Order, OperatorIdentity Who)> Decided { get; } = [];

    /// <summary>The answer to what a person decides.</summary>
    public HoldingResult Holding { get; set; } = new(HoldingOutcome.Done, "approved; it goes on") { Given = ["ops"] };

    public ImmutableArray<CustodyRecord> Chain { get; set; } =
    [
        .. CustodyChain.Append(
            CustodyChain.Append([], new CustodyRecord(0, Start, First.ToString(), "accepted", "", CustodyChain.Digest(Original), "red-to-blue/peer", "it came", "n1", "")),
            new CustodyRecord(0, Start, First.ToString(), "released", CustodyChain.Digest(Original), CustodyChain.Digest(Released), "red-to-blue/route", "it is another", "anna, bert", "")),
    ];

    private static readonly StepDecision Hold = new("label", StepOutcome.Hold, ["the label needs SECRET\u001b[2J"]) { Approvals = 2, Inputs = [new DecisionInput("label", "SECRET")] };

    private static readonly ImmutableArray<CrossingRecord> Passages =
        [new CrossingRecord("red-to-blue", "red", "blue", Start, [0], StepOutcome.Hold, [new StepDecision("peer", StepOutcome.Go, []), Hold], "")];

    private static readonly ImmutableArray<BoundaryApproval> Approvals = [new BoundaryApproval("label", BoundaryApproval.DigestOf("red-to-blue", Hold.Reasons), "anna", Start, "seen")];

    public ValueTask<MessageDecisions?> DecisionsAsync(MessageId id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(id == First ? new MessageDecisions(id, Detail().Message.Envelope with { Domain = "red" }, Passages, Approvals) : null);

    public ValueTask<MessageCustody?> CustodyAsync(MessageId id, CancellationToken cancellationToken) => ValueTask.FromResult(id == First ? new MessageCustody(id, Chain) : null);

    public ValueTask<CustodyExport?> ExportCustodyAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (Refuses is { } health) throw new SpoolUnavailableException(health);
        return ValueTask.FromResult(id != First ? null : new CustodyExport(
        [
            File("custody.json", Encoding.UTF8.GetBytes(BoundaryDocuments.Write(Chain))), File("decisions.json", Encoding.UTF8.GetBytes(BoundaryDocuments.Write(Passages))),
            File("audit.json", "[]"u8.ToArray()), File("original.eml", Original), File($"released-{Second}.eml", Released),
        ]));

        static EvidenceFile File(string name, byte[] octets) => new(name, CustodyChain.Digest(octets), ContentReader.Of(octets));
    }

    public async ValueTask<IReadOnlyList<HeldMessage>> HeldAsync(MessageId? after, int limit, CancellationToken cancellationToken) =>
        after is null && await HeldAsync(First, cancellationToken) is { } held ? [held] : [];

    public ValueTask<HeldMessage?> HeldAsync(MessageId id, CancellationToken cancellationToken)
    {
        var stored = Detail().Message;
        stored = stored with { Recipients = [stored.Recipients[0] with { State = RecipientState.Held }], HeldBecause = "label: the label needs SECRET" };
        return ValueTask.FromResult(id == First ? HeldMessage.Of(stored, Passages, Approvals, PrecedenceTable.Default) : null);
    }

    public ValueTask<HoldingResult> DecideAsync(MessageId id, HoldingOrder order, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (Refuses is { } health) throw new SpoolUnavailableException(health);
        Decided.Add((order, who));
        return ValueTask.FromResult(id == First ? Holding : new HoldingResult(HoldingOutcome.NotFound, "no such message"));
    }

    private static LinkStatus Link() => new()
    {
        Name = new LinkName("192.0.2.1:25"), Breaker = BreakerPhase.Open, NextTry = Start.AddMinutes(1), LastFault = "refused", LastReply = "421 4.3.2 closing", Tls = null,
        Connections = 0, ConnectionLimit = 20, Busy = 0, Waiting = [1, 2, 3, 4, 5, 6], Deferred = 1, Delivered = 7, Failed = 8, Suspected = 0, Targets = ["192.0.2.1:25"], Rules = [],
    };

    private static MessageDetail Detail()
    {
        var envelope = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("a@example.org")), Recipients = [new Recipient(Mailbox.Parse("b@example.net")) { Notify = NotifyOptions.Success | NotifyOptions.Failure }],
            ArrivedAt = Start, Origin = new Origin { Listener = "mta", ClientAddress = "192.0.2.9", Helo = "x" }, Precedence = Precedence.Flash, Priority = MtPriority.From(Precedence.Flash),
        };
        var message = new StoredMessage(First, envelope, default, MessageState.Queued, 4096, new byte[] { 1, 2 })
        {
            Recipients = [new StoredRecipient(RecipientState.Queued, 1, Start, new Reply(451, null, "later"), "192.0.2.1:25", false)], MessageIdField = "<1@example.org>", HasContent = true,
        };
        return new MessageDetail(message, [new LinkName("192.0.2.1:25")], [new AuditEvent(Start, AuditKind.Accepted, First)], [])
        {
            Awaited =
            [
                new AwaitedAnswer(
                    new Acknowledgment(Second, 0, Precedence.Flash, Start, ExpectedEvidence.Report | ExpectedEvidence.Receipt)
                    {
                        ActionPoint = "duty@example.net", AcceptedAt = Start.AddSeconds(5), DeliveredAt = Start.AddSeconds(40), Alarms = AcknowledgmentAlarms.ReceiptMissing,
                        AlternateDueAt = Start.AddMinutes(15), AlternateSentAt = Start.AddMinutes(15),
                    },
                    "b@example.net", new AcknowledgmentDeadline(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(15))),
            ],
        };
    }
}
