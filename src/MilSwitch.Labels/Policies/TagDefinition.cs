using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace MilSwitch.Labels.Policies;

/// <summary>One tag of a tag set (<c>securityCategoryTag</c>).</summary>
public sealed record TagDefinition
{
    public required string Name { get; init; }

    public required TagType Type { get; init; }

    /// <summary>Every label has so many of its values at least (<c>minSelection</c>); 0: it need have none.</summary>
    public int LeastSelected { get; init; }

    /// <summary>A label has so many of its values at most (<c>maxSelection</c>), 1 or more; null: any number.</summary>
    public int? MostSelected { get; init; }

    /// <summary>A label has at most one of its values (<c>singleSelection</c>).</summary>
    public bool IsSingleSelection
    {
        get => MostSelected is 1;
        init => MostSelected = value ? 1 : MostSelected is 1 ? null : MostSelected;
    }

    /// <summary>In the order of the document; each value once, and at most one whose value people enter as a number or date, and one as a text.</summary>
    public required ImmutableArray<CategoryDefinition> Categories
    {
        get;
        init
        {
            field = value;
            ByValue = value.Where(c => c is { Input: null, Text: null }).ToFrozenDictionary(c => c.Value);
            ByText = value.Where(c => c is { Input: null, Text: not null }).ToFrozenDictionary(c => c.Text!, StringComparer.Ordinal);
            Open = value.FirstOrDefault(c => c.Input is { IsText: false });
            OpenText = value.FirstOrDefault(c => c.Input is { IsText: true });
            names = OpenText is null ? FrozenSet<string>.Empty : value.Select(c => c.Name).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        }
    }

    public ImmutableArray<MarkingData> Markings { get; init; } = [];

    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];

    internal FrozenDictionary<int, CategoryDefinition> ByValue { get; private init; } = FrozenDictionary<int, CategoryDefinition>.Empty;

    internal FrozenDictionary<string, CategoryDefinition> ByText { get; private init; } = FrozenDictionary<string, CategoryDefinition>.Empty;

    /// <summary>The category whose value people enter as a number or date; null: there is none.</summary>
    public CategoryDefinition? Open { get; private init; }

    /// <summary>The category whose value people enter as a text; null: there is none.</summary>
    public CategoryDefinition? OpenText { get; private init; }

    private readonly FrozenSet<string> names = FrozenSet<string>.Empty;

    /// <returns>Null: the policy has no such value. One that people enter has it, and as name that of its category with it.</returns>
    public CategoryDefinition? Find(int value) => ByValue.TryGetValue(value, out var known) ? known : IsEntered(value) ? Open! with { Value = value, Name = $"{Open!.Name} {Open.Input!.Text(value)}" } : null;

    /// <returns>Null: the policy has no such value. One that people enter has it, and as name that of its category with it in quotes.</returns>
    public CategoryDefinition? Find(string text) => ByText.TryGetValue(text, out var known) ? known
        : IsEntered(text) ? OpenText! with { Value = -1, Text = text, Name = $"{OpenText!.Name} {LabelText.Quoted(text)}" } : null;

    /// <returns>Null: the policy has no such value, or the reference speaks of all.</returns>
    internal CategoryDefinition? Find(CategoryReference reference) => reference.Text is { } text ? Find(text) : reference.Value is { } value ? Find(value) : null;

    /// <summary>The category that the reference names by its <c>lacv</c> stands for all that people enter; null: it does not.</summary>
    internal CategoryDefinition? OpenOf(CategoryReference reference) => Categories.FirstOrDefault(c => c.Input is not null && !reference.IsWhole && c.Text == reference.Text && (reference.Text is not null || c.Value == reference.Value));

    /// <summary>Whether the policy has such a value. Allocates nothing.</summary>
    internal bool Has(int value) => ByValue.ContainsKey(value) || IsEntered(value);

    /// <summary>It is one that people enter.</summary>
    internal bool IsEntered(int value) => Open is { Input: { } input } && value != Open.Value && !ByValue.ContainsKey(value) && input.Accepts(value);

    /// <summary>Whether the policy has such a value. Allocates nothing.</summary>
    internal bool Has(string text) => ByText.ContainsKey(text) || IsEntered(text);

    /// <summary>It is one that people enter. What is the name or number of a category, or a number that they enter, is that.</summary>
    internal bool IsEntered(string text) => OpenText is { Input: { } input } && text != OpenText.Text && !ByText.ContainsKey(text) && input.Accepts(text)
        && !names.Contains(text) && Open?.Input!.Read(text) is null && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && ByValue.ContainsKey(number));

    /// <summary>It is one that people enter.</summary>
    internal bool IsEntered(CategoryReference reference) => reference.Text is { } text ? IsEntered(text) : reference.Value is { } value && IsEntered(value);

    /// <summary>Those of these values that are its own.</summary>
    internal TagCategory Own(TagCategory category) => new(category.TagSet, category.Type, [.. category.Values.Where(Has)]) { Texts = [.. category.Texts.Where(Has)], Syntax = category.Syntax };

    /// <summary>How many of these values are its own. Allocates nothing.</summary>
    internal int Count(TagCategory category)
    {
        var count = 0;
        foreach (var value in category.Values)
        {
            if (Has(value)) count++;
        }

        foreach (var text in category.Texts)
        {
            if (Has(text)) count++;
        }

        return count;
    }
}
