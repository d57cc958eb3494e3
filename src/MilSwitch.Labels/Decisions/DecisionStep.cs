using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>One step of a decision: which rule, what it needed, what was there.</summary>
/// <param name="Rule">Which.</param>
/// <param name="IsMet">It held.</param>
public sealed record DecisionStep(DecisionRule Rule, bool IsMet)
{
    /// <summary>Object identifier of the tag set; null: not about one.</summary>
    public string? TagSet { get; init; }

    /// <summary>Null: not about a tag.</summary>
    public TagType? Type { get; init; }

    /// <summary>Values that were needed: classifications or categories.</summary>
    public ImmutableArray<int> Needed { get; init; } = [];

    /// <summary>Values that were there.</summary>
    public ImmutableArray<int> Present { get; init; } = [];

    /// <summary>Values that were needed and are texts.</summary>
    public ImmutableArray<string> NeededTexts { get; init; } = [];

    /// <summary>Values that were there and are texts.</summary>
    public ImmutableArray<string> PresentTexts { get; init; } = [];

    /// <summary>How many values are allowed or wanted; null: the rule counts none.</summary>
    public int? Limit { get; init; }

    /// <summary>The group of categories of which some must be there; null: the rule is another.</summary>
    public RequiredCategories? Requirement { get; init; }

    /// <summary>Further words, where values don't say it; null: none.</summary>
    public string? Detail { get; init; }
}
