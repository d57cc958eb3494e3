using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
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

namespace MilSwitch.Switching.Operations;

/// <summary>
/// The one door to what persons do, whichever way they come: the right first, then a reason, then how many messages were
/// confirmed, then a second person where one is needed, and then the act itself, which is audited where it is done. Reading
/// needs no more than to be known.
/// </summary>
public sealed class GuardedActions : IOperatorActions
{
    /// <summary>How many messages one order may reach.</summary>
    internal const int MaximumReach = 100_000;

    // What waits for a second person is kept as one document.
    private const int MaximumProposed = 10_000;

    private readonly IOperatorActions inner;
    private readonly ProposalDesk proposals;
    private readonly IContentClearance? clearance;

    /// <param name="inner">Does it.</param>
    /// <param name="proposals">Where what needs two persons waits.</param>
    /// <param name="clearance">Whose content persons may see; null: of all that they may see any of.</param>
    public GuardedActions(IOperatorActions inner, ProposalDesk proposals, IContentClearance? clearance)
    {
        (this.inner, this.proposals, this.clearance) = (inner, proposals, clearance);
        proposals.Perform("act", PerformActAsync);
        proposals.Perform("order", PerformOrderAsync);
        proposals.Perform("plan", PerformPlanAsync);
    }

    public ValueTask<SwitchStatus> StatusAsync(CancellationToken cancellationToken) => inner.StatusAsync(cancellationToken);

    public ValueTask<ClusterView> ClusterAsync(CancellationToken cancellationToken) => inner.ClusterAsync(cancellationToken);

    public ValueTask<IReadOnlyList<Alarm>> AlarmsAsync(CancellationToken cancellationToken) => inner.AlarmsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<NodeAlarm>> AlarmsOfAllAsync(CancellationToken cancellationToken) => inner.AlarmsOfAllAsync(cancellationToken);

    public ValueTask<IReadOnlyList<QueuedMessage>> QueueAsync(QueueFilter filter, CancellationToken cancellationToken) => inner.QueueAsync(filter, cancellationToken);

    public ValueTask<IReadOnlyList<QueueShapeRow>> ShapeAsync(QueueShapeBy by, CancellationToken cancellationToken) => inner.ShapeAsync(by, cancellationToken);

    public ValueTask<MessageDetail?> MessageAsync(MessageId id, CancellationToken cancellationToken) => inner.MessageAsync(id, cancellationToken);

