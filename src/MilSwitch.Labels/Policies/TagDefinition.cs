using System.Collections.Frozen;
using System.Collections.Immutable;

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

    /// <summary>In the order of the document; each value once, and at most one whose value people enter.</summary>
    public required ImmutableArray<CategoryDefinition> Categories
    {
        get;
        init
        {
            field = value;
            ByValue = value.Where(c => c.Input is null).ToFrozenDictionary(c => c.Value);
            Open = value.FirstOrDefault(c => c.Input is not null);
        }
    }

    public ImmutableArray<MarkingData> Markings { get; init; } = [];

    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];

    internal FrozenDictionary<int, CategoryDefinition> ByValue { get; private init; } = FrozenDictionary<int, CategoryDefinition>.Empty;

    /// <summary>The category whose value people enter; null: there is none.</summary>
    public CategoryDefinition? Open { get; private init; }

    /// <returns>Null: the policy has no such value. One that people enter has it, and as name that of its category with it.</returns>
    public CategoryDefinition? Find(int value) => ByValue.TryGetValue(value, out var known) ? known : IsEntered(value) ? Open! with { Value = value, Name = $"{Open!.Name} {Open.Input!.Text(value)}" } : null;

    /// <summary>Whether the policy has such a value. Allocates nothing.</summary>
    internal bool Has(int value) => ByValue.ContainsKey(value) || IsEntered(value);

    /// <summary>It is one that people enter.</summary>
    internal bool IsEntered(int value) => Open is { Input: { } input } && value != Open.Value && !ByValue.ContainsKey(value) && input.Accepts(value);

    /// <summary>Those of these values that are its own.</summary>
    internal ImmutableArray<int> Own(ImmutableArray<int> values) => [.. values.Where(Has)];

    /// <summary>How many of these values are its own. Allocates nothing.</summary>
    internal int Count(ImmutableArray<int> values)
    {
        var count = 0;
        foreach (var value in values)
        {
            if (Has(value)) count++;
        }

        return count;
    }
}
