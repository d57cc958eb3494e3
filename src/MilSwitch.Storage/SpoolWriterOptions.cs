namespace MilSwitch.Storage;

/// <summary>How much one transaction and the queue before it hold.</summary>
public sealed record SpoolWriterOptions
{
    /// <summary>Operations in one transaction: bounds how long an urgent one waits for the commit before it.</summary>
    public int BatchOperations { get; init; } = 512;

    /// <summary>Octets of content in one transaction.</summary>
    public long BatchOctets { get; init; } = 1 << 20;

    /// <summary>
    /// How long a transaction waits for as many callers as shared the ones before it. At most this is added to a 250 under
    /// load, and much more is saved: with twenty clients a transaction takes on three times as many messages.
    /// </summary>
    public TimeSpan Gathering { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// How long an operation that nobody waits for stands by for others. After a crash this much more of what was delivered
    /// is sent again, marked.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Operations that wait in each of the two lanes before callers have to wait for room.</summary>
    public int QueueLimit { get; init; } = 4096;
}
