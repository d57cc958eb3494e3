using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>
/// One label for a whole of several parts, such as a digest, a forwarded message or a report. Whoever may see the whole under it
/// may see every part, provided that his clearance has no gap in the hierarchy: a bit list that names SECRET and leaves out
/// UNCLASSIFIED permits the one and not the other, and no single label can say both. It is the least such label as long as at
/// most one label restricts a permissive tag; beyond that it may be stricter than needed. Pure and thread-safe.
/// </summary>
public static class HighWaterMark
{
    /// <summary>The highest classification, every restrictive and informative value, and of each permissive tag the values that all labels share that have the tag.</summary>
    /// <param name="labels">At least one; all valid in the policy: those of other policies are translated first.</param>
    public static HighWaterMarkResult Of(IEnumerable<SecurityLabel> labels, SecurityPolicy policy)
    {
        var merged = new SortedDictionary<Tag, (ImmutableArray<int> Values, TagCategory First)>();
        var marks = new HashSet<string>(StringComparer.Ordinal);
        ClassificationDefinition? highest = null;
        var index = 0;
        foreach (var label in labels)
        {
            var validity = LabelValidity.Check(label, policy);
            if (!validity.IsGranted) return new HighWaterMarkResult.Impossible(index, [.. validity.Unmet]);
            if (label.Classification is { } value && policy.Classification(value) is { } known && !(highest?.Hierarchy >= known.Hierarchy)) highest = known;
            if (label.PrivacyMark is { } mark) marks.Add(mark);
            foreach (var category in label.Categories.OfType<TagCategory>())
            {
                var tag = new Tag(category.TagSet, category.Type);
                merged[tag] = merged.TryGetValue(tag, out var before)
                    ? (category.Type.IsPermissive() ? [.. before.Values.Intersect(category.Values)] : [.. before.Values.Union(category.Values)], before.First)
                    : (category.Values, category);
            }

            index++;
        }

        if (index is 0) return new HighWaterMarkResult.Impossible(null, [new DecisionStep(DecisionRule.Policy, false) { Detail = DecisionDetails.NoLabel }]);
        return Conclude(merged, marks, highest, policy);
    }

    private static HighWaterMarkResult Conclude(SortedDictionary<Tag, (ImmutableArray<int> Values, TagCategory First)> merged, HashSet<string> marks, ClassificationDefinition? highest, SecurityPolicy policy)
    {
        // Nobody is among the readers of both. A label that says so exists (a permissive tag without a value), but its makers
        // meant none of it, and a carrier could lose the empty tag: so it is no label at all.
        DecisionStep[] nobody = [.. merged.Where(m => m.Key.Type.IsPermissive() && m.Value.Values.IsEmpty)
            .Select(m => new DecisionStep(DecisionRule.Permissive, false) { TagSet = m.Key.Set, Type = m.Key.Type })];
        if (nobody.Length > 0) return new HighWaterMarkResult.Impossible(null, [.. nobody]);
        if (merged.Count > LabelBounds.Categories || merged.Values.Any(m => m.Values.Length > LabelBounds.Values))
            return new HighWaterMarkResult.Impossible(null, [new DecisionStep(DecisionRule.KnownCategory, false) { Detail = DecisionDetails.TooMany }]);
        var mark = new SecurityLabel
        {
            Policy = policy.Id,
            Classification = highest?.Value,
            // Two marks can't both stand, and none of them decides on access.
            PrivacyMark = marks.Count is 1 ? marks.Single() : null,
            Categories = [.. merged.Select(m => new TagCategory(m.Key.Set, m.Key.Type, m.Value.Values) { Syntax = m.Value.First.Syntax })],
        };
        // Together they may be what none is alone: excluded by one another, or two of which one is allowed.
        var validity = LabelValidity.Check(mark, policy);
        return validity.IsGranted ? new HighWaterMarkResult.Reached(mark) : new HighWaterMarkResult.Impossible(null, [.. validity.Unmet]);
    }

    private readonly record struct Tag(string Set, TagType Type) : IComparable<Tag>
    {
        public int CompareTo(Tag other) => string.CompareOrdinal(Set, other.Set) is not 0 and var order ? order : Type.CompareTo(other.Type);
    }
}
