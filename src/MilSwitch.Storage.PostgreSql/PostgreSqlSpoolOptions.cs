namespace MilSwitch.Storage.PostgreSql;

/// <summary>Where the shared store is and how patient its clients are.</summary>
public sealed record PostgreSqlSpoolOptions
{
    /// <summary>
    /// As Npgsql reads it: hosts, database, user, TLS. Never logged. With several hosts the one that takes writes is used, whichever
    /// that is at the time.
    /// </summary>
    public required string Connection { get; init; }

    /// <summary>The node's name; says in the store whose run is whose.</summary>
    public required string Node { get; init; }

    /// <summary>How long commits and contents wait for a store that is away before they are refused.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a read waits for a store that is away.</summary>
    public TimeSpan ReadPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long opening waits for a server that is away, starting or crowded. One that refuses is not asked again.</summary>
    public TimeSpan StartPatience { get; init; }

    /// <summary>A run that was not seen for so long is dead: what it staged may be swept.</summary>
    public TimeSpan RunTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Octets of large contents that may stay in memory, all together and of one, until they are sent for the first time.</summary>
    public long Retained { get; init; } = 64 << 20;

    /// <inheritdoc cref="Retained"/>
    public long RetainedPerContent { get; init; } = 2 << 20;

    /// <summary>What became of a request that has a key is kept for this long.</summary>
    public TimeSpan RequestLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Answers of one caller that are kept; the newest stay.</summary>
    public int RequestsPerCaller { get; init; } = 1000;

    /// <summary>Octets of the answers that are kept, of all callers together.</summary>
    public long RequestOctets { get; init; } = 32 << 20;

    /// <summary>Bounds of the queue and of one transaction.</summary>
    public SpoolWriterOptions Writer { get; init; } = new();
}
