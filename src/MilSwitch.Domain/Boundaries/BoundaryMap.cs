using System.Collections.Frozen;
using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Boundaries;

/// <summary>All security domains and the boundaries between them. Immutable and thread-safe; a reload swaps it whole.</summary>
public sealed class BoundaryMap
{
    private readonly FrozenDictionary<(string From, string To), BoundarySettings> boundaries;
    private readonly FrozenDictionary<(string Domain, Mailbox Address), BoundarySettings> gateways;

    /// <param name="domains">Names are unique.</param>
    /// <param name="boundaries">At most one from one domain to another.</param>
    public BoundaryMap(ImmutableArray<SecurityDomain> domains, ImmutableArray<BoundarySettings> boundaries)
    {
        Domains = domains;
        Boundaries = boundaries;
        this.boundaries = boundaries.ToFrozenDictionary(b => (b.From.Name, b.To.Name));
        gateways = boundaries.SelectMany(b => b.GatewayAddresses.Select(a => (b.From.Name, a, Boundary: b))).DistinctBy(g => (g.Name, g.a)).ToFrozenDictionary(g => (g.Name, g.a), g => g.Boundary);
    }

    public static BoundaryMap None { get; } = new([], []);

    public ImmutableArray<SecurityDomain> Domains { get; }

    public ImmutableArray<BoundarySettings> Boundaries { get; }

    /// <summary>There are no security domains: nothing is bound to one.</summary>
    public bool IsEmpty => Domains.IsEmpty;

    /// <summary>The boundary from one domain into another; null: none leads there.</summary>
    public BoundarySettings? Find(string? from, string? to) => from is not null && to is not null ? boundaries.GetValueOrDefault((from, to)) : null;

    /// <summary>The boundary out of a domain of which this is an address of its own; null: it is anybody's.</summary>
    /// <param name="domain">The message's; null: it is in none.</param>
    /// <param name="address">Of a recipient.</param>
    public BoundarySettings? Gateway(string? domain, Mailbox address) => domain is not null && gateways.Count > 0 ? gateways.GetValueOrDefault((domain, address)) : null;

    /// <summary>A message of one domain may not be sent over a link of another, whatever else is said: it has to cross first.</summary>
    /// <param name="domain">The message's; null: it is in none.</param>
    /// <param name="link">The link's; null: it is in none.</param>
    public bool MustCross(string? domain, string? link) => !IsEmpty && domain != link;
}
