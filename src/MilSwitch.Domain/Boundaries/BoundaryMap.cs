using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MilSwitch.Domain.Boundaries;

/// <summary>All security domains and the boundaries between them. Immutable and thread-safe; a reload swaps it whole.</summary>
public sealed class BoundaryMap
{
    private readonly FrozenDictionary<(string From, string To), BoundarySettings> boundaries;

    /// <param name="domains">Names are unique.</param>
    /// <param name="boundaries">At most one from one domain to another.</param>
    public BoundaryMap(ImmutableArray<SecurityDomain> domains, ImmutableArray<BoundarySettings> boundaries)
    {
        Domains = domains;
        Boundaries = boundaries;
        this.boundaries = boundaries.ToFrozenDictionary(b => (b.From.Name, b.To.Name));
    }

    public static BoundaryMap None { get; } = new([], []);

    public ImmutableArray<SecurityDomain> Domains { get; }

    public ImmutableArray<BoundarySettings> Boundaries { get; }

    /// <summary>There are no security domains: nothing is bound to one.</summary>
    public bool IsEmpty => Domains.IsEmpty;

    /// <summary>The boundary from one domain into another; null: none leads there.</summary>
    public BoundarySettings? Find(string? from, string? to) => from is not null && to is not null ? boundaries.GetValueOrDefault((from, to)) : null;

    /// <summary>A message of one domain may not be sent over a link of another, whatever else is said: it has to cross first.</summary>
    /// <param name="domain">The message's; null: it is in none.</param>
    /// <param name="link">The link's; null: it is in none.</param>
    public bool MustCross(string? domain, string? link) => !IsEmpty && domain != link;
}
