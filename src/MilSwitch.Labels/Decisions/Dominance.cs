using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>Which of two labels of a policy protects more. Many pairs have no order. Pure and thread-safe.</summary>
public static class Dominance
{
    /// <summary>
    /// Whoever may see the first may see the second, if his clearance has no gap in the hierarchy: the classification is as high
    /// or higher, every restrictive value of the second is there, and of every permissive tag of the second there are no other
    /// values than its own.
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
            if (lower.Type.IsRestrictive() && !lower.Values.All(value => upper?.Contains(value) is true)) return false;
            if (lower.Type.IsPermissive() && (upper is null || !upper.Values.All(lower.Contains))) return false;
        }

        return true;
    }

    private static bool IsAsHigh(int? first, int? second, SecurityPolicy policy)
    {
        if (first is not { } one || second is not { } other) return first == second;
        return policy.Classification(one) is { } upper && policy.Classification(other) is { } lower && upper.Hierarchy >= lower.Hierarchy;
    }
}
