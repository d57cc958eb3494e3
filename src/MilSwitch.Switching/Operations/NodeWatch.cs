using System.Collections.Concurrent;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Watching;
using MilSwitch.Switching.Alarms;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Watching;

namespace MilSwitch.Switching.Operations;

/// <summary>Alarms and links of this node, and of all nodes of the cluster for somebody who asks one of them. Thread-safe.</summary>
internal sealed class NodeWatch(SwitchRuntime runtime, AlarmWatch alarms)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For another node: it answers in milliseconds or is not there.</summary>
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, DateTimeOffset> silentSince = new(StringComparer.Ordinal);
    private Akka.Cluster.Cluster? cluster;
    private ActorSystem? system;

    private readonly LostNodes lost = new();
    private readonly Lock losing = new();

    /// <summary>Those of this node, and of what its program does beside the switch.</summary>
    public IReadOnlyList<Alarm> Alarms => [.. alarms.Look(), .. runtime.FurtherAlarms()];

    /// <summary>This node looks after the alarms that are the cluster's; a node on its own does.</summary>
    public bool Leads => cluster is null ? runtime.ClusterStore is null : cluster.State.Leader == cluster.SelfAddress;

    /// <summary>Of every member its name is known.</summary>
    public bool KnowsAll => runtime.Cluster.Members.All(m => m.Report is not null);

    /// <summary>There is such a node at present.</summary>
    public bool IsMember(string node) => node == runtime.Configuration.Node || runtime.Cluster.Members.Any(m => m.Name == node);

    /// <summary>Its raising and clearing are published by who looks for it.</summary>
    public bool IsToldElsewhere(string id) => AlarmWatch.Tells(AlarmCatalogue.NameOf(id)) || id is "configuration";

    /// <summary>What concerns the cluster as a whole, as this node sees it; each with the node that it is about.</summary>
    public IReadOnlyList<NodeAlarm> OfCluster()
    {
        var (view, now) = (runtime.Cluster, runtime.Now);
        var found = new List<NodeAlarm>();
        lock (losing) found.AddRange(lost.Look(view, now).Select(l => new NodeAlarm(l.Name, new Alarm($"node:{l.Name}", $"node does not answer: {l.Name}", l.Since))));
        var silent = view.Members.Count(m => !m.Reachable);
        if (silent > 0 && silent * 2 >= view.Members.Length)
            found.Add(new NodeAlarm(runtime.Configuration.Node, new Alarm("split", string.Create(CultureInfo.InvariantCulture, $"{silent} of {view.Members.Length} nodes can't be reached: those of one side will end"), now)));
        return found;
    }

    /// <summary>Set once, when the node has joined others.</summary>
    public void ReachBy(ActorSystem actors) => (cluster, system) = (Akka.Cluster.Cluster.Get(actors), actors);

    /// <summary>Links of this node.</summary>
    public async Task<IReadOnlyList<LinkStatus>> LinksAsync(CancellationToken cancellationToken)
    {
        // A link that has carried nothing yet is a link all the same.
        foreach (var route in runtime.Configuration.Routes.Routes) _ = route is { UseMx: false, Link: { } settings } ? runtime.Links.For(settings) : null;
        var asked = runtime.Links.All.Select(l => l.Actor.Ask<LinkStatus>(new LinkCommands.GetStatus(), Patience, cancellationToken));
        return [.. (await Task.WhenAll(asked).ConfigureAwait(false)).OrderBy(l => l.Name)];
    }

    /// <summary>Alarms of all nodes, oldest first. That a node does not answer is one of them.</summary>
    public async Task<IReadOnlyList<NodeAlarm>> AlarmsOfAllAsync(CancellationToken cancellationToken)
    {
        var own = Alarms.Select(a => new NodeAlarm(runtime.Configuration.Node, a));
        var others = await Task.WhenAll(Others().Select(AskAsync)).ConfigureAwait(false);
        return [.. own.Concat(others.SelectMany(a => a)).OrderBy(a => a.Alarm.Since).ThenBy(a => a.Node, StringComparer.Ordinal).ThenBy(a => a.Alarm.Id, StringComparer.Ordinal)];

        async Task<IEnumerable<NodeAlarm>> AskAsync(Other node)
        {
            var found = new List<Alarm>();
            string? after = null;
            do
            {
                if (await AskAsync<AlarmsAnswer>(node, new AlarmsOrder(after), cancellationToken).ConfigureAwait(false) is not { Alarms.IsDefault: false } answer)
                {
                    // Who asked has to see that something is missing.
                    var since = silentSince.GetOrAdd(node.Name, runtime.Now);
                    found.Add(new Alarm($"node:{node.Name}", $"node does not answer: {node.Name}", since));
                    return found.Select(a => new NodeAlarm(node.Name, a));
                }

                found.AddRange(answer.Alarms.Select(a => a?.ToAlarm()).OfType<Alarm>());
                after = Next(answer.More, found.LastOrDefault()?.Id, after);
            }
            while (after is not null);
            silentSince.TryRemove(node.Name, out _);
            return found.Select(a => new NodeAlarm(node.Name, a));
        }
    }

    /// <summary>Links of all nodes that answer, in the order of their names and then of the nodes'.</summary>
    public async Task<IReadOnlyList<NodeLink>> LinksOfAllAsync(CancellationToken cancellationToken)
    {
        var others = Task.WhenAll(Others().Select(AskAsync));
        var own = (await LinksAsync(cancellationToken).ConfigureAwait(false)).Select(l => new NodeLink(runtime.Configuration.Node, l));
        return [.. own.Concat((await others.ConfigureAwait(false)).SelectMany(l => l)).OrderBy(l => l.Link.Name).ThenBy(l => l.Node, StringComparer.Ordinal)];

        async Task<IEnumerable<NodeLink>> AskAsync(Other node)
        {
            var found = new List<LinkStatus>();
            string? after = null;
            do
            {
                if (await AskAsync<LinksAnswer>(node, new LinksOrder(after), cancellationToken).ConfigureAwait(false) is not { Links.IsDefault: false } answer) break;
                found.AddRange(answer.Links.Select(l => l?.ToStatus()).OfType<LinkStatus>());
                after = Next(answer.More, found.LastOrDefault()?.Name.Value, after);
            }
            while (after is not null);
            return found.Select(l => new NodeLink(node.Name, l));
        }
    }

    /// <summary>How the other nodes are, in the order of their names.</summary>
    public async Task<IReadOnlyList<NodeSnapshot>> OthersAsync(CancellationToken cancellationToken)
    {
        var asked = await Task.WhenAll(Others().Select(AskAsync)).ConfigureAwait(false);
        return [.. asked.OrderBy(n => n.Node, StringComparer.Ordinal)];

        async Task<NodeSnapshot> AskAsync(Other node) =>
            (await AskAsync<NodeAnswer>(node, new NodeOrder(TrafficRing.Minutes), cancellationToken).ConfigureAwait(false))?.ToSnapshot(node.Name) ?? new NodeSnapshot(node.Name, Answers: false);
    }

    // Null: that was all, or it does not go on.
    private static string? Next(bool more, string? last, string? after) => more && string.CompareOrdinal(last, after) > 0 ? last : null;

    private async Task<T?> AskAsync<T>(Other node, object order, CancellationToken cancellationToken)
        where T : class
    {
        // One that is known to be silent would only keep everybody waiting.
        if (!node.Reachable) return null;
        try
        {
            return await node.Watch.Ask<T>(order, NodePatience, cancellationToken).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    private IEnumerable<Other> Others()
    {
        if (cluster is null || system is null) return [];
        var (known, unreachable) = (runtime.Cluster.Members, cluster.State.Unreachable);
        return cluster.State.Members
            .Where(m => m.Address != cluster.SelfAddress && m.Status is (MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Leaving))
            .Select(m =>
            {
                var address = $"{m.Address.Host}:{m.Address.Port}";
                return new Other(
                    known.FirstOrDefault(k => k.Address == address)?.Name ?? address, !unreachable.Contains(m),
                    system.ActorSelection(new RootActorPath(m.Address) / "user" / WatchActor.Name));
            });
    }

    private sealed record Other(string Name, bool Reachable, ActorSelection Watch);
}
