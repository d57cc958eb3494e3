using System.Collections.Immutable;

namespace MilSwitch.Lookup.Status;

/// <summary>Where revocation lists and OCSP responses may be fetched, and at what cost. The defaults fetch nothing. Immutable.</summary>
public sealed record StatusSettings
{
    /// <summary>Each authority once.</summary>
    public ImmutableArray<StatusPlace> Places { get; init; } = [];

    /// <summary>
    /// Hosts (<c>crl.example.org</c>, or with a port <c>crl.example.org:8080</c>) whose addresses are used when a certificate of a path
    /// that leads to an anchor names them; none: what a certificate says is never used (threat C15). Without a port the usual
    /// one of the scheme is meant.
    /// </summary>
    public ImmutableArray<string> Allow { get; init; } = [];

    /// <summary>Whom servers of https and ldaps must lead to; DER. The system's store is never asked.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> TlsAnchors { get; init; } = [];

    /// <summary>For one request, everything included; 100 ms to 60 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Octets of one answer; 1 KiB to 64 MiB.</summary>
    public int MostOctets { get; init; } = 1 << 20;

    /// <summary>A list is fetched again when it is this old, or earlier when it ends earlier; 1 min to 7 d.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A place that failed is left alone for this long: a responder that says nothing at all for every certificate, one that answers badly for the certificate that it was asked about; 1 s to 1 h.</summary>
    public TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>OCSP responses, and lists from places that certificates name, that are kept, each; 1 to 100,000.</summary>
    public int MostKept { get; init; } = 1_000;

    /// <summary>Requests at once; 1 to 64.</summary>
    public int Connections { get; init; } = 4;
}
