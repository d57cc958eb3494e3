using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>One tag of a tag set (<c>securityCategoryTag</c>).</summary>
public sealed record TagDefinition
{
    public required string Name { get; init; }

    public required TagType Type { get; init; }

    /// <summary>A label has at most one of its values (<c>singleSelection</c>).</summary>
    public bool IsSingleSelection { get; init; }

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
}
