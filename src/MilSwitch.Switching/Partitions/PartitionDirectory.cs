using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Partitions;

/// <summary>A partition this node owns, and the actor that owns it. Thread-safe.</summary>
internal sealed class OwnedPartition(PartitionEpoch epoch, IActorRef actor)
{
    private int accepting;

    public PartitionEpoch Epoch { get; } = epoch;

    public IActorRef Actor { get; } = actor;

    /// <summary>Messages are being committed into it at this moment.</summary>
    public bool IsAccepting => Volatile.Read(ref accepting) > 0;

    /// <summary>Around the commit of a new message, up to the moment at which the actor was told.</summary>
    public void BeginAccepting() => Interlocked.Increment(ref accepting);

    public void EndAccepting() => Interlocked.Decrement(ref accepting);
}

/// <summary>How much is pending in one partition; written by its actor once a second.</summary>
internal sealed record PartitionSnapshot(ImmutableArray<int> Queued, ImmutableArray<DateTimeOffset?> Oldest, int Held)
{
    /// <summary>By level: when the oldest was accepted of what no rule of the profiler distributed.</summary>
    public ImmutableArray<DateTimeOffset?> OldestUnprofiled { get; init; } = [.. new DateTimeOffset?[PrecedenceExtensions.Count]];

    /// <summary>By level: when the oldest was accepted of what is held for a person, apart from what no rule distributed.</summary>
    public ImmutableArray<DateTimeOffset?> OldestHeld { get; init; } = [.. new DateTimeOffset?[PrecedenceExtensions.Count]];

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
    private int claiming;

    /// <summary>All partitions of this start are loaded, so that links may begin with the most urgent of all.</summary>
    public bool Settled { get; set; }

    public IReadOnlyList<OwnedPartition> Owned => Volatile.Read(ref owned);

    public PartitionSnapshot[] Snapshots { get; } =
        [.. Enumerable.Repeat(PartitionSnapshot.Empty, Domain.Messages.MessageId.PartitionCount)];

    /// <summary>When the oldest pending message of a level was accepted, as of about a second ago.</summary>
    public DateTimeOffset? Oldest(Precedence precedence) => Snapshots.Min(s => s.Oldest[(int)precedence]);

    /// <summary>The same of what no rule of the profiler distributed.</summary>
    public DateTimeOffset? OldestUnprofiled(Precedence precedence) => Snapshots.Min(s => s.OldestUnprofiled[(int)precedence]);

    /// <summary>The same of what is held for a person for another reason.</summary>
    public DateTimeOffset? OldestHeld(Precedence precedence) => Snapshots.Min(s => s.OldestHeld[(int)precedence]);

    /// <summary>Messages that wait to be sent, as of about a second ago.</summary>
    public int Queued => Snapshots.Sum(s => s.Queued.Sum());

    /// <summary>Messages that are not done, over all partitions of this node.</summary>
    public int Pending => Volatile.Read(ref pending);

    public void CountPending(int change) => Interlocked.Add(ref pending, change);

    /// <summary>What is loaded may be sent from now on; nothing new goes into it before <see cref="Add"/>.</summary>
    public void Own(PartitionEpoch epoch)
    {
        lock (gate) Volatile.Write(ref epochs[epoch.Partition], epoch.Epoch);
    }

    public void Add(OwnedPartition partition)
    {
        lock (gate)
        {
            Volatile.Write(ref owned, [.. owned.Where(p => p.Epoch.Partition != partition.Epoch.Partition), partition]);
            Volatile.Write(ref epochs[partition.Epoch.Partition], partition.Epoch.Epoch);
        }
    }

    /// <summary>Partitions that are to be this node's and are not loaded yet.</summary>
    public int Claiming => Volatile.Read(ref claiming);

    public void CountClaiming(int change) => Interlocked.Add(ref claiming, change);

    /// <summary>It leaves: nothing new goes into it, and what is under way may end.</summary>
    public void Retire(PartitionEpoch epoch)
    {
        lock (gate) Volatile.Write(ref owned, [.. owned.Where(p => p.Epoch != epoch)]);
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

    /// <summary>This node has the right to write to it, perhaps while it leaves.</summary>
    public bool Holds(int partition) => Volatile.Read(ref epochs[partition]) > 0;

    public OwnedPartition? Find(int partition) => Owned.FirstOrDefault(p => p.Epoch.Partition == partition);

    /// <summary>With whose right something about a message is put into the trail: its own partition's, or any that is here. Null: none is.</summary>
    public OwnedPartition? Recording(Domain.Messages.MessageId id) => Find(id.Partition) ?? Next();

    /// <summary>
    /// One of the owned partitions, in turn, into which the caller commits a message now; it says
    /// <see cref="OwnedPartition.EndAccepting"/> afterwards. Null when this node owns none.
    /// </summary>
    public OwnedPartition? NextAccepting()
    {
        while (Next() is { } partition)
        {
            partition.BeginAccepting();
            // It may have been retired in between, and then nobody waits for this acceptance.
            if (Array.IndexOf(Volatile.Read(ref owned), partition) >= 0) return partition;
            partition.EndAccepting();
        }

        return null;
    }

    /// <summary>One of the owned partitions, in turn; null when this node owns none.</summary>
    public OwnedPartition? Next()
    {
        var all = Volatile.Read(ref owned);
        return all.Length is 0 ? null : all[(int)((uint)Interlocked.Increment(ref next) % (uint)all.Length)];
    }
}
