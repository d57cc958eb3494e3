using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// A security policy as its information file (SPIF) tells it. Whoever makes one has checked that it has one meaning. Immutable.
/// </summary>
public sealed class SecurityPolicy
{
    /// <summary>Object identifier, dotted.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Version of the policy; empty: none given.</summary>
    public string Version { get; init; } = "";

    /// <summary>Null: none given.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>From when it holds; null: from ever.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Until when it holds; null: for ever.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Policy of a label that names none (<c>defaultSecurityPolicyId</c>), dotted; empty: none given.</summary>
    public string DefaultPolicy { get; init; } = "";

    /// <summary>Distinguished name of its author; empty: none given.</summary>
    public string Originator { get; init; } = "";

    /// <summary>SHA-256 of the document, lower case hexadecimal; empty: it came from none.</summary>
    public string Digest { get; init; } = "";

    /// <summary>In which syntax labels of this policy write their categories (<c>rbacId</c>).</summary>
    public CategorySyntax LabelSyntax { get; init; }

    /// <summary>In which syntax clearances write their categories (<c>privilegeId</c>).</summary>
    public CategorySyntax ClearanceSyntax { get; init; }

    /// <summary>In the order of the document; values and hierarchies each once.</summary>
    public required ImmutableArray<ClassificationDefinition> Classifications
    {
        get;
        init
        {
            field = value;
            classificationsByValue = value.ToFrozenDictionary(c => c.Value);
            classificationsByName = value.ToFrozenDictionary(c => c.Name, StringComparer.Ordinal);
        }
    }

    /// <summary>In the order of the document; identifiers and names each once.</summary>
    public ImmutableArray<TagSetDefinition> TagSets
    {
        get;
        init
        {
            field = value;
            parts = value.SelectMany(set => set.Tags.Select(tag => (Set: set, Tag: tag))).GroupBy(t => (t.Set.Id, t.Tag.Type)).ToFrozenDictionary(g => g.Key, g => g.Select(t => t.Tag).ToImmutableArray());
            tags = value.SelectMany(set => set.Tags.GroupBy(tag => tag.Type).Select(group => new PolicyTag(set, Whole([.. group])))).ToFrozenDictionary(t => (t.Set.Id, t.Tag.Type));
            NeededTags = [.. value.SelectMany(set => set.Tags.Where(tag => tag.LeastSelected > 0).Select(tag => new PolicyTag(set, tag)))];
            tagSetsById = value.ToFrozenDictionary(s => s.Id);
            HasPeriods = value.Any(set => set.Tags.Any(tag => tag.Categories.Any(c => c.HasPeriod)));
        }
    } = [];

    public ImmutableArray<EquivalentPolicy> EquivalentPolicies { get; init; } = [];

    public ImmutableArray<PrivacyMarkDefinition> PrivacyMarks { get; init; } = [];

    /// <summary>A label has one of them (<c>minSelection</c> of <c>privacyMarks</c>).</summary>
    public bool NeedsPrivacyMark { get; init; }

    /// <summary>What is shown for privacy marks that say nothing themselves (<c>markingData</c> of <c>privacyMarks</c>).</summary>
    public ImmutableArray<MarkingData> PrivacyMarkMarkings { get; init; } = [];

    /// <summary>What stands before and after any of the privacy marks, around what qualifies the one.</summary>
    public ImmutableArray<MarkingQualifier> PrivacyMarkQualifiers { get; init; } = [];

