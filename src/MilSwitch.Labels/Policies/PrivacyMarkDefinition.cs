using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>A privacy mark that a policy knows (<c>privacyMark</c>).</summary>
/// <param name="Name">The mark itself.</param>
/// <param name="IsObsolete">In old labels only.</param>
/// <param name="Markings">What is shown for it.</param>
public sealed record PrivacyMarkDefinition(string Name, bool IsObsolete, ImmutableArray<MarkingData> Markings)
{
    /// <summary>What stands before and after it; nothing separates what is one.</summary>
    public ImmutableArray<MarkingQualifier> Qualifiers { get; init; } = [];
}
