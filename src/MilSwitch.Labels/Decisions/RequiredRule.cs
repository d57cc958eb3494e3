using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>What <see cref="RequiredCategories"/> and <see cref="CategoryReference"/> mean for the categories of a label. Allocates nothing.</summary>
internal static class RequiredRule
{
    /// <summary>
    /// Whether as many categories of the group are there as the rule wants. <c>onlyOne</c> counts values, so that two values of
    /// one tag are two, also where the group names the whole tag.
    /// </summary>
    public static bool IsMet(RequiredCategories rule, ImmutableArray<LabelCategory> categories) => rule.Operation switch
    {
        RequiredOperation.OnlyOne => Count(rule.Group, categories) is 1,
        RequiredOperation.OneOrMore => Any(rule.Group, categories),
        // An operation that nobody knows is never met.
        RequiredOperation.All => All(rule.Group, categories),
        _ => false,
    };

    /// <summary>How many values of the label the reference speaks of.</summary>
    public static int Count(CategoryReference reference, ImmutableArray<LabelCategory> categories)
    {
        var count = 0;
        foreach (var category in categories)
        {
            if (category is TagCategory tag) count += tag.CountOf(reference);
        }

        return count;
    }

    /// <summary>Values of the label that the group names, each once.</summary>
    public static int Count(ImmutableArray<CategoryReference> group, ImmutableArray<LabelCategory> categories)
    {
        var count = 0;
        for (var i = 0; i < group.Length; i++)
        {
            if (!IsCovered(group, i)) count += Count(group[i], categories);
        }

        return count;
    }

    // Named again, or part of a tag that is named as a whole.
    private static bool IsCovered(ImmutableArray<CategoryReference> group, int index)
    {
        var reference = group[index];
        for (var i = 0; i < group.Length; i++)
        {
            var other = group[i];
            if (i == index || other.Type != reference.Type || other.TagSet != reference.TagSet) continue;
            if (other.Value == reference.Value && other.Text == reference.Text ? i < index : other.IsWhole) return true;
        }

        return false;
    }

    private static bool Any(ImmutableArray<CategoryReference> group, ImmutableArray<LabelCategory> categories)
    {
        foreach (var reference in group)
        {
            if (Count(reference, categories) > 0) return true;
        }

        return false;
    }

    private static bool All(ImmutableArray<CategoryReference> group, ImmutableArray<LabelCategory> categories)
    {
        foreach (var reference in group)
        {
            if (Count(reference, categories) is 0) return false;
        }

        return true;
    }
}
