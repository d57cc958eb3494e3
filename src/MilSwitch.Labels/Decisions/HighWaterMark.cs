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
        try
        {
            return Merge(labels, policy);
        }
        catch (LabelRefusedException)
        {
            return new HighWaterMarkResult.Impossible(null, [new DecisionStep(DecisionRule.KnownCategory, false) { Detail = DecisionDetails.TooMany }]);
        }
    }

    private static HighWaterMarkResult Merge(IEnumerable<SecurityLabel> labels, SecurityPolicy policy)
    {
        var merged = new SortedDictionary<Tag, TagCategory>();
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
                foreach (var (part, values) in Parts(category, policy))
                {
                    var tag = new Tag(category.TagSet, category.Type, part);
                    merged[tag] = merged.TryGetValue(tag, out var before) ? Merge(before, values) : values;
                }
            }

            index++;
        }

        if (index is 0) return new HighWaterMarkResult.Impossible(null, [new DecisionStep(DecisionRule.Policy, false) { Detail = DecisionDetails.NoLabel }]);
        return Conclude(merged, marks, highest, policy);
    }

    private static HighWaterMarkResult Conclude(SortedDictionary<Tag, TagCategory> merged, HashSet<string> marks, ClassificationDefinition? highest, SecurityPolicy policy)
    {
        // Nobody is among the readers of both. A label that says so exists (a permissive tag without a value), but its makers
        // meant none of it, and a carrier could lose the empty tag: so it is no label at all.
        DecisionStep[] nobody = [.. merged.Where(m => m.Key.Type.IsPermissive() && m.Value.IsEmpty)
            .Select(m => new DecisionStep(DecisionRule.Permissive, false) { TagSet = m.Key.Set, Type = m.Key.Type })];
        if (nobody.Length > 0) return new HighWaterMarkResult.Impossible(null, [.. nobody]);
        var whole = merged.GroupBy(m => (m.Key.Set, m.Key.Type))
            .Select(g => (g.Key.Set, g.Key.Type, Values: g.SelectMany(m => m.Value.Values).ToImmutableArray(), Texts: g.SelectMany(m => m.Value.Texts).ToImmutableArray(), g.First().Value.Syntax)).ToArray();
        if (whole.Length > LabelBounds.Categories) throw new LabelRefusedException(LabelFault.TooLarge, DecisionDetails.TooMany);
        var mark = new SecurityLabel
        {
            Policy = policy.Id,
            Classification = highest?.Value,
            // Two marks can't both stand, and none of them decides on access.
            PrivacyMark = marks.Count is 1 ? marks.Single() : null,
            Categories = [.. whole.Select(m => new TagCategory(m.Set, m.Type, m.Values) { Texts = m.Texts, Syntax = m.Syntax })],
        };
        // Together they may be what none is alone: excluded by one another, or two of which one is allowed.
        var validity = LabelValidity.Check(mark, policy);
        return validity.IsGranted ? new HighWaterMarkResult.Reached(mark) : new HighWaterMarkResult.Impossible(null, [.. validity.Unmet]);
    }

    // Several permissive tags that labels write as one are each a choice of its own.
    private static IEnumerable<(int Part, TagCategory Values)> Parts(TagCategory category, SecurityPolicy policy)
    {
        if (!category.Type.IsPermissive() || category.IsEmpty || policy.Tags(category.TagSet, category.Type).Length < 2) return [(0, category)];
        var numbers = category.Values.ToLookup(v => policy.Part(category.TagSet, category.Type, v));
        var texts = category.Texts.ToLookup(t => policy.Part(category.TagSet, category.Type, t));
        return numbers.Select(g => g.Key).Union(texts.Select(g => g.Key)).Select(part => (part, With(category, numbers[part], texts[part])));
    }

    private static TagCategory Merge(TagCategory before, TagCategory other) => before.Type.IsPermissive()
        ? With(before, before.Values.Intersect(other.Values), before.Texts.Intersect(other.Texts, StringComparer.Ordinal))
        : With(before, before.Values.Union(other.Values), before.Texts.Union(other.Texts, StringComparer.Ordinal));

    private static TagCategory With(TagCategory category, IEnumerable<int> values, IEnumerable<string> texts) =>
        new(category.TagSet, category.Type, [.. values]) { Texts = [.. texts], Syntax = category.Syntax };

    private readonly record struct Tag(string Set, TagType Type, int Part) : IComparable<Tag>
    {
        public int CompareTo(Tag other) => string.CompareOrdinal(Set, other.Set) is not 0 and var order ? order
            : Type.CompareTo(other.Type) is not 0 and var type ? type : Part.CompareTo(other.Part);
    }
}
