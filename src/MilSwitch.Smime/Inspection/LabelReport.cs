using System.Collections.Immutable;

namespace MilSwitch.Smime.Inspection;

/// <summary>A security label, as <c>milswitch label decode</c> shows it.</summary>
public sealed record LabelReport
{
    public required string Policy { get; init; }

    public string? PolicyName { get; init; }

    public int? Classification { get; init; }

    public string? ClassificationName { get; init; }

    public string? PrivacyMark { get; init; }

    public ImmutableArray<LabelCategoryReport> Categories { get; init; } = [];
}
