using System.Collections.Immutable;

namespace MilSwitch.Labels.Decisions;

/// <summary>
/// Authority Clearance Constraints (RFC 5913): what the authorities on a certification path allow a subject to be cleared for,
/// narrowed from one to the next. Pure and immutable: each step makes another one.
/// </summary>
public sealed class ClearanceConstraints
{
    // Null: all-clearances.
    private readonly ImmutableArray<Clearance>? permitted;

    private ClearanceConstraints(ImmutableArray<Clearance>? permitted) => this.permitted = permitted;

    /// <summary>The special value all-clearances (RFC 5913 §4): nobody has said anything.</summary>
    public static ClearanceConstraints All { get; } = new(null);

    public bool IsAll => permitted is null;

    /// <summary>permitted-clearances; none where <see cref="IsAll"/> is true or nothing is permitted any more.</summary>
    public ImmutableArray<Clearance> Permitted => permitted ?? [];

    /// <summary>One clearance for each policy (RFC 5913 §3, §4.1.1.2).</summary>
    /// <returns>Null: a policy is there more than once, so the path is rejected.</returns>
    public static ClearanceConstraints? Of(ImmutableArray<Clearance> clearances) => HasRepetition(clearances) ? null : new(clearances);

    /// <summary>The constraints after one more authority (RFC 5913 §6).</summary>
    /// <param name="constraints">Of the authority's certificate; null: it has no such extension.</param>
    /// <returns>Null: a policy is there more than once, so the path is rejected.</returns>
    public ClearanceConstraints? Narrow(ImmutableArray<Clearance>? constraints)
    {
        if (constraints is not { } added) return this;
        if (HasRepetition(added)) return null;
        return permitted is not { } before ? new(added)
            : new([.. before.Select(held => Intersect(held, added)).OfType<Clearance>()]);
    }

    /// <summary>What is left of the subject's own clearance (RFC 5913 §4.1.1.5.1).</summary>
    /// <param name="asserted">The value of the Clearance attribute.</param>
    /// <returns>Null: nothing; the effective clearance is an empty list.</returns>
    public Clearance? Effective(Clearance asserted) => permitted is { } allowed ? Intersect(asserted, allowed) : asserted;

    /// <summary>
    /// Categories that both have (RFC 5913 §7). Those whose syntax is known are the same tag with the values of both; one in an
    /// unknown syntax stays when the other has it octet by octet.
    /// </summary>
    public static ImmutableArray<LabelCategory> Intersect(ImmutableArray<LabelCategory> first, ImmutableArray<LabelCategory> second)
    {
        var common = ImmutableArray.CreateBuilder<LabelCategory>();
        foreach (var one in first)
        {
            foreach (var other in second)
            {
                if (Intersect(one, other) is { } both && !common.Contains(both)) common.Add(both);
            }
        }

        return common.ToImmutable();
    }

    private static LabelCategory? Intersect(LabelCategory one, LabelCategory other)
    {
        if (one.Equals(other)) return one;
        if (one is not TagCategory first || other is not TagCategory second || first.Type != second.Type || first.TagSet != second.TagSet) return null;
        ImmutableArray<int> values = [.. first.Values.Where(second.Contains)];
        ImmutableArray<string> texts = [.. first.Texts.Where(second.Contains)];
        return values.IsEmpty && texts.IsEmpty ? null : new TagCategory(first.TagSet, first.Type, values) { Texts = texts, Syntax = first.Syntax };
    }

    // The bits of classList that both have; without one nothing is left.
    private static Clearance? Intersect(Clearance held, ImmutableArray<Clearance> allowed)
    {
        if (allowed.FirstOrDefault(clearance => clearance.Policy == held.Policy) is not { } other) return null;
        // Certificates list bits. What includes the lower ones has no list, and to guess one would be to widen.
        if (held.IncludesLower || other.IncludesLower) return null;
        ImmutableArray<int> classifications = [.. held.Classifications.Where(value => other.Classifications.Contains(value))];
        return classifications.IsEmpty ? null : held with { Classifications = classifications, Categories = Intersect(held.Categories, other.Categories) };
    }

    private static bool HasRepetition(ImmutableArray<Clearance> clearances) =>
        clearances.Select(clearance => clearance.Policy).Distinct(StringComparer.Ordinal).Count() != clearances.Length;
}
