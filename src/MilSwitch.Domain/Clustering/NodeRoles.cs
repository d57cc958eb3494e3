namespace MilSwitch.Domain.Clustering;

/// <summary>What a node of a cluster does for it. A node on its own does everything.</summary>
[Flags]
public enum NodeRoles : byte
{
    None = 0,

    /// <summary>Opens its listeners and takes mail, which the nodes with <see cref="Switch"/> work on.</summary>
    Edge = 1,

    /// <summary>Owns partitions: carries out the steps of messages and sends them over links.</summary>
    Switch = 2,

    /// <summary>Works with its tokens, for the other nodes as well.</summary>
    Crypto = 4,

    /// <summary>Answers operators over the network.</summary>
    Ops = 8,

    All = Edge | Switch | Crypto | Ops,
}

/// <summary>Names of roles, as configuration and nodes say them.</summary>
public static class NodeRoleNames
{
    public static IReadOnlyList<(string Word, NodeRoles Value)> All { get; } =
        [("edge", NodeRoles.Edge), ("switch", NodeRoles.Switch), ("crypto", NodeRoles.Crypto), ("ops", NodeRoles.Ops)];

    public static IEnumerable<string> Words(this NodeRoles roles) => All.Where(r => roles.HasFlag(r.Value)).Select(r => r.Word);

    /// <summary>Words that are no role's are left out: another version may know more.</summary>
    public static NodeRoles Read(IEnumerable<string> words) => All.Where(r => words.Contains(r.Word)).Aggregate(NodeRoles.None, (all, r) => all | r.Value);
}
