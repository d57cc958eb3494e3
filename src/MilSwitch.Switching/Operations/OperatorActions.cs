using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Akka.Actor;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Mime;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Statistics;
using MilSwitch.Domain.Tracking;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Statistics;

namespace MilSwitch.Switching.Operations;

/// <summary>The operator's view and hand, over the store and the actors.</summary>
internal sealed partial class OperatorActions(SwitchRuntime runtime, SwitchControl control, RuleKeeper rules, AlarmWatch alarms, NodeWatch watch, IOnwardTracker? onward = null) : IOperatorActions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HoldingDesk desk = new(runtime);
    private readonly StatisticsDesk statistics = new(runtime);
    private readonly MessageEvidence evidence = new(runtime);

    public ValueTask<SwitchStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var now = runtime.Now;
        var snapshots = runtime.Partitions.Snapshots;
        var links = runtime.Links.All.Select(l => l.Status).OfType<LinkStatus>().ToArray();
        var levels = Enumerable.Range(0, PrecedenceExtensions.Count).Select(p => LevelStatus((Precedence)p)).ToImmutableArray();
        return ValueTask.FromResult(new SwitchStatus
        {
            Node = runtime.Configuration.Node,
            Version = runtime.Version,
            StartedAt = runtime.StartedAt,
            Now = now,
            Spool = runtime.Spool.Health,
            Usage = runtime.Spool.Usage(),
            Partitions = runtime.Partitions.Owned.Count,
            Ready = control.IsReady,
            Precedences = levels,
            Links = links.Length,
            LinksDown = links.Count(l => l.Breaker != BreakerPhase.Closed),
            Held = snapshots.Sum(s => s.Held),
            Alarms = [.. alarms.Look().Select(a => a.Text)],
            Tokens = [.. runtime.Tokens?.Tokens ?? []],
        });

        PrecedenceStatus LevelStatus(Precedence precedence)
        {
            var oldest = runtime.Partitions.Oldest(precedence);
            return new PrecedenceStatus(
                precedence, snapshots.Sum(s => s.Queued[(int)precedence]), oldest is null ? null : now - oldest,
                runtime.Meters.Accepted(precedence), runtime.Meters.Delivered(precedence), runtime.Meters.Failed(precedence));
        }
    }

    public ValueTask<ClusterView> ClusterAsync(CancellationToken cancellationToken)
    {
        if (runtime.ClusterStore is not null) return ValueTask.FromResult(runtime.Cluster);
        var report = new NodeReport(runtime.Configuration.Node, runtime.Spool.Run, runtime.Version, 0, runtime.Partitions.Owned.Count, runtime.Partitions.Pending, 0);
        return ValueTask.FromResult(new ClusterView([new ClusterMember(report.Node, "", MemberState.Up, Reachable: true, Self: true, report)]));
    }

    public ValueTask<IReadOnlyList<Alarm>> AlarmsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(alarms.Look());

    public async ValueTask<IReadOnlyList<NodeAlarm>> AlarmsOfAllAsync(CancellationToken cancellationToken) => await watch.AlarmsOfAllAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<QueuedMessage>> QueueAsync(QueueFilter filter, CancellationToken cancellationToken)
    {
        var found = new List<QueuedMessage>();
        // Levels above that of the last one seen were seen whole.
        var last = filter.After is { } seen ? await runtime.Spool.ReadAsync(seen, cancellationToken).ConfigureAwait(false) : null;
        for (var precedence = Precedence.Override; found.Count < filter.Limit; precedence--)
        {
            if ((filter.Precedence is null || filter.Precedence == precedence) && !(precedence > last?.Envelope.Precedence)) await AddAsync(precedence).ConfigureAwait(false);
            if (precedence == Precedence.Deferred) break;
        }

        return found;

        async Task AddAsync(Precedence precedence)
        {
            MessageId? after = last is null || last.Envelope.Precedence == precedence ? filter.After : null;
            while (found.Count < filter.Limit)
            {
                var page = await runtime.Spool.QueryAsync(new MessageQuery
                {
                    PendingOnly = true, State = filter.State, Precedence = precedence, Sender = filter.Sender, Recipient = filter.Recipient,
                    AcceptedUntil = filter.OlderThan is { } age ? runtime.Now - age : null, OldestFirst = true, After = after,
                    Limit = Math.Min(1000, filter.Limit),
                }, cancellationToken).ConfigureAwait(false);
                foreach (var message in page)
                {
                    var queued = Describe(message);
                    if (filter.Link is not null && !queued.Recipients.Any(r => r.Link == filter.Link)) continue;
                    // What a boundary held was judged there, often by a label that nobody saw before.
                    if (message.Envelope is { Domain: not null, Label: null } && message.Recipients.Any(r => r.State.IsHeld()))
                        queued = queued with { Label = await LabelAtBoundaryAsync(message.Id, cancellationToken).ConfigureAwait(false) };
                    found.Add(queued);
                    if (found.Count == filter.Limit) return;
                }

                if (page.Count < Math.Min(1000, filter.Limit)) return;
                after = page[^1].Id;
            }
        }
    }

    public async ValueTask<IReadOnlyList<QueueShapeRow>> ShapeAsync(QueueShapeBy by, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var limits = QueueShapeRow.AgeLimitsInMinutes;
        var now = runtime.Now;
        for (var partition = 0; partition < MessageId.PartitionCount; partition++)
        {
            await foreach (var message in runtime.Spool.LoadPendingAsync(new PartitionEpoch(partition, 0), cancellationToken).ConfigureAwait(false))
            {
                var minutes = (now - message.Envelope.ArrivedAt).TotalMinutes;
                var column = 0;
                while (column < limits.Length && minutes > limits[column]) column++;
                foreach (var recipient in message.Recipients)
                {
                    var address = message.Envelope.Recipients[recipient.Index].Address;
                    var name = by switch
                    {
                        QueueShapeBy.Domain => address.Domain,
                        QueueShapeBy.Link => WayOf(message.Envelope, address)?.Value ?? "no route",
                        _ => message.Envelope.ReversePath.IsNull ? "<>" : message.Envelope.ReversePath.ToString(),
                    };
                    if (!rows.TryGetValue(name, out var counts)) rows[name] = counts = new int[limits.Length + 1];
                    counts[column]++;
                }
            }
        }

        return [.. rows.Select(r => new QueueShapeRow(r.Key, r.Value.Sum(), [.. r.Value])).OrderByDescending(r => r.Total).ThenBy(r => r.Name, StringComparer.Ordinal)];
    }

    public async ValueTask<MessageDetail?> MessageAsync(MessageId id, CancellationToken cancellationToken)
    {
        if (await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } stored) return null;
        return await DetailAsync(stored, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RawMessage?> RawAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } stored) return null;
        if (await runtime.Spool.OpenContentAsync(id, cancellationToken).ConfigureAwait(false) is not { } content) return null;
        try
        {
            // Seen is recorded before it is shown, or not shown.
            ImmutableArray<AuditEvent> audit = [new AuditEvent(runtime.Now, AuditKind.Viewed, id, -1, who.Via, who.Name)];
            if (await runtime.TryRecordAsync(id, audit, Precedence.Routine, cancellationToken).ConfigureAwait(false) is not { } result) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
            if (!result.IsCommitted) throw new SpoolUnavailableException(result.Status is CommitStatus.Full ? SpoolHealth.Full : SpoolHealth.Unwritable);
            runtime.Events.Committed(audit, stored.Envelope.Precedence);
        }
        catch
        {
            await content.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new RawMessage(stored.Trace, content);
    }

    public async ValueTask<OnwardAnswer?> AskOnwardAsync(MessageId id, ReadOnlyMemory<byte> secret, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } stored) return null;
        if (stored.Envelope is not { Tracking: { } tracking, EnvelopeId: { } envelopeId }) return OnwardAnswer.Nobody("nobody can be asked: it came without MTRK, or the switch made it");
        if (!tracking.Certifier.IsProvedBy(TrackingCertifier.Of(secret.Span))) return OnwardAnswer.Nobody("nobody was asked: the secret is not the one of this message");
        if (onward is null) return OnwardAnswer.Nobody("nobody can be asked: this node asks no servers of MTQP");
        var known = TrackingPolicy.Of(
            stored, await runtime.Spool.ReadAuditAsync(id, cancellationToken).ConfigureAwait(false), runtime.Configuration.Precedences, runtime.Configuration.HostName, runtime.Now);
        var silent = known.Recipients.Where(r => r.Action is TrackingAction.Relayed).Select(r => r.RemoteMta).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(host => OnwardHost.NotAsked(host, "it took the message without its tracking (no MTRK)")).ToArray();
        if (!known.Recipients.Any(r => r is { Action: TrackingAction.Transferred, RemoteMta: not null }))
            return new OnwardAnswer("nobody can be asked: the message went to no host that took its tracking over", [.. silent]);
        // Asked is recorded before it is asked, and the secret nowhere.
        ImmutableArray<AuditEvent> audit = [new AuditEvent(runtime.Now, AuditKind.Asked, id, -1, who.Via, who.Name)];
        if (await runtime.TryRecordAsync(id, audit, Precedence.Routine, cancellationToken).ConfigureAwait(false) is not { } result) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
        if (!result.IsCommitted) throw new SpoolUnavailableException(result.Status is CommitStatus.Full ? SpoolHealth.Full : SpoolHealth.Unwritable);
        return new OnwardAnswer(null, [.. await onward.AskAsync([known], envelopeId, secret, cancellationToken).ConfigureAwait(false), .. silent]);
    }

    public async ValueTask<IReadOnlyList<MessageDetail>> TrackAsync(MessageQuery query, CancellationToken cancellationToken)
    {
        var found = await runtime.Spool.QueryAsync(query, cancellationToken).ConfigureAwait(false);
        var details = new List<MessageDetail>(found.Count);
        foreach (var message in found) details.Add(await DetailAsync(message, cancellationToken).ConfigureAwait(false));
        return details;
    }

    public ValueTask<SwitchStatistics> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken) => statistics.CountAsync(query, cancellationToken);

    public async ValueTask<IReadOnlyList<LinkStatus>> LinksAsync(CancellationToken cancellationToken) => await watch.LinksAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<NodeLink>> LinksOfAllAsync(CancellationToken cancellationToken) => await watch.LinksOfAllAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<LinkStatus?> LinkAsync(LinkName name, CancellationToken cancellationToken) =>
        HandleOf(name) is { } link
            ? await link.Actor.Ask<LinkStatus>(new LinkCommands.GetStatus(Whole: true), Patience, cancellationToken).ConfigureAwait(false)
            : null;

    public async ValueTask<bool> TryLinkAsync(LinkName name, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (HandleOf(name) is not { } link) return false;
        await runtime.RecordAsync(AuditKind.Tried, name.Value, who.Name, cancellationToken).ConfigureAwait(false);
        if (!await link.Actor.Ask<bool>(new LinkCommands.TryNow(), Patience, cancellationToken).ConfigureAwait(false)) return false;
        runtime.Membership?.Tell(new LinkOrder(name.Value));
        Tell("link.tried", name.Value, "", who);
        return true;
    }

    public async ValueTask<ActResult> ActAsync(MessageAct act, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var ids = act.Ids;
        if (act.Filter is { } filter)
            ids = [.. ids, .. (await QueueAsync(filter with { Limit = GuardedActions.MaximumReach }, cancellationToken).ConfigureAwait(false)).Select(m => m.Id)];
        if (act.Verb == MessageVerb.Reroute && (act.Link is not { } link || LinkByName(link) is null))
            return new ActResult([.. ids.Select(id => new ActOutcome(id, false, "no route has a link of that name") { Failure = ActFailure.NotFound })], act.DryRun);
        var outcomes = ImmutableArray.CreateBuilder<ActOutcome>(ids.Length);
        SpoolUnavailableException? refusal = null;
        foreach (var id in ids.Distinct())
        {
            try
            {
                // What the store refused for one it would refuse for the next: they are not tried.
                outcomes.Add(refusal is null ? await ActAsync(id).ConfigureAwait(false) : new ActOutcome(id, false, refusal.Reason) { Failure = ActFailure.Failed });
            }
            catch (SpoolUnavailableException fault) when (outcomes.Any(o => o.Done))
            {
                refusal = fault;
                outcomes.Add(new ActOutcome(id, false, fault.Reason) { Failure = ActFailure.Failed });
            }
        }

        return new ActResult(outcomes.ToImmutable(), act.DryRun);

        async Task<ActOutcome> ActAsync(MessageId id)
        {
            if (act.DryRun)
            {
                var stored = await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false);
                return stored is null ? Missing(id)
                    : stored.State == MessageState.Done ? new ActOutcome(id, false, "not pending") { Failure = ActFailure.Conflict }
                    : act.Verb == MessageVerb.Release && !stored.Recipients.Any(r => r.State.IsHeld()) ? new ActOutcome(id, false, "not held") { Failure = ActFailure.Conflict }
                    : new ActOutcome(id, true, $"would {act.Verb.ToString().ToLowerInvariant()}");
            }

            try
            {
                var outcome = await runtime.Owners.ActAsync(id, act, who, Patience, cancellationToken).ConfigureAwait(false);
                // The partition knows what is pending and nothing else.
                return outcome.Failure == ActFailure.Conflict && await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is null ? Missing(id) : outcome;
            }
            catch (AskTimeoutException)
            {
                return new ActOutcome(id, false, "no answer in time; ask again") { Failure = ActFailure.Failed };
            }
        }

        static ActOutcome Missing(MessageId id) => new(id, false, "no such message") { Failure = ActFailure.NotFound };
    }

    public ValueTask<IReadOnlyList<OperatorRule>> RulesAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<OperatorRule>>([.. runtime.Rules.Rules]);

    public async ValueTask<OperatorRule> AddRuleAsync(OperatorRule rule, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var kept = Judged(rule, who) with { Id = rule.Id.Length > 0 ? rule.Id : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)) };
        await rules.AddAsync(kept, Describe(kept), who.Name, cancellationToken).ConfigureAwait(false);
        Tell("rule.added", kept.Id, Describe(kept), who);
        return kept;
    }

    public async ValueTask<(RuleChange Change, OperatorRule Rule)> ReplaceRuleAsync(
        OperatorRule rule, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var kept = Judged(rule, who);
        var change = await rules.ReplaceAsync(kept, expected, Describe(kept), who.Name, cancellationToken).ConfigureAwait(false);
        if (change == RuleChange.Done) Tell("rule.replaced", kept.Id, Describe(kept), who);
        return (change, kept);
    }

    public async ValueTask<RuleChange> RemoveRuleAsync(
        string id, string reason, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var change = await rules.RemoveAsync(id, expected, reason, who.Name, cancellationToken).ConfigureAwait(false);
        if (change == RuleChange.Done) Tell("rule.removed", id, reason, who);
        return change;
    }

    public async ValueTask<RuleTrial> TryRuleAsync(OperatorRule rule, bool remove, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var now = runtime.Now;
        var tried = remove ? rule : Judged(rule, who);
        var before = runtime.Rules;
        var others = before.Rules.Where(r => r.Id != rule.Id);
        var after = new RuleBook(remove ? others : [.. others, tried]);
        var messages = 0;
        for (var partition = 0; partition < MessageId.PartitionCount; partition++)
        {
            await foreach (var message in runtime.Spool.LoadPendingAsync(new PartitionEpoch(partition, 0), cancellationToken).ConfigureAwait(false))
            {
                if (message.State == MessageState.Queued && message.Recipients.Any(r => r.State is RecipientState.Queued or RecipientState.Armed && Differs(message.Envelope, r.Index)))
                    messages++;
            }
        }

        return new RuleTrial(tried, messages);

        bool Differs(Envelope envelope, int index)
        {
            var recipient = envelope.Recipients[index];
            return runtime.Configuration.Routes.Find(recipient.Address, recipient.Precedence, MilitaryEnvelope.Facts(envelope))?.For(envelope) is { } link && before.Differs(after, envelope, recipient, link.Name, now);
        }
    }

    private OperatorRule Judged(OperatorRule rule, OperatorIdentity who)
    {
        _ = RuleScope.Parse(rule.Scope);
        if (rule is { Kind: RuleKind.Minimize, Level: null }) throw new FormatException("a minimize rule names the lowest level that still moves");
        if (rule.Kind == RuleKind.Reroute && (rule.Link is not { } link || LinkByName(link) is null)) throw new UnknownLinkException(rule.Link ?? default);
        return rule with { Author = who.Name, CreatedAt = runtime.Now };
    }

    private static string Describe(OperatorRule rule) => $"{rule.Kind} {rule.Scope} {rule.Level?.Keyword()} {rule.Reason}";

    public ValueTask<RouteExplanation> ExplainRouteAsync(Mailbox address, Precedence precedence, MilitaryFacts facts, CancellationToken cancellationToken)
    {
        var target = runtime.Configuration.Resolve(new Recipient(address)).Address;
        if (runtime.Configuration.DistributorAt(target) is { } distributor)
        {
            var description = distributor.Domain is null ? distributor.Description : $"{distributor.Description}, in domain {distributor.Domain}";
            return ValueTask.FromResult(new RouteExplanation(address.Text, new LinkName(distributor.Source), [], null, [description], []));
        }

        var decision = runtime.Configuration.Routes.Explain(target, precedence, facts);
        var steps = target == address ? decision.Explanation : decision.Explanation.Insert(0, $"{address.Text}: postmaster of this switch, goes to {target.Text}");
        var applying = ImmutableArray<string>.Empty;
        if (decision.Link is { } link)
        {
            var verdict = runtime.Rules.Judge(ReversePath.Null, new Recipient(target) { Precedence = precedence }, link.Name, runtime.Now);
            if (verdict.Rule is { } rule) applying = [$"{rule.Id}: {rule.Kind.ToString().ToLowerInvariant()} {rule.Scope} ({rule.Reason})"];
        }

        return ValueTask.FromResult(new RouteExplanation(
            address.Text, decision.Link?.Name,
            decision.Link is null ? [] : decision.Link.MxDomain is { } domain ? [$"mx of {domain}"] : [.. decision.Link.Targets.Select(t => t.ToString())],
            decision.Refusal, steps, applying));
    }

    public ValueTask<LabelCatalogue> LabelsAsync(string? policy, Mailbox from, ImmutableArray<Mailbox> to, CancellationToken cancellationToken)
    {
        var configuration = runtime.Configuration;
        var catalogue = configuration.LabelCatalogue ?? throw new FormatException("no security policy is loaded");
        var map = configuration.Boundaries;
        var home = map.Domains.FirstOrDefault(d => d.Owns(from.Domain))?.Name;
        var links = ImmutableArray.CreateBuilder<(Mailbox, LinkSettings)>();
        foreach (var target in to.Select(address => configuration.Resolve(new Recipient(address)).Address))
        {
            var link = configuration.Routes.Find(target) ?? throw new FormatException($"no route takes '{target.Text}'");
            links.Add((target, link));
            // What would be held at the boundary in between is not to be used either.
            if (home is null || !map.MustCross(home, link.Domain)) continue;
            var boundary = map.Find(home, link.Domain) ?? throw new FormatException($"no boundary leads from domain '{home}' to '{target.Text}'");
            if (boundary.LabelsOut is { } labels) links.Add((target, link with { Labels = labels }));
        }

        return ValueTask.FromResult(catalogue.List(policy, from, links.ToImmutable()));
    }

    public ValueTask<MessageDecisions?> DecisionsAsync(MessageId id, CancellationToken cancellationToken) => evidence.DecisionsAsync(id, cancellationToken);

    public ValueTask<MessageCustody?> CustodyAsync(MessageId id, CancellationToken cancellationToken) => evidence.CustodyAsync(id, cancellationToken);

    public ValueTask<CustodyExport?> ExportCustodyAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken) => evidence.ExportAsync(id, who, cancellationToken);

    public ValueTask<IReadOnlyList<HeldMessage>> HeldAsync(MessageId? after, int limit, CancellationToken cancellationToken) => desk.ListAsync(after, limit, cancellationToken);

    public ValueTask<HeldMessage?> HeldAsync(MessageId id, CancellationToken cancellationToken) => desk.FindAsync(id, cancellationToken);

    public ValueTask<HoldingResult> DecideAsync(MessageId id, HoldingOrder order, OperatorIdentity who, CancellationToken cancellationToken) => desk.DecideAsync(id, order, who, cancellationToken);

    private void Tell(string type, string subject, string detail, OperatorIdentity who) =>
        runtime.Events.Publish(new SwitchEvent(runtime.Now, type) { Subject = subject, Detail = detail, Actor = who.Name });

    private LinkHandle? HandleOf(LinkName name) =>
        runtime.Links.Find(name) ?? (LinkByName(name) is { } settings ? runtime.Links.For(settings) : null);

    private LinkSettings? LinkByName(LinkName name) => runtime.Configuration.Routes.Routes.Where(r => !r.UseMx).Select(r => r.Link).FirstOrDefault(l => l?.Name == name);

    private LinkName? WayOf(Envelope envelope, Mailbox address) => runtime.Configuration.DistributorAt(envelope.Domain, address) is { } distributor
        ? new LinkName(distributor.Source)
        : runtime.Configuration.Routes.Find(address, envelope.Recipients.FirstOrDefault(r => r.Address == address)?.Precedence ?? envelope.Precedence, MilitaryEnvelope.Facts(envelope))?.For(envelope).Name;

    private QueuedMessage Describe(StoredMessage message) => new(
        message.Id, message.Envelope.Precedence, message.State, message.Envelope.ArrivedAt, message.Size,
        message.Envelope.ReversePath.IsNull ? "<>" : message.Envelope.ReversePath.ToString(),
        [
            .. message.Recipients.Select((r, i) => (Stored: r, Index: i)).Where(r => !r.Stored.State.IsFinal()).Select(r => new QueuedRecipient(
                message.Envelope.Recipients[r.Index].Address.Text, WayOf(message.Envelope, message.Envelope.Recipients[r.Index].Address),
                r.Stored.State, r.Stored.Attempts, r.Stored.Due, r.Stored.Reply)),
        ],
        message.HeldBecause)
    {
        Label = message.Envelope.Label,
    };

    private async ValueTask<MessageLabel?> LabelAtBoundaryAsync(MessageId id, CancellationToken cancellationToken) =>
        CrossingRecord.LabelOf(await MessageEvidence.PassagesAsync(runtime.Spool, id, cancellationToken).ConfigureAwait(false));

    private async Task<MessageDetail> DetailAsync(StoredMessage stored, CancellationToken cancellationToken)
    {
        var (audit, recorders) = await TrailAsync(stored.Id, cancellationToken).ConfigureAwait(false);
        var reports = await runtime.Spool.QueryAsync(new MessageQuery { Parent = stored.Id }, cancellationToken).ConfigureAwait(false);
        return new MessageDetail(
            stored, [.. stored.Envelope.Recipients.Select(r => WayOf(stored.Envelope, r.Address))], audit, [.. reports.Select(r => r.Id)])
        {
            LabelAtBoundary = await LabelAtBoundaryAsync(stored.Id, cancellationToken).ConfigureAwait(false),
            Recorders = recorders,
            Owner = stored.State is MessageState.Done ? null : await OwnerAsync(stored.Id.Partition, cancellationToken).ConfigureAwait(false),
            Awaited = await AwaitedAsync([stored, .. reports], cancellationToken).ConfigureAwait(false),
        };
    }

    private async ValueTask<(ImmutableArray<AuditEvent> Audit, ImmutableArray<NodeIdentity> Recorders)> TrailAsync(MessageId id, CancellationToken cancellationToken)
    {
        if (runtime.Spool is not IAuditStore trails) return ([.. await runtime.Spool.ReadAuditAsync(id, cancellationToken).ConfigureAwait(false)], []);
        var records = await trails.ReadTrailsOfAsync(id, cancellationToken).ConfigureAwait(false);
        return ([.. records.Select(r => r.Event)], [.. records.Select(r => r.Node is { } node ? new NodeIdentity(node, r.Trail) : new NodeIdentity(runtime.Configuration.Node, 0))]);
    }

    private async ValueTask<NodeIdentity?> OwnerAsync(int partition, CancellationToken cancellationToken) =>
        runtime.ClusterStore is { } cluster ? await cluster.OwnerAsync(partition, cancellationToken).ConfigureAwait(false) : new NodeIdentity(runtime.Configuration.Node, 0);

    // What is durable, and nothing else, is shown: it is told to nobody before.
    private async ValueTask<ImmutableArray<AwaitedAnswer>> AwaitedAsync(IEnumerable<StoredMessage> messages, CancellationToken cancellationToken)
    {
        var all = ImmutableArray.CreateBuilder<AwaitedAnswer>();
        // Copies that a boundary released, and what stays in its domain; what tells of a message is itself not followed.
        foreach (var message in messages.Where(m => m.Envelope is { Origin.ReleasedBy: not null } or { ReversePath.IsNull: false, Origin.Listener: not Origin.Switch }))
        {
            var id = message.Id.ToString();
            var json = await runtime.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, id, cancellationToken).ConfigureAwait(false)
                ?? await runtime.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, id, cancellationToken).ConfigureAwait(false);
            if (json is null) continue;
            try
            {
                foreach (var known in AcknowledgmentDocuments.Read(json))
                {
                    if (known.Recipient < message.Envelope.Recipients.Length)
                        all.Add(new AwaitedAnswer(known, message.Envelope.Recipients[known.Recipient].Address.Text, runtime.Configuration.Acknowledgments[known.Precedence]));
                }
            }
            catch (JsonException)
            {
                // Who follows them says so in the log.
            }
        }

        return all.ToImmutable();
    }
}
