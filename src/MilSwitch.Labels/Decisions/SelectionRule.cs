using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>How many values of each tag a label may and must have. Without a trail it allocates nothing.</summary>
internal static class SelectionRule
{
    /// <summary>Of none of the tags that the category speaks of there are more values than the policy allows.</summary>
    public static bool IsFewEnough(TagCategory category, SecurityPolicy policy, DecisionTrail? trail)
    {
        var all = true;
        foreach (var tag in policy.Tags(category.TagSet, category.Type))
        {
            if (tag.MostSelected is not { } most) continue;
            var isMet = tag.Count(category) <= most;
            all &= isMet;
            trail?.Add(new DecisionStep(most is 1 ? DecisionRule.SingleSelection : DecisionRule.FewEnough, isMet)
            {
                TagSet = category.TagSet, Type = category.Type, Present = [.. category.Values.Where(tag.Has)], PresentTexts = [.. category.Texts.Where(tag.Has)], Limit = most,
            });
        }

        return all;
    }

    /// <summary>Of each tag of which every label has values there are as many as the policy wants.</summary>
    public static bool IsEnough(SecurityLabel label, SecurityPolicy policy, DecisionTrail? trail)
    {
        var all = true;
        foreach (var needed in policy.NeededTags)
        {
            var (set, tag) = needed;
            var count = 0;
            foreach (var category in label.Categories)
            {
                if (category is TagCategory known && known.Type == tag.Type && known.TagSet == set.Id) count += tag.Count(known);
            }

            var isMet = count >= tag.LeastSelected;
            all &= isMet;
            trail?.Add(Step(label, set, tag, isMet));
        }

        return all;
    }

    private static DecisionStep Step(SecurityLabel label, TagSetDefinition set, TagDefinition tag, bool isMet) => new(DecisionRule.Enough, isMet)
    {
        TagSet = set.Id,
        Type = tag.Type,
        Needed = [.. tag.Categories.Where(c => c is { IsObsolete: false, Text: null }).Select(c => c.Value)],
        NeededTexts = [.. tag.Categories.Where(c => c is { IsObsolete: false, Text: not null }).Select(c => c.Text!)],
        Present = [.. label.Categories.OfType<TagCategory>().Where(c => c.Type == tag.Type && c.TagSet == set.Id).SelectMany(c => c.Values).Where(tag.Has)],
        PresentTexts = [.. label.Categories.OfType<TagCategory>().Where(c => c.Type == tag.Type && c.TagSet == set.Id).SelectMany(c => c.Texts).Where(tag.Has)],
        Limit = tag.LeastSelected,
    };
}
