using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>Which of two labels of a policy protects more. Many pairs have no order. Pure and thread-safe.</summary>
public static class Dominance
{
    /// <summary>
    /// Whoever may see the first may see the second, if his clearance has no gap in the hierarchy: the classification is as high
    /// or higher, every restrictive value of the second is there, and of every permissive tag of the second there are values, and no
    /// others than its own.
    /// </summary>
    public static bool Dominates(SecurityLabel first, SecurityLabel second, SecurityPolicy policy)
    {
        if (first.Policy != policy.Id || second.Policy != policy.Id || !IsAsHigh(first.Classification, second.Classification, policy)) return false;
        foreach (var category in second.Categories)
        {
            if (category is not TagCategory lower)
            {
                if (!first.Categories.Contains(category)) return false;
                continue;
            }

            var upper = first.Categories.OfType<TagCategory>().FirstOrDefault(tag => tag.TagSet == lower.TagSet && tag.Type == lower.Type);
            if (lower.Type.IsRestrictive() && !(lower.Values.All(value => upper?.Contains(value) is true) && lower.Texts.All(text => upper?.Contains(text) is true))) return false;
            if (lower.Type.IsPermissive() && !IsNarrower(upper, lower, policy)) return false;
        }

        return true;
    }

    private static bool IsNarrower(TagCategory? upper, TagCategory lower, SecurityPolicy policy)
    {
        if (upper is null) return false;
        var parts = policy.Tags(lower.TagSet, lower.Type);
        if (parts.Length < 2 || upper.IsEmpty || lower.IsEmpty) return upper.Values.All(lower.Contains) && upper.Texts.All(lower.Contains);
        // Each tag by itself: one that the lower label leaves out it leaves to everybody.
        return lower.Values.All(v => parts.Any(p => p.Has(v))) && lower.Texts.All(t => parts.Any(p => p.Has(t)))
            && parts.Where(p => p.Count(lower) > 0).All(p => p.Count(upper) > 0 && upper.Values.All(v => !p.Has(v) || lower.Contains(v)) && upper.Texts.All(t => !p.Has(t) || lower.Contains(t)));
    }

    private static bool IsAsHigh(int? first, int? second, SecurityPolicy policy)
    {
        if (first is not { } one || second is not { } other) return first == second;
        return policy.Classification(one) is { } upper && policy.Classification(other) is { } lower && upper.Hierarchy >= lower.Hierarchy;
    }
}
