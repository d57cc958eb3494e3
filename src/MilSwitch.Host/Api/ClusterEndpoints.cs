using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>The nodes of the cluster, and how one leaves it in order.</summary>
internal static class ClusterEndpoints
{
    public static void MapCluster(this IEndpointRouteBuilder api)
    {
        api.MapGet("/cluster", ClusterAsync).Describe<ClusterStateView>("cluster", "The nodes as this one sees them; a node on its own sees itself");
        api.MapPost("/cluster/drain", DrainAsync).Accepts<ReasonRequest>("application/json")
            .Describe<ClusterStateView>("drain", "This node takes nothing new, ends what it has under way, hands its partitions over and stops").Once().Proposed();
    }

    private static async Task<IResult> ClusterAsync(IOperatorActions actions, CancellationToken cancellationToken) =>
        ApiEndpoints.Json(ClusterStateView.Of(await actions.ClusterAsync(cancellationToken)), ApiJson.Default.ClusterStateView);

    private static async Task<IResult> DrainAsync(HttpContext context, IOperatorActions actions, INodeActions node, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.ReasonRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > 1000) return Problems.BadRequest("reason is missing or has more than 1000 characters.");
        var view = ClusterStateView.Of(await actions.ClusterAsync(cancellationToken));
        await node.DrainAsync(request.Reason, ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return ApiEndpoints.Json(view, ApiJson.Default.ClusterStateView);
    }
}

/// <summary>Why something is done.</summary>
public sealed record ReasonRequest(string Reason);

/// <param name="Nodes">In the order of their names.</param>
public sealed record ClusterStateView(IReadOnlyList<NodeView> Nodes)
{
    public static ClusterStateView Of(ClusterView view) => new([.. view.Members.Select(NodeView.Of)]);
}

/// <param name="State">joining, up, leaving or down.</param>
/// <param name="Reachable">False: it says nothing at the moment.</param>
/// <param name="Roles">edge, switch, crypto, ops.</param>
/// <param name="Self">It is the node that was asked.</param>
/// <param name="Version">Of its program; null until it has told, as all that follows.</param>
/// <param name="Run">The number of its start.</param>
/// <param name="Partitions">How many of the 64 it owns.</param>
/// <param name="Pending">Messages in them that are not done.</param>
/// <param name="StoreSilence">Seconds since the store answered it.</param>
/// <param name="Policy">Version of the rules by which it judges; 0: a node on its own.</param>
public sealed record NodeView(
    string Name, string Address, string State, bool Reachable, IReadOnlyList<string> Roles, bool Self, string? Version, int? Run, int? Partitions, int? Pending, double? StoreSilence, long? Policy)
{
    public static NodeView Of(ClusterMember member) => new(
        member.Name, member.Address, member.State.ToString().ToLowerInvariant(), member.Reachable, [.. member.Roles.Words()], member.Self, member.Report?.Version, member.Report?.Run,
        member.Report?.Partitions, member.Report?.Pending, member.Report is { } report ? report.StoreSilence / 1000.0 : null, member.Report?.Policy);
}
