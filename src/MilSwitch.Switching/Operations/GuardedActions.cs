using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Statistics;

namespace MilSwitch.Switching.Operations;

/// <summary>
/// The one door to what persons do, whichever way they come: the right first, then a reason, and then the act itself, which
/// is audited where it is done. Reading needs no more than to be known.
/// </summary>
public sealed class GuardedActions(IOperatorActions inner) : IOperatorActions
{
    public ValueTask<SwitchStatus> StatusAsync(CancellationToken cancellationToken) => inner.StatusAsync(cancellationToken);

    public ValueTask<ClusterView> ClusterAsync(CancellationToken cancellationToken) => inner.ClusterAsync(cancellationToken);

    public ValueTask<IReadOnlyList<Alarm>> AlarmsAsync(CancellationToken cancellationToken) => inner.AlarmsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<NodeAlarm>> AlarmsOfAllAsync(CancellationToken cancellationToken) => inner.AlarmsOfAllAsync(cancellationToken);

    public ValueTask<IReadOnlyList<QueuedMessage>> QueueAsync(QueueFilter filter, CancellationToken cancellationToken) => inner.QueueAsync(filter, cancellationToken);

    public ValueTask<IReadOnlyList<QueueShapeRow>> ShapeAsync(QueueShapeBy by, CancellationToken cancellationToken) => inner.ShapeAsync(by, cancellationToken);

    public ValueTask<MessageDetail?> MessageAsync(MessageId id, CancellationToken cancellationToken) => inner.MessageAsync(id, cancellationToken);

    public ValueTask<RawMessage?> RawAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ViewContent);
        return inner.RawAsync(id, who, cancellationToken);
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

    public ValueTask<ActResult> ActAsync(MessageAct act, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(act.Verb.Right());
        Reasoned(act.Reason);
        return inner.ActAsync(act, who, cancellationToken);
    }

    public ValueTask<IReadOnlyList<OperatorRule>> RulesAsync(CancellationToken cancellationToken) => inner.RulesAsync(cancellationToken);

    public ValueTask<OperatorRule> AddRuleAsync(OperatorRule rule, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        Reasoned(rule.Reason);
        return inner.AddRuleAsync(rule, who, cancellationToken);
    }

    public ValueTask<(RuleChange Change, OperatorRule Rule)> ReplaceRuleAsync(
        OperatorRule rule, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        Reasoned(rule.Reason);
        return inner.ReplaceRuleAsync(rule, expected, who, cancellationToken);
    }

    public ValueTask<RuleChange> RemoveRuleAsync(
        string id, string reason, Func<OperatorRule, bool>? expected, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        Reasoned(reason);
        return inner.RemoveRuleAsync(id, reason, expected, who, cancellationToken);
    }

    public ValueTask<RuleTrial> TryRuleAsync(OperatorRule rule, bool remove, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Order);
        return inner.TryRuleAsync(rule, remove, who, cancellationToken);
    }

    public ValueTask<MessageDecisions?> DecisionsAsync(MessageId id, CancellationToken cancellationToken) => inner.DecisionsAsync(id, cancellationToken);

    public ValueTask<MessageCustody?> CustodyAsync(MessageId id, CancellationToken cancellationToken) => inner.CustodyAsync(id, cancellationToken);

    public ValueTask<CustodyExport?> ExportCustodyAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ExportEvidence);
        return inner.ExportCustodyAsync(id, who, cancellationToken);
    }

    public ValueTask<IReadOnlyList<HeldMessage>> HeldAsync(MessageId? after, int limit, CancellationToken cancellationToken) => inner.HeldAsync(after, limit, cancellationToken);

    public ValueTask<HeldMessage?> HeldAsync(MessageId id, CancellationToken cancellationToken) => inner.HeldAsync(id, cancellationToken);

    public ValueTask<HoldingResult> DecideAsync(MessageId id, HoldingOrder order, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(order is HoldingOrder.Authorise or HoldingOrder.RejectDraft ? OperatorRight.ReleaseDrafts : OperatorRight.Decide);
        Reasoned(order.Reason);
        return inner.DecideAsync(id, order, who, cancellationToken);
    }

    public ValueTask<ProfileState> ProfileAsync(CancellationToken cancellationToken) => inner.ProfileAsync(cancellationToken);

    public ValueTask<ProfileState?> SwitchPlanAsync(string plan, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.SwitchPlan);
        Reasoned(reason);
        return inner.SwitchPlanAsync(plan, reason, who, cancellationToken);
    }

    public ValueTask<RouteExplanation> ExplainRouteAsync(Mailbox address, Precedence precedence, MilitaryFacts facts, CancellationToken cancellationToken) =>
        inner.ExplainRouteAsync(address, precedence, facts, cancellationToken);

    public ValueTask<LabelCatalogue> LabelsAsync(string? policy, Mailbox from, ImmutableArray<Mailbox> to, CancellationToken cancellationToken) =>
        inner.LabelsAsync(policy, from, to, cancellationToken);

    private static void Reasoned(string reason)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new FormatException("a reason is missing");
    }
}
