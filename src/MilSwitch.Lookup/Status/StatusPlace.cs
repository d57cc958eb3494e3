using System.Collections.Immutable;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Status;

/// <summary>Where the status of one authority's certificates is to be had. Immutable.</summary>
public sealed record StatusPlace
{
    /// <summary>The authority.</summary>
    public required Certificate Issuer { get; init; }

    /// <summary>
    /// Its revocation lists, complete and delta; <c>http</c>, <c>https</c>, <c>ldap</c> or <c>ldaps</c> (RFC 4516: with the entry's name, and an
    /// attribute where it is not <c>certificateRevocationList;binary</c>). At most 16.
    /// </summary>
    public ImmutableArray<Uri> Lists { get; init; } = [];

    /// <summary>Its OCSP responders, asked in their order until one answers; <c>http</c> or <c>https</c>. At most 8.</summary>
    public ImmutableArray<Uri> Responders { get; init; } = [];

    /// <summary>Who signs its lists; null: itself. For indirect lists (RFC 5280 §5.2.5).</summary>
    public Certificate? ListSigner { get; init; }
}
