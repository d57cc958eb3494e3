using System.Collections.Immutable;
using System.Net;

namespace MilSwitch.Lookup.Finding.Dns;

/// <summary>How SMIMEA records are asked for. Immutable.</summary>
public sealed record SmimeaSettings
{
    /// <summary>Names it to operators.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Resolvers that validate DNSSEC; one at least, asked in their order. Their AD bit is believed, so each is on a loopback
    /// address unless <see cref="TrustsPath"/> (RFC 4035 §4.9.3).
    /// </summary>
    public required ImmutableArray<IPEndPoint> Resolvers { get; init; }

    /// <summary>Nobody can write to the way to the resolvers: it is protected by other means, such as IPsec.</summary>
    public bool TrustsPath { get; init; }

    /// <summary>
    /// Usages 2 and 3 are enough to believe a certificate that no anchor of the security domain vouches for. Off: DNS narrows what
    /// anchors vouch for and never widens it.
    /// </summary>
    public bool StandsAlone { get; init; }

    /// <summary>Records bind what other sources find, and nothing is found while the resolvers do not answer. Off: records only count for certificates that they carry.</summary>
    public bool Constrains { get; init; } = true;

    /// <summary>For one question to one resolver, which is asked twice at most; 100 ms to 30 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Records that are looked at; more is a fault. 1 to 64.</summary>
    public int MostRecords { get; init; } = 16;
}
