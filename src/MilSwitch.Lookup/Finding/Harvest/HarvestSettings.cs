namespace MilSwitch.Lookup.Finding.Harvest;

/// <summary>How much is kept of what mail brings. Immutable.</summary>
public sealed record HarvestSettings
{
    /// <summary>Names it to operators.</summary>
    public required string Name { get; init; }

    /// <summary>Entries altogether; for a new one the oldest goes that waits, first among those whose issuer is not trusted. 1 to 100,000.</summary>
    public int MostEntries { get; init; } = 10_000;

    /// <summary>Entries that wait for one address; the oldest goes. 1 to 16.</summary>
    public int MostForAddress { get; init; } = 4;

    /// <summary>Octets of a certificate; a larger one is not taken. 1 to 64 KiB.</summary>
    public int MostOctets { get; init; } = 16 << 10;

    /// <summary>An entry that came again is written again only when its time is older than this; 1 min to 30 d.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromDays(1);
}
