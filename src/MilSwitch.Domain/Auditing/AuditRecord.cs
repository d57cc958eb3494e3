using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Auditing;

/// <summary>A line of the audit trail as it is stored.</summary>
/// <param name="Trail">Of which trail.</param>
/// <param name="Sequence">Its number there.</param>
/// <param name="At">Unix milliseconds, as stored and hashed.</param>
/// <param name="Event">What happened.</param>
/// <param name="Hash">32 octets over it and the hash of the record before.</param>
public sealed record AuditRecord(int Trail, long Sequence, long At, AuditEvent Event, ReadOnlyMemory<byte> Hash)
{
    /// <summary>False: a column holds what this program never writes, such as a number beyond its range.</summary>
    public bool IsSound { get; init; } = true;

    /// <summary>Of whose start the trail is; null: it was not asked for, or the trail is the only one of its store.</summary>
    public string? Node { get; init; }

    /// <summary>Where it is.</summary>
    public AuditPoint Point => new(Sequence, Convert.ToHexStringLower(Hash.Span));

    /// <summary>A stored time, which a stranger may have changed to anything.</summary>
    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(milliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
