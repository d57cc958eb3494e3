using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>One value of a tag (<c>tagCategory</c>).</summary>
public sealed record CategoryDefinition
{
    public required string Name { get; init; }

    /// <summary><c>lacv</c>: the value in labels and clearances; -1: it is <see cref="Text"/>.</summary>
    public required int Value { get; init; }

    /// <summary><c>lacv</c> where it is no integer; null: it is one.</summary>
    public string? Text { get; init; }

    /// <summary>
    /// People enter the value (<c>userInput</c>), and <see cref="Value"/> only stands for all that they may enter. Null: the value is this one.
    /// </summary>
    public UserInput? Input { get; init; }

    /// <summary>Position among all categories of the policy, in the order of the document, from 0: the order of markings.</summary>
    public required int Ordinal { get; init; }

    /// <summary>In old labels only.</summary>
    public bool IsObsolete { get; init; }

    /// <summary>From when labels may have it; null: from ever.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Until when labels may have it; null: for ever.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>It has a period of its own.</summary>
    public bool HasPeriod => NotBefore is not null || NotAfter is not null;

    /// <summary>Labels may have it at that time.</summary>
    public bool IsCurrentAt(DateTimeOffset time) => !(time < NotBefore) && !(time > NotAfter);

    /// <summary>As rules speak of it.</summary>
    internal CategoryReference ReferenceIn(string tagSet, TagType type) => new(tagSet, type, Text is null ? Value : null) { Text = Text };

    public ImmutableArray<MarkingData> Markings { get; init; } = [];

    /// <summary>What stands before and after it; what separates it from others its tag says.</summary>
    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];

    public ImmutableArray<EquivalentCategory> Equivalents { get; init; } = [];

    /// <summary>Values of the classifications with which it can't stand (<c>excludedClass</c>).</summary>
    public ImmutableArray<int> ExcludedClassifications { get; init; } = [];

    public ImmutableArray<RequiredCategories> Required { get; init; } = [];

    public ImmutableArray<CategoryReference> Excluded { get; init; } = [];
}
