using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>What an operation must be like to be taken at all.</summary>
public static class SpoolOperations
{
    /// <exception cref="ArgumentException">Something in it belongs to another partition than its owner's.</exception>
    public static void CheckPartitions(this SpoolOperation operation)
    {
        var partition = operation.Owner.Partition;
        CheckPartition(partition);
        foreach (var message in operation.Accept) CheckId(message.Id, partition);
        foreach (var change in operation.Recipients) CheckId(change.Id, partition);
        foreach (var change in operation.Messages) CheckId(change.Id, partition);
    }

    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    public static void CheckPartition(int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, MessageId.PartitionCount);
    }

    private static void CheckId(MessageId id, int partition)
    {
        if (id.Partition != partition) throw new ArgumentException($"{id} does not belong to partition {partition}.");
    }
}
