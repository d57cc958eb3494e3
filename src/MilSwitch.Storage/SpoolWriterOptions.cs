namespace MilSwitch.Storage;

/// <summary>How much one transaction and the queue before it hold.</summary>
public sealed record SpoolWriterOptions
{
    /// <summary>Operations in one transaction: bounds how long an urgent one waits for the commit before it.</summary>
    public int BatchOperations { get; init; } = 512;

    /// <summary>Octets of content in one transaction.</summary>
    public long BatchOctets { get; init; } = 1 << 20;

    /// <summary>Operations that wait in each of the two lanes before callers have to wait for room.</summary>
    public int QueueLimit { get; init; } = 4096;
}
