using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>What somebody or something may see under one policy (<c>Clearance</c>, X.501, RFC 5755 §4.4.6). Immutable.</summary>
public sealed record Clearance
{
    /// <summary>Object identifier of the policy, dotted.</summary>
    public required string Policy { get; init; }

    /// <summary>Values of classifications (<c>classList</c>), ascending.</summary>
    public required ImmutableArray<int> Classifications { get; init; }

    /// <summary>
    /// True: the highest listed classification includes all below it in the policy's hierarchy, as people mean it in a configuration.
    /// False: just those listed, as the certificate's issuer wrote them.
    /// </summary>
    public bool IncludesLower { get; init; }

    /// <summary>At most one for each tag.</summary>
    public ImmutableArray<LabelCategory> Categories { get; init; } = [];

    /// <summary>The same with every classification listed, as certificates have it.</summary>
    /// <param name="policy">Its policy.</param>
    /// <exception cref="ArgumentException">It is of another policy.</exception>
    public Clearance Listed(SecurityPolicy policy)
    {
        if (policy.Id != Policy) throw new ArgumentException("the clearance is of another policy", nameof(policy));
        if (!IncludesLower) return this;
        var top = Classifications.Select(policy.Classification).OfType<ClassificationDefinition>().Select(known => (int?)known.Hierarchy).Max();
        var below = policy.Classifications.Where(known => known.Hierarchy <= top).Select(known => known.Value);
        return this with { IncludesLower = false, Classifications = [.. Classifications.Union(below).Order()] };
    }

    public bool Equals(Clearance? other) => other is not null && Policy == other.Policy && IncludesLower == other.IncludesLower
        && Classifications.AsSpan().SequenceEqual(other.Classifications.AsSpan())
        && Categories.Length == other.Categories.Length && Categories.All(other.Categories.Contains) && other.Categories.All(Categories.Contains);

    public override int GetHashCode() => HashCode.Combine(Policy, Classifications.Length, IncludesLower, Categories.Length);
}
