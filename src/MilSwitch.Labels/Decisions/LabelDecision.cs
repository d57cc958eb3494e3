using System.Collections.Immutable;

namespace MilSwitch.Labels.Decisions;

/// <summary>An answer and how it came about. Immutable.</summary>
/// <param name="IsGranted">The label is valid, or may be seen: whatever was asked. False as soon as one step is not met.</param>
/// <param name="Steps">In the order in which they were tried; all of them, also those behind the first that is not met.</param>
public sealed record LabelDecision(bool IsGranted, ImmutableArray<DecisionStep> Steps)
{
    /// <summary>The steps because of which it is not granted.</summary>
    public IEnumerable<DecisionStep> Unmet => Steps.Where(step => !step.IsMet);
}
