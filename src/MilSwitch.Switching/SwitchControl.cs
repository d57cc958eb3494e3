using Akka.Actor;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching;

/// <summary>Readiness and reload.</summary>
internal sealed class SwitchControl(SwitchRuntime runtime) : ISwitchControl
{
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Of a cluster every node has a part; what is to be its own has to be loaded.
    public bool IsReady => runtime.Spool.Health != SpoolHealth.Broken && (runtime.ClusterStore is null
        ? runtime.Partitions.Owned.Count == MessageId.PartitionCount
        : IsInPlace && runtime.MaySend() && runtime.Policy >= 0);

    private bool IsInPlace => runtime.Far is { } far
        ? far.LeastPending is not null || !runtime.Roles.HasFlag(NodeRoles.Edge)
        : runtime.Partitions.Owned.Count > 0 && runtime.Partitions.Claiming is 0;

    public Task WhenReady => ready.Task;

    public void FollowWith(Func<CancellationToken, Task<bool>> follow) => runtime.FollowConfiguration = follow;

    public void AlarmWith(Func<IEnumerable<Alarm>> further) => runtime.AlarmWith(further);

    public SwitchConfiguration Current => runtime.Configuration;

    /// <summary>Called by housekeeping until the node is ready.</summary>
    public bool Observe()
    {
        if (!IsReady) return false;
        runtime.Partitions.Settled = true;
        foreach (var link in runtime.Links.All) link.Actor.Tell(new LinkCommands.Reconsider());
        ready.TrySetResult();
        return true;
    }

    public void Apply(SwitchConfiguration configuration)
    {
        runtime.Swap(configuration);
        foreach (var link in runtime.Links.All)
        {
            if (SettingsOf(configuration.Routes, link.Name) is { } settings) link.Actor.Tell(new LinkCommands.Apply(settings));
        }

        runtime.Reconsider();
    }

    public Task<bool> RecordAsync(AuditKind kind, string detail, string? who) => runtime.AuditAsync(kind, detail, who, CancellationToken.None);

    // A link that no route names any more keeps its settings until its queue is empty or somebody reroutes it.
    private static LinkSettings? SettingsOf(RouteTable routes, LinkName named)
    {
        var name = named.Configured;
        const string mx = "mx:";
        if (name.Value.StartsWith(mx, StringComparison.Ordinal))
            return Mailbox.TryParse("postmaster@" + name.Value[mx.Length..], false, out var probe, out _) ? routes.Find(probe)?.Named(named) : null;
        return routes.Routes.Select(r => r.Link).FirstOrDefault(l => l?.Name == name)?.Named(named);
    }
}
