using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Service;

/// <summary>What a <see cref="ProxyAuthority"/> issues. Immutable; checked when the authority is made.</summary>
public sealed record ProxyAuthoritySettings
{
    public static readonly TimeSpan ShortestLifetime = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(7);

    /// <summary>Mail domains beyond the boundary, one at least. The authority's certificate must be constrained to them or to fewer.</summary>
    public required ImmutableArray<DomainPattern> ForeignDomains { get; init; }

    /// <summary>One or two, the preferred first. Each answer has a certificate for each.</summary>
    public required ImmutableArray<GatewayKey> GatewayKeys { get; init; }

    /// <summary>Object identifier of the certificate policy "decrypted at the boundary", of the domain's own arc, dotted.</summary>
    public required string Policy { get; init; }

    /// <summary>Whose boundary it is, 1 to 64 characters: the organization in the subject, which any client shows.</summary>
    public required string BoundaryName { get; init; }

    /// <summary>Where the mail is decrypted: <c>smtp:gateway.example</c>. Stands in the alternative names.</summary>
    public required string GatewayUri { get; init; }

    /// <summary>Certificates above that of the authority, from the one that issued it upwards; without the root.</summary>
    public ImmutableArray<Certificate> Chain { get; init; } = [];

    /// <summary>10 minutes to 7 days. A certificate is handed out again while more than half of it is left.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>What may be sent through the boundary: stands in the certificates (RFC 5913), and no certificate is issued for a label above it. Null: no ceiling.</summary>
    public Clearance? Ceiling { get; init; }

    /// <summary>Policies of labels, by which labels are held against the ceiling.</summary>
    public PolicySet Policies { get; init; } = PolicySet.Empty;

    /// <summary>Who is never answered: as a recipient, or as the originator where the request names one. In any case of the local part.</summary>
    public ImmutableHashSet<Mailbox> OptedOut { get; init; } = [];

    /// <summary>What the gateway decrypts (RFC 4262), most wanted first.</summary>
    public ImmutableArray<AlgorithmIdentifier> Capabilities { get; init; } =
    [
        new("2.16.840.1.101.3.4.1.46"), new("2.16.840.1.101.3.4.1.6"), new("2.16.840.1.101.3.4.1.42"), new("2.16.840.1.101.3.4.1.2"),
    ];

    /// <summary>Certificates that are issued in a minute at most, for all who ask together; 1 to 10,000. Those in memory are answered beyond it.</summary>
    public int MostPerMinute { get; init; } = 120;

    /// <summary>Of those for one client address; 1 to 10,000. Nobody should be able to use up what there is for all.</summary>
    public int MostPerMinuteOfClient { get; init; } = 60;

    /// <summary>Recipients whose certificates are kept in memory; 1 to 1,000,000.</summary>
    public int CacheCapacity { get; init; } = 10_000;
}
