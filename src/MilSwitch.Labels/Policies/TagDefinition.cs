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

    /// <summary>In the order of the document; each value once.</summary>
    public required ImmutableArray<CategoryDefinition> Categories
    {
        get;
        init
        {
            field = value;
            ByValue = value.ToFrozenDictionary(c => c.Value);
        }
    }

    public ImmutableArray<MarkingData> Markings { get; init; } = [];

    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];

    internal FrozenDictionary<int, CategoryDefinition> ByValue { get; private init; } = FrozenDictionary<int, CategoryDefinition>.Empty;

    /// <returns>Null: the policy has no such value.</returns>
    public CategoryDefinition? Find(int value) => ByValue.GetValueOrDefault(value);

    /// <summary>Those of these values that are its own.</summary>
    internal ImmutableArray<int> Own(ImmutableArray<int> values) => [.. values.Where(v => Find(v) is not null)];

    /// <summary>How many of these values are its own. Allocates nothing.</summary>
    internal int Count(ImmutableArray<int> values)
    {
        var count = 0;
        foreach (var value in values)
        {
            if (Find(value) is not null) count++;
        }

        return count;
    }
}
