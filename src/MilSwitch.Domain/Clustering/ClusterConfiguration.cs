using System.Collections.Immutable;

namespace MilSwitch.Domain.Clustering;

/// <summary>This node's place in a cluster of nodes over one store. Immutable.</summary>
public sealed record ClusterConfiguration
{
    /// <summary>Name or address under which the other nodes reach this one.</summary>
    public required string Host { get; init; }

    /// <summary>Port of the other nodes' connections, 1–65,535; 0: any free one.</summary>
    public required int Port { get; init; }

    /// <summary>The address listened on; null: what <see cref="Host"/> stands for.</summary>
    public string? Bind { get; init; }

    /// <summary>The only nodes this one joins, as <c>host:port</c>; empty: those that the store names.</summary>
    public ImmutableArray<string> Seeds { get; init; } = [];

    /// <summary>What this node does for the cluster.</summary>
    public NodeRoles Roles { get; init; } = NodeRoles.All;

    public Detection Detection { get; init; } = Detection.Normal;
}

/// <summary>
/// How soon a node that says nothing is taken for lost. A false alarm costs the node a restart and never a message: the store
/// lets only one own a partition.
/// </summary>
public enum Detection : byte
{
    /// <summary>About five seconds: quiet machines and short ways.</summary>
    Fast,

    /// <summary>About seven seconds.</summary>
    Normal,

    /// <summary>About eleven seconds: machines that pause for seconds.</summary>
    Tolerant,
}
