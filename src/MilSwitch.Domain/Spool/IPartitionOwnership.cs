using MilSwitch.Domain.Clustering;

namespace MilSwitch.Domain.Spool;

/// <summary>
/// Who may write to which partition. What counts is the epoch, which every commit proves: nothing here depends on a clock for
/// being right. When an owner was last seen only says when it is polite to take over. Thread-safe. Methods throw
/// <see cref="SpoolUnavailableException"/> when the store does not answer.
/// </summary>
public interface IPartitionOwnership
{
    /// <summary>An owner that was seen within this time keeps its partitions.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Takes a partition: raises its epoch, so that any earlier owner's writes fail from now on. Waits for a commit in flight.</summary>
    ValueTask<PartitionEpoch> ClaimAsync(int partition, string owner, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="ClaimAsync"/>, unless another node has the partition and was seen within <see cref="Patience"/>, or a later
    /// start of the same node has it; an earlier start of the same node never comes back. Null: not yet, try again.
    /// </summary>
    ValueTask<PartitionEpoch?> TryClaimAsync(int partition, NodeIdentity owner, CancellationToken cancellationToken = default);

    /// <summary>Says that a node is still there; once a second. Returns how many partitions it has.</summary>
    ValueTask<int> StayAsync(NodeIdentity owner, CancellationToken cancellationToken = default);

    /// <summary>Gives a partition back, so that the next owner need not wait. Nothing when it has another owner by now.</summary>
    ValueTask ReleaseAsync(PartitionEpoch owner, CancellationToken cancellationToken = default);
}
