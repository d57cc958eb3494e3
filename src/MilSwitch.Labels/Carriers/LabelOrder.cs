using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>Which of two labels needs more of a clearance. A partial order: often neither does. Safe for concurrent use.</summary>
public static class LabelOrder
{
    /// <summary>
    /// Whoever may see <paramref name="upper"/> may see <paramref name="lower"/>: a classification as high, every value of restrictive
    /// tags and every unknown category, no value more in permissive tags. Informative tags and privacy marks decide nothing.
    /// </summary>
    /// <param name="policy">Of both; null: not known, then only equal labels are in order.</param>
    public static bool IsAtLeast(SecurityLabel upper, SecurityLabel lower, SecurityPolicy? policy)
    {
        if (upper.Equals(lower)) return true;
        if (policy is null || upper.Policy != policy.Id || lower.Policy != policy.Id || HasTwice(upper) || HasTwice(lower)) return false;
        if (!IsClassificationAtLeast(upper.Classification, lower.Classification, policy)) return false;
        return lower.Categories.All(below => below switch
        {
            TagCategory tag when tag.Type.IsRestrictive() => Of(upper, tag) is var above && tag.Values.All(v => above?.Contains(v) == true) && tag.Texts.All(t => above?.Contains(t) == true),
            TagCategory tag when tag.Type.IsPermissive() => Of(upper, tag) is { } above && above.Values.All(tag.Contains) && above.Texts.All(tag.Contains) && (!above.IsEmpty || tag.IsEmpty),
            TagCategory => true,
            _ => upper.Categories.Contains(below),
        });
    }

    private static bool IsClassificationAtLeast(int? upper, int? lower, SecurityPolicy policy)
    {
        if (upper == lower || lower is null) return true;
        return upper is { } above && policy.Classification(above) is { } high && policy.Classification(lower.Value) is { } low && high.Hierarchy >= low.Hierarchy;
    }

    private static TagCategory? Of(SecurityLabel label, TagCategory tag) =>
        label.Categories.OfType<TagCategory>().FirstOrDefault(t => t.Type == tag.Type && t.TagSet == tag.TagSet);

    private static bool HasTwice(SecurityLabel label) => label.Categories.OfType<TagCategory>().GroupBy(t => (t.TagSet, t.Type)).Any(g => g.Count() > 1);
}
