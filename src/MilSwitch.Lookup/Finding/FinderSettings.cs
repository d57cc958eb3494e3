using System.Collections.Immutable;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Finding;

/// <summary>How certificates of recipients are found and judged for one security domain. Immutable.</summary>
public sealed record FinderSettings
{
    /// <summary>The security domain's anchors, with what else is at hand to judge by.</summary>
    public required TrustMaterial Trust { get; init; }

    /// <summary>What it means that nobody says whether a certificate is revoked. With <see cref="RevocationMode.Require"/> such a recipient waits and is not given up.</summary>
    public RevocationMode Revocation { get; init; } = RevocationMode.Require;

    /// <summary>Keys and algorithms that are accepted.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;

    /// <summary>Certificate policies, one of which must be valid for the path (RFC 5280 §6.1.1); none: any.</summary>
    public ImmutableArray<string> Policies { get; init; } = [];

    /// <summary>
    /// Local parts that differ in the case of ASCII letters are one: people type them so, and a directory compares them so. Off: to
    /// the letter (RFC 5321 §2.4).
    /// </summary>
    public bool IgnoreCase { get; init; } = true;

    /// <summary>How long an answer with certificates is kept before the source is asked again; 0 to 7 d.</summary>
    public TimeSpan KeepFound { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long it is kept that a source has nothing; 0 to 1 d.</summary>
    public TimeSpan KeepNone { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A source that did not answer is not asked again for the same recipient for this long; 0 to 10 min.</summary>
    public TimeSpan KeepUnavailable { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The age up to which an answer with certificates stands in while its source does not answer (threat F29); they are
    /// judged anew each time. Not less than <see cref="KeepFound"/>, at most 30 d.
    /// </summary>
    public TimeSpan AgeLimit { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Answers that are kept, of all sources together; the one unused for longest goes. 1 to 1,000,000.</summary>
    public int MostKept { get; init; } = 20_000;

    /// <summary>Octets of the certificates and records in answers that are kept, with what each takes beside them; 1 MiB to 16 GiB.</summary>
    public long MostKeptOctets { get; init; } = 256L << 20;

    /// <summary>For one source, whatever its own limit; 100 ms to 120 s.</summary>
    public TimeSpan SourceLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Certificates of one source that are judged; those behind are rejected unread. 1 to 256.</summary>
    public int MostCandidates { get; init; } = 32;
}
