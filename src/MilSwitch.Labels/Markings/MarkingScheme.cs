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
        PrivacyMarks = policy.PrivacyMarks.DistinctBy(m => m.Name).ToFrozenDictionary(m => m.Name, m => PrivacyMark(m, policy, choice), StringComparer.Ordinal);

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
                categories.AddRange(tag.Categories.Select(c => (shown, new PolicyTag(set, tag), c)));
            }
        }

        Categories = [.. categories.OrderBy(c => c.Category.Ordinal).Select((c, i) => Category(c.Tag, c.Source, c.Category, i, choice))];
        Values = Categories.GroupBy(c => (c.Tag.Set.Id, c.Tag.Type)).ToFrozenDictionary(g => g.Key, g => new ShownValues([.. g], policy.Tag(g.Key.Id, g.Key.Type)!.Tag));
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

    /// <summary>By tag set and type, then by value.</summary>
    public FrozenDictionary<(string TagSet, TagType Type), ShownValues> Values { get; }

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
        return new ShownClassification(classification.Value, Qualified(choice.Text(classification.Name, classification.Markings), classification.Qualifiers, choice), choice.PolicyText(classification.Name, classification.Markings));
    }

    private static string? PrivacyMark(PrivacyMarkDefinition mark, SecurityPolicy policy, MarkingChoice choice) =>
        Qualified(Qualified(choice.Text(mark.Name, mark.Markings, policy.PrivacyMarkMarkings), mark.Qualifiers, choice), policy.PrivacyMarkQualifiers, choice);

    // A prefix introduces what was entered; without one the phrase does, so that nobody sees a number and not what it is.
    private static string? Before(string? text, CategoryDefinition category, MarkingChoice choice) =>
        text is null ? null : choice.Prefix(category.Qualifiers) ?? text + " ";

    // Where nothing is shown, nothing qualifies it.
    private static string? Qualified(string? text, ImmutableArray<MarkingQualifier> qualifiers, MarkingChoice choice) =>
        text is null ? null : choice.Prefix(qualifiers) + text + choice.Suffix(qualifiers);

    private static ShownCategory Category(ShownTag shown, PolicyTag source, CategoryDefinition category, int order, MarkingChoice choice) => new()
    {
        Order = order,
        Tag = shown,
        Value = category.Value,
        Word = category.Text,
        Text = category.Input is null
            ? Qualified(choice.Text(category.Name, category.Markings, source.Tag.Markings, source.Set.Markings), category.Qualifiers, choice)
            : Before(choice.Text(category.Name, category.Markings, source.Tag.Markings, source.Set.Markings), category, choice),
        Input = category.Input,
        TextBehind = category.Input is null ? "" : choice.Suffix(category.Qualifiers) ?? "",
        PolicyText = choice.PolicyText(category.Name, category.Markings),
        HidesClassification = choice.HidesClassification(category.Markings),
        ExcludedClassifications = category.ExcludedClassifications,
    };
}
