using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Clustering;

/// <summary>
/// What nodes tell each other through the store: who is there, and who holds what. All times are the store's, so the nodes'
/// clocks don't count. Thread-safe. Every method throws <see cref="SpoolUnavailableException"/> when the store does not answer
/// within a few seconds; nothing is known then about what it asked for.
/// </summary>
public interface IClusterStore
{
    /// <summary>Enters a node, now, in place of whatever had its address.</summary>
    /// <param name="address">Where other nodes reach it, <c>host:port</c>.</param>
    /// <param name="node">Who it is.</param>
    ValueTask RegisterNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default);

    /// <summary>Says that a node is still there. False: its entry is gone or belongs to another start.</summary>
    ValueTask<bool> RefreshNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default);

    /// <summary>The nodes that said so within this time, in the order of their addresses.</summary>
    ValueTask<IReadOnlyList<ClusterNode>> FreshNodesAsync(TimeSpan youngerThan, CancellationToken cancellationToken = default);

    /// <summary>Takes a node's entry away, unless it belongs to another start by now.</summary>
    ValueTask RemoveNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default);

    /// <summary>Takes a lease that is free, ran out, or is the owner's already. False: another has it.</summary>
    /// <param name="name">Which one.</param>
    /// <param name="owner">Who; one text for one start of one node.</param>
    /// <param name="timeToLive">How long it holds from now on.</param>
    ValueTask<bool> AcquireLeaseAsync(string name, string owner, TimeSpan timeToLive, CancellationToken cancellationToken = default);

    /// <summary>Which start of which node has a partition; null: none at the moment.</summary>
    ValueTask<NodeIdentity?> OwnerAsync(int partition, CancellationToken cancellationToken = default);

    /// <summary>Holds a lease for longer. False: another has it, or nobody, also when it ran out and nobody took it.</summary>
    ValueTask<bool> RefreshLeaseAsync(string name, string owner, TimeSpan timeToLive, CancellationToken cancellationToken = default);

    /// <summary>Gives a lease back. False: it was not the owner's.</summary>
    ValueTask<bool> ReleaseLeaseAsync(string name, string owner, CancellationToken cancellationToken = default);

    /// <summary>Who has a lease; null: nobody, or it ran out.</summary>
    ValueTask<ClusterLease?> ReadLeaseAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Waits until nobody else is forming the cluster, and keeps others from it until the lock is disposed or lost.</summary>
    ValueTask<IFormationLock> LockFormationAsync(CancellationToken cancellationToken = default);
}

/// <summary>A node that was there a moment ago.</summary>
/// <param name="Address">Where other nodes reach it.</param>
/// <param name="Node">Who it is.</param>
/// <param name="Age">Since it said so last.</param>
public sealed record ClusterNode(string Address, NodeIdentity Node, TimeSpan Age);

/// <param name="Owner">Who has the lease.</param>
/// <param name="Left">For how long.</param>
public sealed record ClusterLease(string Owner, TimeSpan Left);

/// <summary>The right to form the cluster. It ends with this, and with the connection it is held over.</summary>
public interface IFormationLock : IAsyncDisposable
{
    /// <summary>Cancelled when the connection is found dead, a few seconds after it died: somebody else may have the lock.</summary>
    CancellationToken Lost { get; }
}
