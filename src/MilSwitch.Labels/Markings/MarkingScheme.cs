using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Markings;

/// <summary>All that a policy shows in one place and language, worked out once. Lives as long as its policy.</summary>
internal sealed class MarkingScheme
{
    /// <summary>Names of languages come from callers; beyond so many a scheme is worked out each time.</summary>
    private const int Kept = 256;

    private static readonly ConditionalWeakTable<SecurityPolicy, ConcurrentDictionary<(MarkingPlace Place, string Language), MarkingScheme>> ByPolicy = new();

    private MarkingScheme(SecurityPolicy policy, MarkingPlace place, string? language)
    {
        var choice = new MarkingChoice(place, language);
        Policy = policy.Id;
        Prefix = choice.Prefix(policy.Qualifiers) ?? "";
        Separator = choice.Separator(policy.Qualifiers) ?? " ";
        Suffix = choice.Suffix(policy.Qualifiers) ?? "";
        IsPolicyTextFixed = choice.PolicyText(policy.Name, policy.Markings) is not null;
        PolicyText = choice.PolicyText(policy.Name, policy.Markings) ?? choice.Text(policy.Name, policy.Markings) ?? "";
        Classifications = policy.Classifications.Select(c => Classification(c, choice)).ToFrozenDictionary(c => c.Value);
        PrivacyMarks = policy.PrivacyMarks.DistinctBy(m => m.Name).ToFrozenDictionary(m => m.Name, m => choice.Text(m.Name, m.Markings), StringComparer.Ordinal);

        var tags = new List<ShownTag>();
        var categories = new List<(ShownTag Tag, PolicyTag Source, CategoryDefinition Category)>();
        foreach (var set in policy.TagSets)
        {
            var shownSet = new ShownTagSet(set.Id, choice.Prefix(set.Qualifiers) ?? "", choice.Separator(set.Qualifiers) ?? Separator, choice.Suffix(set.Qualifiers) ?? "");
            foreach (var tag in set.Tags)
            {
                var shown = new ShownTag
                {
                    Set = shownSet,
                    Type = tag.Type,
                    Prefix = choice.Prefix(tag.Qualifiers) ?? "",
                    Separator = choice.Separator(tag.Qualifiers) ?? "/",
                    Suffix = choice.Suffix(tag.Qualifiers) ?? "",
                };
                tags.Add(shown);
                categories.AddRange(tag.Categories.Select(c => (shown, new PolicyTag(set, tag), c)));
            }
        }

        Categories = [.. categories.OrderBy(c => c.Category.Ordinal).Select((c, i) => Category(c.Tag, c.Source, c.Category, i, choice))];
        foreach (var group in Categories.GroupBy(c => c.Tag)) group.Key.Categories = group.ToFrozenDictionary(c => c.Value);
        Tags = tags.ToFrozenDictionary(t => (t.Set.Id, t.Type));
    }

    /// <summary>Object identifier.</summary>
    public string Policy { get; }

    public string Prefix { get; }

    public string Separator { get; }

    public string Suffix { get; }

    /// <summary>May be empty.</summary>
    public string PolicyText { get; }

    /// <summary>Neither a classification nor a category replaces <see cref="PolicyText"/>.</summary>
    public bool IsPolicyTextFixed { get; }

    public FrozenDictionary<int, ShownClassification> Classifications { get; }

    public FrozenDictionary<(string TagSet, TagType Type), ShownTag> Tags { get; }

    /// <summary>In the order of the document.</summary>
    public ImmutableArray<ShownCategory> Categories { get; }

    /// <summary>By name; null: nothing is shown.</summary>
    public FrozenDictionary<string, string?> PrivacyMarks { get; }

    public static MarkingScheme Of(SecurityPolicy policy, MarkingPlace place, string? language)
    {
        var schemes = ByPolicy.GetOrCreateValue(policy);
        if (schemes.TryGetValue((place, language ?? ""), out var known)) return known;
        var made = new MarkingScheme(policy, place, string.IsNullOrEmpty(language) ? null : language);
        return schemes.Count < Kept ? schemes.GetOrAdd((place, language ?? ""), made) : made;
    }

    private static ShownClassification Classification(ClassificationDefinition classification, MarkingChoice choice)
    {
        var text = choice.Text(classification.Name, classification.Markings);
        if (text is not null) text = choice.Prefix(classification.Qualifiers) + text + choice.Suffix(classification.Qualifiers);
        return new ShownClassification(classification.Value, text, choice.PolicyText(classification.Name, classification.Markings));
    }

    private static ShownCategory Category(ShownTag shown, PolicyTag source, CategoryDefinition category, int order, MarkingChoice choice) => new()
    {
        Order = order,
        Tag = shown,
        Value = category.Value,
        Text = choice.Text(category.Name, category.Markings, source.Tag.Markings, source.Set.Markings),
        PolicyText = choice.PolicyText(category.Name, category.Markings),
        HidesClassification = choice.HidesClassification(category.Markings),
        ExcludedClassifications = category.ExcludedClassifications,
    };
}
