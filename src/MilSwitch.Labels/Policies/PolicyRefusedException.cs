using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>A document is no policy, or has no single meaning. Says everything that is wrong at once.</summary>
public sealed class PolicyRefusedException(ImmutableArray<PolicyProblem> problems, Exception? cause = null)
    : Exception(string.Join("; ", problems), cause)
{
    /// <summary>At least one.</summary>
    public ImmutableArray<PolicyProblem> Problems { get; } = problems;
}