    public async ValueTask<RawMessage?> RawAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ViewContent);
        if (clearance is { IsOpen: false })
        {
            if (await inner.MessageAsync(id, cancellationToken).ConfigureAwait(false) is not { } detail) return null;
            Cleared(detail, OperatorRight.ViewContent, who);
        }

        return await inner.RawAsync(id, who, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<OnwardAnswer?> AskOnwardAsync(MessageId id, ReadOnlyMemory<byte> secret, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Act);
        return inner.AskOnwardAsync(id, secret, who, cancellationToken);
    }

    public ValueTask<IReadOnlyList<MessageDetail>> TrackAsync(MessageQuery query, CancellationToken cancellationToken) => inner.TrackAsync(query, cancellationToken);

    public ValueTask<SwitchStatistics> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken) => inner.StatisticsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<LinkStatus>> LinksAsync(CancellationToken cancellationToken) => inner.LinksAsync(cancellationToken);

    public ValueTask<IReadOnlyList<NodeLink>> LinksOfAllAsync(CancellationToken cancellationToken) => inner.LinksOfAllAsync(cancellationToken);

    public ValueTask<LinkStatus?> LinkAsync(LinkName name, CancellationToken cancellationToken) => inner.LinkAsync(name, cancellationToken);

    public ValueTask<bool> TryLinkAsync(LinkName name, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Act);
        return inner.TryLinkAsync(name, who, cancellationToken);
    }

    public async ValueTask<ActResult> ActAsync(MessageAct act, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(act.Verb.Right());
        Reasoned(act.Reason);
        if (act.DryRun) return await inner.ActAsync(act, who, cancellationToken).ConfigureAwait(false);
        if (act.Filter is { } filter)
        {
            // What is done is done to these: another that matches meanwhile was not meant.
            if (act.Expected is not { } expected) throw new FormatException("with a filter it has to be said how many messages are expected, as a dry run tells");
            var found = await inner.QueueAsync(filter with { Limit = MaximumReach }, cancellationToken).ConfigureAwait(false);
            ImmutableArray<MessageId> all = [.. act.Ids.Concat(found.Select(m => m.Id)).Distinct()];
            if (all.Length > expected) throw new CountChangedException(expected, all.Length);
            act = act with { Ids = all, Filter = null };
        }

        var word = TwoPersonActs.Of(act.Verb);
        if (proposals.NeedsTwo(word))
        {
            if (act.Ids.Length > MaximumProposed) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"at most {MaximumProposed} messages can wait for a second person"));
            var request = JsonSerializer.Serialize(new ProposedAct(act.Verb, [.. act.Ids.Select(i => i.ToString())], act.Link?.Value, act.Reason), ProposalJson.Default.ProposedAct);
            var text = act.Ids is [var one]
                ? $"{word} message {one}"
                : string.Create(CultureInfo.InvariantCulture, $"{word} {act.Ids.Length} messages");
            await proposals.ProposeAsync(word, "act", request, act.Link is { } link ? $"{text} over {link.Value}" : text, act.Verb.Right(), act.Reason, who, null, cancellationToken).ConfigureAwait(false);
        }

        return await inner.ActAsync(act, who, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<OperatorRule>> RulesAsync(CancellationToken cancellationToken) => inner.RulesAsync(cancellationToken);

    public async ValueTask<OperatorRule> AddRuleAsync(OperatorRule rule, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        Reasoned(rule.Reason);
        if (proposals.NeedsTwo(TwoPersonActs.Of(rule.Kind)))
        {
            // A bad one is refused at once, and not after somebody approved it.
            await inner.TryRuleAsync(rule, remove: false, who, cancellationToken).ConfigureAwait(false);
            await ProposeAsync("add", rule, null, rule.Reason, who, cancellationToken).ConfigureAwait(false);
        }

        return await inner.AddRuleAsync(rule, who, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<(RuleChange Change, OperatorRule Rule)> ReplaceRuleAsync(
        OperatorRule rule, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        Reasoned(rule.Reason);
        if (await FindAsync(rule.Id, cancellationToken).ConfigureAwait(false) is { } current && proposals.NeedsTwo(TwoPersonActs.Of(rule.Kind), TwoPersonActs.Of(current.Kind)))
        {
            if (expected?.Invoke(current) is false) return (RuleChange.Unexpected, rule);
            await inner.TryRuleAsync(rule, remove: false, who, cancellationToken).ConfigureAwait(false);
            await ProposeAsync("replace", rule, current, rule.Reason, who, cancellationToken).ConfigureAwait(false);
        }

        return await inner.ReplaceRuleAsync(rule, expected, who, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RuleChange> RemoveRuleAsync(
        string id, string reason, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        Reasoned(reason);
        if (await FindAsync(id, cancellationToken).ConfigureAwait(false) is { } current && proposals.NeedsTwo(TwoPersonActs.Of(current.Kind)))
        {
            if (expected?.Invoke(current) is false) return RuleChange.Unexpected;
            await ProposeAsync("end", null, current, reason, who, cancellationToken).ConfigureAwait(false);
        }

        return await inner.RemoveRuleAsync(id, reason, expected, who, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<RuleTrial> TryRuleAsync(OperatorRule rule, bool remove, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        return inner.TryRuleAsync(rule, remove, who, cancellationToken);
    }

    public ValueTask<MessageDecisions?> DecisionsAsync(MessageId id, CancellationToken cancellationToken) => inner.DecisionsAsync(id, cancellationToken);

    public ValueTask<MessageCustody?> CustodyAsync(MessageId id, CancellationToken cancellationToken) => inner.CustodyAsync(id, cancellationToken);

    public async ValueTask<CustodyExport?> ExportCustodyAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ExportEvidence);
        if (clearance is { IsOpen: false })
        {
            if (await inner.MessageAsync(id, cancellationToken).ConfigureAwait(false) is not { } detail) return null;
            Cleared(detail, OperatorRight.ExportEvidence, who);
            // What was made of it is among the evidence.
            var decisions = await inner.DecisionsAsync(id, cancellationToken).ConfigureAwait(false);
            foreach (var made in (decisions?.Passages ?? []).Select(p => p.Released).Where(r => r.Length > 0).Distinct(StringComparer.Ordinal))
            {
                if (MessageId.TryParse(made, out var one) && await inner.MessageAsync(one, cancellationToken).ConfigureAwait(false) is { } related) Cleared(related, OperatorRight.ExportEvidence, who);
            }
        }

        return await inner.ExportCustodyAsync(id, who, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<HeldMessage>> HeldAsync(MessageId? after, int limit, CancellationToken cancellationToken) => inner.HeldAsync(after, limit, cancellationToken);

    public ValueTask<HeldMessage?> HeldAsync(MessageId id, CancellationToken cancellationToken) => inner.HeldAsync(id, cancellationToken);

    public ValueTask<HoldingResult> DecideAsync(MessageId id, HoldingOrder order, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(order is HoldingOrder.Authorise or HoldingOrder.RejectDraft ? OperatorRight.ReleaseDrafts : OperatorRight.Decide);
        Reasoned(order.Reason);
        return inner.DecideAsync(id, order, who, cancellationToken);
    }

    public ValueTask<IReadOnlyList<ListState>> ListsAsync(CancellationToken cancellationToken) => inner.ListsAsync(cancellationToken);

    public ValueTask<ListState?> ListAsync(Mailbox address, CancellationToken cancellationToken) => inner.ListAsync(address, cancellationToken);

    public ValueTask<ProfileState> ProfileAsync(CancellationToken cancellationToken) => inner.ProfileAsync(cancellationToken);

    public async ValueTask<ProfileState?> SwitchPlanAsync(string plan, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.SwitchPlan);
        Reasoned(reason);
        if (proposals.NeedsTwo(TwoPersonActs.Plan))
        {
            if (!(await inner.ProfileAsync(cancellationToken).ConfigureAwait(false)).Plans.All.Any(p => p.Name == plan)) return null;
            var request = JsonSerializer.Serialize(new ProposedPlan(plan, reason), ProposalJson.Default.ProposedPlan);
            await proposals.ProposeAsync(TwoPersonActs.Plan, "plan", request, $"switch the profiler to plan {plan}", OperatorRight.SwitchPlan, reason, who, null, cancellationToken).ConfigureAwait(false);
        }

        return await inner.SwitchPlanAsync(plan, reason, who, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<RouteExplanation> ExplainRouteAsync(Mailbox address, Precedence precedence, MilitaryFacts facts, CancellationToken cancellationToken) =>
        inner.ExplainRouteAsync(address, precedence, facts, cancellationToken);

    public ValueTask<LabelCatalogue> LabelsAsync(string? policy, Mailbox from, ImmutableArray<Mailbox> to, CancellationToken cancellationToken) =>
        inner.LabelsAsync(policy, from, to, cancellationToken);

    private ValueTask ProposeAsync(string what, OperatorRule? rule, OperatorRule? seen, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var named = rule ?? seen!;
        var request = JsonSerializer.Serialize(new ProposedOrder(rule, seen, reason), ProposalJson.Default.ProposedOrder);
        var text = string.Join(' ', new[] { what, "order", seen?.Id, named.Kind.ToString().ToLowerInvariant(), named.Scope, named.Level?.Keyword(), named.Link?.Value }.Where(w => !string.IsNullOrEmpty(w)));
        var act = seen is not null && proposals.NeedsTwo(TwoPersonActs.Of(seen.Kind)) ? seen.Kind : named.Kind;
        return proposals.ProposeAsync(TwoPersonActs.Of(act), "order", request, text, OperatorRight.Order, reason, who, null, cancellationToken);
    }

    private async Task<string> PerformActAsync(string request, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var wanted = JsonSerializer.Deserialize(request, ProposalJson.Default.ProposedAct)!;
        var ids = wanted.Ids.Select(i => MessageId.TryParse(i, out var id) ? id : throw new FormatException("an id is none"));
        var result = await inner.ActAsync(
            new MessageAct(wanted.Verb) { Ids = [.. ids], Reason = wanted.Reason, Link = wanted.Link is null ? null : new LinkName(wanted.Link) }, who, cancellationToken).ConfigureAwait(false);
        var done = result.Outcomes.Count(o => o.Done);
        return string.Create(CultureInfo.InvariantCulture, $"{done} done, {result.Outcomes.Length - done} failed");
    }

    private async Task<string> PerformOrderAsync(string request, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var wanted = JsonSerializer.Deserialize(request, ProposalJson.Default.ProposedOrder)!;
        if (wanted.Seen is not { } seen) return $"order {(await inner.AddRuleAsync(wanted.Rule!, who, cancellationToken).ConfigureAwait(false)).Id} is in force";
        var before = Text(seen);
        var change = wanted.Rule is { } rule
            ? (await inner.ReplaceRuleAsync(rule, current => Text(current) == before, who, cancellationToken).ConfigureAwait(false)).Change
            : await inner.RemoveRuleAsync(seen.Id, wanted.Reason, current => Text(current) == before, who, cancellationToken).ConfigureAwait(false);
        return change is RuleChange.Done ? $"order {seen.Id} is {(wanted.Rule is null ? "ended" : "replaced")}" : throw new FormatException("the order is another one by now");

        static string Text(OperatorRule rule) => JsonSerializer.Serialize(rule, ProposalJson.Default.OperatorRule);
    }

    private async Task<string> PerformPlanAsync(string request, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var wanted = JsonSerializer.Deserialize(request, ProposalJson.Default.ProposedPlan)!;
        return await inner.SwitchPlanAsync(wanted.Plan, wanted.Reason, who, cancellationToken).ConfigureAwait(false) is null
            ? throw new FormatException("there is no such plan any more")
            : $"plan {wanted.Plan} counts";
    }

    private async ValueTask<OperatorRule?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await inner.RulesAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(r => r.Id == id);

    private void Cleared(MessageDetail detail, OperatorRight right, OperatorIdentity who)
    {
        // Where a listener and a boundary found different ones, both count.
        if (!clearance!.MayView(who, detail.Label) || (detail.Message.Envelope.Label is { } first && !clearance.MayView(who, first))) throw new NotPermittedException(right) { Because = "the label of the message is beyond what this person is cleared for" };
    }

    private static void Reasoned(string reason)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new FormatException("a reason is missing");
    }
}
