using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Partitions;

/// <summary>A partition this node owns, and the actor that owns it.</summary>
internal sealed record OwnedPartition(PartitionEpoch Epoch, IActorRef Actor);

/// <summary>How much is pending in one partition; written by its actor once a second.</summary>
internal sealed record PartitionSnapshot(ImmutableArray<int> Queued, ImmutableArray<DateTimeOffset?> Oldest, int Held)
{
    public static PartitionSnapshot Empty { get; } =
        new([.. new int[PrecedenceExtensions.Count]], [.. new DateTimeOffset?[PrecedenceExtensions.Count]], 0);
}

/// <summary>The partitions of this node. Read on every acceptance without a lock.</summary>
internal sealed class PartitionDirectory
{
    private readonly Lock gate = new();
    private readonly long[] epochs = new long[Domain.Messages.MessageId.PartitionCount];
    private OwnedPartition[] owned = [];
    private int next;
    private int pending;

    /// <summary>All partitions of this start are loaded, so that links may begin with the most urgent of all.</summary>
    public bool Settled { get; set; }

    public IReadOnlyList<OwnedPartition> Owned => Volatile.Read(ref owned);

    public PartitionSnapshot[] Snapshots { get; } =
        [.. Enumerable.Repeat(PartitionSnapshot.Empty, Domain.Messages.MessageId.PartitionCount)];

    /// <summary>When the oldest pending message of a level was accepted, as of about a second ago.</summary>
    public DateTimeOffset? Oldest(Precedence precedence) => Snapshots.Select(s => s.Oldest[(int)precedence]).Where(o => o is not null).Min();

    /// <summary>Messages that are not done, over all partitions of this node.</summary>
    public int Pending => Volatile.Read(ref pending);

    public void CountPending(int change) => Interlocked.Add(ref pending, change);

    public void Add(OwnedPartition partition)
    {
        lock (gate)
        {
            Volatile.Write(ref owned, [.. owned.Where(p => p.Epoch.Partition != partition.Epoch.Partition), partition]);
            Volatile.Write(ref epochs[partition.Epoch.Partition], partition.Epoch.Epoch);
        }
    }

    public void Remove(PartitionEpoch epoch)
    {
        lock (gate)
        {
            if (epochs[epoch.Partition] != epoch.Epoch) return;
            Volatile.Write(ref owned, [.. owned.Where(p => p.Epoch != epoch)]);
            Volatile.Write(ref epochs[epoch.Partition], 0);
        }
    }

    /// <summary>Epochs start at one, so that zero means: not here.</summary>
    public bool IsOwned(PartitionEpoch epoch) => Volatile.Read(ref epochs[epoch.Partition]) == epoch.Epoch;

    public OwnedPartition? Find(int partition) => Owned.FirstOrDefault(p => p.Epoch.Partition == partition);

    /// <summary>One of the owned partitions, in turn; null when this node owns none.</summary>
    public OwnedPartition? Next()
    {
        var all = Volatile.Read(ref owned);
        return all.Length is 0 ? null : all[(int)((uint)Interlocked.Increment(ref next) % (uint)all.Length)];
    }
}
