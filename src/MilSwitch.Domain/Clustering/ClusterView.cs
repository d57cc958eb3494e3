using System.Collections.Immutable;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Clustering;

/// <summary>The nodes as one of them sees them, at one moment.</summary>
/// <param name="Members">In the order of their names; this node is one of them.</param>
public sealed record ClusterView(ImmutableArray<ClusterMember> Members)
{
    /// <summary>A node on its own.</summary>
    public static ClusterView Alone { get; } = new([]);

    /// <summary>Nodes that are up and reachable; at least one, this node.</summary>
    public int Up => Math.Max(1, Members.Count(m => m.State is MemberState.Up && m.Reachable));
}

/// <param name="Name">As its configuration says; its address until it has told.</param>
/// <param name="Address">As <c>host:port</c>.</param>
/// <param name="Reachable">False: it says nothing at the moment.</param>
/// <param name="Report">What it said of itself last; null: nothing yet.</param>
public sealed record ClusterMember(string Name, string Address, MemberState State, bool Reachable, bool Self, NodeReport? Report)
{
    public NodeRoles Roles { get; init; } = NodeRoles.All;
}

public enum MemberState : byte
{
    Joining,
    Up,
    Leaving,
    Down,
}

/// <summary>What a node tells the others of itself each second.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Run">The number of its start.</param>
/// <param name="Version">Of its program.</param>
/// <param name="StoreSilence">Milliseconds since the store answered it last.</param>
/// <param name="Partitions">How many it owns.</param>
/// <param name="Pending">Messages that are not done in them.</param>
/// <param name="Policy">Version of the rules and settings by which it judges.</param>
public sealed record NodeReport(string Node, int Run, string Version, long StoreSilence, int Partitions, int Pending, long Policy)
{
    /// <summary>Links on which it waits for its turn; of a node that does not tell, none.</summary>
    public ImmutableArray<LinkWant> Wants
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>What it owns, for nodes that own nothing themselves; empty for others, and of a node that does not tell.</summary>
    public ImmutableArray<PartitionEpoch> Owned
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Keys that its tokens can use for others; of a node that does not tell, none.</summary>
    public ImmutableArray<KeyOffer> Keys
    {
        get => field.IsDefault ? [] : field;
        init;
    }
}

/// <param name="Link">The link's name.</param>
/// <param name="Highest">The most urgent message that waits.</param>
public sealed record LinkWant(string Link, Precedences.Precedence Highest);