    public ImmutableArray<MarkingData> Markings { get; init; } = [];

    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];

    private readonly FrozenDictionary<int, ClassificationDefinition> classificationsByValue = FrozenDictionary<int, ClassificationDefinition>.Empty;
    private readonly FrozenDictionary<string, ClassificationDefinition> classificationsByName = FrozenDictionary<string, ClassificationDefinition>.Empty;
    private readonly FrozenDictionary<(string TagSet, TagType Type), PolicyTag> tags = FrozenDictionary<(string, TagType), PolicyTag>.Empty;
    private readonly FrozenDictionary<(string TagSet, TagType Type), ImmutableArray<TagDefinition>> parts = FrozenDictionary<(string, TagType), ImmutableArray<TagDefinition>>.Empty;
    private readonly FrozenDictionary<string, TagSetDefinition> tagSetsById = FrozenDictionary<string, TagSetDefinition>.Empty;

    /// <returns>Null: there is none with this value.</returns>
    public ClassificationDefinition? Classification(int value) => classificationsByValue.GetValueOrDefault(value);

    /// <param name="name">In its exact letters.</param>
    /// <returns>Null: there is none of this name.</returns>
    public ClassificationDefinition? Classification(string name) => classificationsByName.GetValueOrDefault(name);

    /// <summary>A classification as people write it: its name, else its number.</summary>
    /// <returns>Null: there is none.</returns>
    public ClassificationDefinition? Written(string word) =>
        Classification(word) ?? (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? Classification(value) : null);

    /// <summary>A tag set as people write it: its name, else its object identifier.</summary>
    /// <returns>Null: there is none.</returns>
    public TagSetDefinition? WrittenSet(string word) => TagSets.FirstOrDefault(s => s.Name == word) ?? TagSet(word);

    /// <summary>Tags of which every label has a value.</summary>
    internal ImmutableArray<PolicyTag> NeededTags { get; private init; } = [];

    /// <returns>
    /// Null: the tag set is unknown or has no tag of this type. Where it has several, one with the categories of all and no rule of its own.
    /// </returns>
    public PolicyTag? Tag(string tagSet, TagType type) => tags.GetValueOrDefault((tagSet, type));

    /// <returns>The tags of one type, in the order of the document: more than one where the policy parts the values of a tag set; none: it has no such tag.</returns>
    public ImmutableArray<TagDefinition> Tags(string tagSet, TagType type) => parts.TryGetValue((tagSet, type), out var found) ? found : [];

    /// <summary>Which of the tags of one type a value is in, from 0; also 0 where none has it.</summary>
    internal int Part(string tagSet, TagType type, int value)
    {
        var all = Tags(tagSet, type);
        for (var i = 1; i < all.Length; i++)
        {
            if (all[i].Has(value)) return i;
        }

        return 0;
    }

    /// <inheritdoc cref="Part(string, TagType, int)"/>
    internal int Part(string tagSet, TagType type, string text)
    {
        var all = Tags(tagSet, type);
        for (var i = 1; i < all.Length; i++)
        {
            if (all[i].Has(text)) return i;
        }

        return 0;
    }

    internal int Part(CategoryReference reference) => reference.Text is { } text ? Part(reference.TagSet, reference.Type, text) : reference.Value is { } value ? Part(reference.TagSet, reference.Type, value) : 0;

    /// <summary>A category has a period of its own, so that what is valid depends on the time.</summary>
    public bool HasPeriods { get; private init; }

    /// <param name="id">Object identifier, dotted.</param>
    /// <returns>Null: there is none.</returns>
    public TagSetDefinition? TagSet(string id) => tagSetsById.GetValueOrDefault(id);

    /// <param name="id">Object identifier, dotted.</param>
    /// <returns>Null: nothing is known of that policy.</returns>
    public EquivalentPolicy? Equivalent(string id) => EquivalentPolicies.FirstOrDefault(p => p.Id == id);

    /// <summary>It holds at that time.</summary>
    public bool IsCurrentAt(DateTimeOffset time) => !(time < NotBefore) && !(time > NotAfter);

    /// <summary>
    /// What another policy calls categories of this one: it may name the tag set by its name, and leaves open how informative
    /// tags are written.
    /// </summary>
    /// <returns>With the tag set's identifier and the tag's own type; null: this policy has no such tag or value.</returns>
    public CategoryReference? Resolve(CategoryReference reference)
    {
        var set = TagSet(reference.TagSet) ?? TagSets.FirstOrDefault(s => s.Name == reference.TagSet);
        if (set is null) return null;
        var tag = Tag(set.Id, reference.Type)?.Tag ?? (reference.Type.IsInformative() ? set.Tags.FirstOrDefault(t => t.Type.IsInformative()) : null);
        return tag is null || (!reference.IsWhole && tag.Find(reference) is null && tag.OpenOf(reference) is null) ? null : reference with { TagSet = set.Id, Type = tag.Type };
    }

    private static TagDefinition Whole(ImmutableArray<TagDefinition> same) => same is [var only] ? only : new TagDefinition
    {
        Name = string.Join(", ", same.Select(t => t.Name)),
        Type = same[0].Type,
        Categories = [.. same.SelectMany(t => t.Categories)],
    };
}
