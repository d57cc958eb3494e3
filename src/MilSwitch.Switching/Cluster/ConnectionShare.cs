using MilSwitch.Domain.Clustering;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// This node's part of what all nodes together may have: connections of a link. The parts of all nodes add up to the whole,
/// whatever their number: the first ones by name get what is left over.
/// </summary>
/// <param name="Nodes">How many share.</param>
/// <param name="Place">This node's place among them, from zero.</param>
internal readonly record struct ConnectionShare(int Nodes, int Place)
{
    public static ConnectionShare Of(ClusterView view)
    {
        // Who leaves or can't be reached for the moment may still have connections open.
        var sharing = view.Members.Where(m => m.Roles.HasFlag(NodeRoles.Switch) && (m.State is MemberState.Up or MemberState.Leaving || !m.Reachable)).OrderBy(m => m.Address, StringComparer.Ordinal).ToList();
        var place = sharing.FindIndex(m => m.Self);
        return place < 0 ? new ConnectionShare(1, 0) : new ConnectionShare(sharing.Count, place);
    }

    /// <summary>Zero where there are more nodes than connections: such a link is used in turns.</summary>
    public int Of(int connections) => (connections / Nodes) + (Place < connections % Nodes ? 1 : 0);
}
