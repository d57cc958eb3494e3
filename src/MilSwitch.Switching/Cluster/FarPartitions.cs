using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// Partitions of other nodes, as those told, for a node that owns none: it writes with the owner's epoch, which the store
/// proves as it does the owner's own, and the owner works on what was written. Thread-safe.
/// </summary>
internal sealed class FarPartitions
{
    private readonly Lock gate = new();
    private readonly Dictionary<Address, (ImmutableArray<PartitionEpoch> Owned, int Pending)> owners = [];
    private ImmutableArray<(PartitionEpoch Epoch, int Pending)> all = [];
    private int next;

    /// <summary>Null: nobody owns anything.</summary>
    public int? LeastPending
    {
        get
        {
            lock (gate) return all.IsEmpty ? null : all.Min(p => p.Pending);
        }
    }

    public void Learn(Address node, ImmutableArray<PartitionEpoch> owned, int pending)
    {
        lock (gate)
        {
            owners[node] = (owned.RemoveAll(e => e.Partition is < 0 or >= MessageId.PartitionCount || e.Epoch <= 0), pending);
            Rebuild();
        }
    }

    /// <summary>Only these are there.</summary>
    public void Keep(IReadOnlySet<Address> nodes)
    {
        lock (gate)
        {
            foreach (var gone in owners.Keys.Where(n => !nodes.Contains(n)).ToArray()) owners.Remove(gone);
            Rebuild();
        }
    }

    /// <summary>One of them, in turn, of a node that has room; null: there is none.</summary>
    /// <param name="mostPending">A node with as much or more has no room.</param>
    public PartitionEpoch? Next(double mostPending = double.MaxValue)
    {
        lock (gate)
        {
            for (var i = 0; i < all.Length; i++)
            {
                var (epoch, pending) = all[(int)((uint)next++ % (uint)all.Length)];
                if (pending < mostPending) return epoch;
            }

            return null;
        }
    }

    /// <summary>The store says that it is another's by now.</summary>
    public void Drop(PartitionEpoch epoch)
    {
        lock (gate) all = all.RemoveAll(p => p.Epoch == epoch);
    }

    // Of a partition that two claim, the later one's: its word is newer.
    private void Rebuild() => all =
    [
        .. owners.Values.SelectMany(o => o.Owned.Select(e => (Epoch: e, o.Pending))).GroupBy(p => p.Epoch.Partition).Select(g => g.MaxBy(p => p.Epoch.Epoch)).OrderBy(p => p.Epoch.Partition),
    ];
}
