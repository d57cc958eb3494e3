using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>One classification of a policy (<c>securityClassification</c>).</summary>
public sealed record ClassificationDefinition
{
    public required string Name { get; init; }

    /// <summary><c>lacv</c>: the value in labels and clearances, 0 to 256.</summary>
    public required int Value { get; init; }

    /// <summary>A greater one needs more protection; each once in a policy.</summary>
    public required int Hierarchy { get; init; }

    /// <summary>In old labels only.</summary>
    public bool IsObsolete { get; init; }

    /// <summary>CSS name or <c>#rrggbb</c>; null: none.</summary>
    public string? Color { get; init; }

    public ImmutableArray<MarkingData> Markings { get; init; } = [];

    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];

    public ImmutableArray<EquivalentClassification> Equivalents { get; init; } = [];

    public ImmutableArray<RequiredCategories> Required { get; init; } = [];

    public ImmutableArray<CategoryReference> Excluded { get; init; } = [];
}
