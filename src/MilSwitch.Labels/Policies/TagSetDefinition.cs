using System.Collections.Immutable;

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
}
