using System.Collections.Immutable;
using System.Globalization;

namespace MilSwitch.Labels.Policies;

/// <summary>One set of tags (<c>securityCategoryTagSet</c>).</summary>
public sealed record TagSetDefinition
{
    public required string Name { get; init; }

    /// <summary>Object identifier, dotted.</summary>
    public required string Id { get; init; }

    /// <summary>In the order of the document. Of one type there may be several; then no value is in two of them, for labels name the type alone.</summary>
    public required ImmutableArray<TagDefinition> Tags { get; init; }

    public ImmutableArray<EquivalentTagSet> Equivalents { get; init; } = [];

    public ImmutableArray<MarkingData> Markings { get; init; } = [];

    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];

    /// <summary>
    /// What a word means as a value of this set: the name of a category; else what people enter; else its <c>lacv</c>, a number or a text.
    /// </summary>
    /// <param name="word">As it is written in a configuration or a file.</param>
    /// <param name="isDeciding">Informative tags are left out: nobody is cleared for them.</param>
    /// <returns>None: it means nothing; several: it means more than one thing.</returns>
    public ImmutableArray<CategoryReference> Written(string word, bool isDeciding)
    {
        TagDefinition[] tags = [.. Tags.Where(t => !isDeciding || !t.Type.IsInformative())];
        ImmutableArray<CategoryReference> named = [.. tags.SelectMany(t => t.Categories.Where(c => c.Input is null && c.Name == word).Select(c => c.ReferenceIn(Id, t.Type)))];
        return named.IsEmpty ? [.. tags.SelectMany(t => Values(t, word)).Distinct()] : named;
    }

    /// <summary>Every value of the tags that decide, as far as the policy lists them.</summary>
    public IEnumerable<CategoryReference> Listed() =>
        Tags.Where(t => !t.Type.IsInformative()).SelectMany(t => t.Categories.Where(c => c.Input is null).Select(c => c.ReferenceIn(Id, t.Type)));

    /// <summary>Values that were written one by one, as labels and clearances have them: one category for each type.</summary>
    public static IEnumerable<TagCategory> Joined(IEnumerable<CategoryReference> values, CategorySyntax syntax) => values.GroupBy(v => (v.TagSet, v.Type)).OrderBy(g => g.Key.Type)
        .Select(g => new TagCategory(g.Key.TagSet, g.Key.Type, [.. g.Where(v => v.Text is null).Select(v => v.Value!.Value)]) { Texts = [.. g.Where(v => v.Text is not null).Select(v => v.Text!)], Syntax = syntax });

    private IEnumerable<CategoryReference> Values(TagDefinition tag, string word)
    {
        if (tag.Open?.Input!.Read(word) is { } entered && tag.IsEntered(entered)) yield return new CategoryReference(Id, tag.Type, entered);
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && tag.ByValue.ContainsKey(number)) yield return new CategoryReference(Id, tag.Type, number);
        if (tag.Has(word)) yield return new CategoryReference(Id, tag.Type, null) { Text = word };
    }
}
