using System.Collections.Immutable;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Watching;

/// <summary>All nodes at one moment. Immutable.</summary>
/// <param name="At">When it was taken.</param>
/// <param name="Node">The node that took it.</param>
/// <param name="Nodes">In the order of their names.</param>
/// <param name="Alarms">Of all nodes, oldest first.</param>
/// <param name="Links">Of all nodes that answer.</param>
/// <param name="Cluster">The nodes as this one sees them.</param>
/// <param name="Table">What the levels mean.</param>
public sealed record WatchSnapshot(
    DateTimeOffset At, string Node, ImmutableArray<NodeSnapshot> Nodes, ImmutableArray<NodeAlarm> Alarms, ImmutableArray<NodeLink> Links, ClusterView Cluster,
    PrecedenceTable Table)
{
    /// <summary>Waiting on all nodes that answer.</summary>
    public int Queued(Precedence level) => Nodes.Sum(n => n.Levels.IsDefaultOrEmpty ? 0 : n.Levels[(int)level].Queued);

    /// <summary>When the oldest that waits was accepted; null: nothing waits.</summary>
    public DateTimeOffset? Oldest(Precedence level) => Nodes.Where(n => !n.Levels.IsDefaultOrEmpty).Min(n => n.Levels[(int)level].Oldest);

    /// <summary>What is left of the level's speed of service for the oldest that waits, less than nothing when it is late; null: nothing waits, or there is no such time.</summary>
    public TimeSpan? Left(Precedence level) => Oldest(level) is { } oldest && Table[level].Alarm is { } within ? oldest + within - At : null;
}
