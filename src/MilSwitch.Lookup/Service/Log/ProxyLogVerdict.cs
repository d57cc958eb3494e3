namespace MilSwitch.Lookup.Service.Log;

/// <summary>What <see cref="ProxyLog.VerifyAsync"/> found. Immutable.</summary>
/// <param name="Head">Of the lines that are good.</param>
/// <param name="FirstBadLine">The first line that does not follow from the one before it, from 1: it or that one is not as it was written. Null: all are.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="LastCheckpoint">Number of the last checkpoint whose signature was verified; 0: none.</param>
public sealed record ProxyLogVerdict(ProxyLogHead Head, long? FirstBadLine, string? Fault, long LastCheckpoint)
{
    public bool IsGood => FirstBadLine is null;

    /// <summary>Octets of the lines that are good, with their line ends.</summary>
    public long Octets { get; init; }

    /// <summary>The last checkpoint, verified or not: its number (0: none) and its signer, as the line names it.</summary>
    internal (long Number, string Signer) LastSigned { get; init; }

    /// <summary>The bad line is the last and has no end: writing was broken off in it.</summary>
    public bool IsTorn { get; init; }
}
