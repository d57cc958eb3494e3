using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using Akka.Actor;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Operations;

/// <summary>The operator's view and hand, over the store and the actors.</summary>
internal sealed class OperatorActions(SwitchRuntime runtime, SwitchControl control, RuleKeeper rules) : IOperatorActions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How many messages one order may reach.</summary>
    private const int MaximumReach = 100_000;

    public ValueTask<SwitchStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var now = runtime.Now;
        var snapshots = runtime.Partitions.Snapshots;
        var links = runtime.Links.All.Select(l => l.Status).OfType<LinkStatus>().ToArray();
        var levels = Enumerable.Range(0, PrecedenceExtensions.Count).Select(p => LevelStatus((Precedence)p)).ToImmutableArray();
        var alarms = ImmutableArray.CreateBuilder<string>();
        if (runtime.Spool.Health != SpoolHealth.Ready) alarms.Add($"spool: {runtime.Spool.Health.ToString().ToLowerInvariant()}");
        foreach (var level in levels)
        {
            if (level.Oldest > runtime.Configuration.Precedences[level.Precedence].Alarm)
                alarms.Add($"{level.Precedence.Keyword()} delayed: {level.Oldest.Value:hh\\:mm\\:ss}");
        }

        alarms.AddRange(links.Where(l => l.Breaker != BreakerPhase.Closed).Select(l => $"link down: {l.Name}"));
        return ValueTask.FromResult(new SwitchStatus
        {
            Node = runtime.Configuration.Node,
            Version = typeof(OperatorActions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
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
            Alarms = alarms.ToImmutable(),
        });

        PrecedenceStatus LevelStatus(Precedence precedence)
        {
            var oldest = snapshots.Select(s => s.Oldest[(int)precedence]).Where(o => o is not null).Min();
            return new PrecedenceStatus(
                precedence, snapshots.Sum(s => s.Queued[(int)precedence]), oldest is null ? null : now - oldest,
                runtime.Meters.Accepted(precedence), runtime.Meters.Delivered(precedence), runtime.Meters.Failed(precedence));
        }
    }

    public async ValueTask<IReadOnlyList<QueuedMessage>> QueueAsync(QueueFilter filter, CancellationToken cancellationToken)
    {
        var found = new List<QueuedMessage>();
        for (var precedence = Precedence.Override; found.Count < filter.Limit; precedence--)
        {
            if (filter.Precedence is null || filter.Precedence == precedence) await AddAsync(precedence).ConfigureAwait(false);
            if (precedence == Precedence.Deferred) break;
        }

        return found;

        async Task AddAsync(Precedence precedence)
        {
            MessageId? after = filter.After;
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
                    if (filter.Link is null || queued.Recipients.Any(r => r.Link == filter.Link)) found.Add(queued);
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
        foreach (var partition in runtime.Partitions.Owned)
        {
            await foreach (var message in runtime.Spool.LoadPendingAsync(partition.Epoch, cancellationToken).ConfigureAwait(false))
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
                        QueueShapeBy.Link => runtime.Configuration.Routes.Find(address)?.Name.Value ?? "no route",
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
        // Seen is recorded before it is shown.
        if (runtime.Partitions.Find(id.Partition) is { } partition)
        {
            await runtime.Spool.CommitAsync(
                new SpoolOperation(partition.Epoch) { Audit = [new AuditEvent(runtime.Now, AuditKind.Viewed, id, -1, who.Via, who.Name)] },
                Precedence.Routine, cancellationToken).ConfigureAwait(false);
        }

        return new RawMessage(stored.Trace, content);
    }

    public async ValueTask<IReadOnlyList<MessageDetail>> TrackAsync(MessageQuery query, CancellationToken cancellationToken)
    {
        var found = await runtime.Spool.QueryAsync(query, cancellationToken).ConfigureAwait(false);
        var details = new List<MessageDetail>(found.Count);
        foreach (var message in found) details.Add(await DetailAsync(message, cancellationToken).ConfigureAwait(false));
        return details;
    }

    public async ValueTask<IReadOnlyList<LinkStatus>> LinksAsync(CancellationToken cancellationToken)
    {
        var asked = runtime.Links.All.Select(l => l.Actor.Ask<LinkStatus>(new LinkCommands.GetStatus(), Patience, cancellationToken));
        return [.. (await Task.WhenAll(asked).ConfigureAwait(false)).OrderBy(l => l.Name)];
    }

    public async ValueTask<LinkStatus?> LinkAsync(LinkName name, CancellationToken cancellationToken) =>
        runtime.Links.Find(name) is { } link
            ? await link.Actor.Ask<LinkStatus>(new LinkCommands.GetStatus(), Patience, cancellationToken).ConfigureAwait(false)
            : null;

    public async ValueTask<bool> TryLinkAsync(LinkName name, OperatorIdentity who, CancellationToken cancellationToken) =>
        runtime.Links.Find(name) is { } link
        && await link.Actor.Ask<bool>(new LinkCommands.TryNow(), Patience, cancellationToken).ConfigureAwait(false);

    public async ValueTask<ActResult> ActAsync(MessageAct act, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var ids = act.Ids;
        if (act.Filter is { } filter)
            ids = [.. ids, .. (await QueueAsync(filter with { Limit = MaximumReach }, cancellationToken).ConfigureAwait(false)).Select(m => m.Id)];
        if (act.Verb == MessageVerb.Reroute && (act.Link is not { } link || LinkByName(link) is null))
            return new ActResult([.. ids.Select(id => new ActOutcome(id, false, "no route has a link of that name"))], act.DryRun);
        var outcomes = ImmutableArray.CreateBuilder<ActOutcome>(ids.Length);
        foreach (var id in ids.Distinct()) outcomes.Add(await ActAsync(id).ConfigureAwait(false));
        return new ActResult(outcomes.ToImmutable(), act.DryRun);

        async Task<ActOutcome> ActAsync(MessageId id)
        {
            if (runtime.Partitions.Find(id.Partition) is not { } partition) return new ActOutcome(id, false, "its partition is not on this node");
            if (act.DryRun)
            {
                var stored = await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false);
                return stored is null ? new ActOutcome(id, false, "no such message")
                    : stored.State == MessageState.Done ? new ActOutcome(id, false, "not pending") : new ActOutcome(id, true, $"would {act.Verb.ToString().ToLowerInvariant()}");
            }

            try
            {
                return await partition.Actor.Ask<ActOutcome>(new PartitionCommands.Act(id, act, who), Patience, cancellationToken).ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                return new ActOutcome(id, false, "no answer in time; ask again");
            }
        }
    }

    public ValueTask<IReadOnlyList<OperatorRule>> RulesAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<OperatorRule>>([.. runtime.Rules.Rules]);

    public async ValueTask<OperatorRule> AddRuleAsync(OperatorRule rule, OperatorIdentity who, CancellationToken cancellationToken)
    {
        _ = RuleScope.Parse(rule.Scope);
        if (rule is { Kind: RuleKind.Minimize, Level: null }) throw new FormatException("a minimize rule names the lowest level that still moves");
        if (rule.Kind == RuleKind.Reroute && (rule.Link is not { } link || LinkByName(link) is null)) throw new FormatException("no route has a link of that name");
        var kept = rule with
        {
            Id = rule.Id.Length > 0 ? rule.Id : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)), Author = who.Name, CreatedAt = runtime.Now,
        };
        await rules.AddAsync(kept, cancellationToken).ConfigureAwait(false);
        await AuditAsync(AuditKind.RuleAdded, $"{kept.Kind} {kept.Scope} {kept.Level?.Keyword()} {kept.Reason}", who, cancellationToken).ConfigureAwait(false);
        return kept;
    }

    public async ValueTask<bool> RemoveRuleAsync(string id, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (!await rules.RemoveAsync(id, cancellationToken).ConfigureAwait(false)) return false;
        await AuditAsync(AuditKind.RuleRemoved, $"{id} {reason}", who, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public ValueTask<RouteExplanation> ExplainRouteAsync(Mailbox address, Precedence precedence, CancellationToken cancellationToken)
    {
        var target = runtime.Configuration.Resolve(new Recipient(address)).Address;
        var decision = runtime.Configuration.Routes.Explain(target);
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

    private async Task AuditAsync(AuditKind kind, string detail, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (runtime.Partitions.Next() is not { } partition) return;
        await runtime.Spool.CommitAsync(
            new SpoolOperation(partition.Epoch) { Audit = [new AuditEvent(runtime.Now, kind, default, -1, detail, who.Name)] }, Precedence.Immediate, cancellationToken)
            .ConfigureAwait(false);
    }

    private LinkSettings? LinkByName(LinkName name) => runtime.Configuration.Routes.Routes.Select(r => r.Link).FirstOrDefault(l => l?.Name == name);

    private QueuedMessage Describe(StoredMessage message) => new(
        message.Id, message.Envelope.Precedence, message.State, message.Envelope.ArrivedAt, message.Size,
        message.Envelope.ReversePath.IsNull ? "<>" : message.Envelope.ReversePath.ToString(),
        [
            .. message.Recipients.Select((r, i) => (Stored: r, Index: i)).Where(r => !r.Stored.State.IsFinal()).Select(r => new QueuedRecipient(
                message.Envelope.Recipients[r.Index].Address.Text, runtime.Configuration.Routes.Find(message.Envelope.Recipients[r.Index].Address)?.For(message.Envelope).Name,
                r.Stored.State, r.Stored.Attempts, r.Stored.Due, r.Stored.Reply)),
        ],
        message.HeldBecause);

    private async Task<MessageDetail> DetailAsync(StoredMessage stored, CancellationToken cancellationToken)
    {
        var audit = await runtime.Spool.ReadAuditAsync(stored.Id, cancellationToken).ConfigureAwait(false);
        var reports = await runtime.Spool.QueryAsync(new MessageQuery { Parent = stored.Id }, cancellationToken).ConfigureAwait(false);
        return new MessageDetail(
            stored, [.. stored.Envelope.Recipients.Select(r => runtime.Configuration.Routes.Find(r.Address)?.For(stored.Envelope).Name)], [.. audit], [.. reports.Select(r => r.Id)]);
    }
}
