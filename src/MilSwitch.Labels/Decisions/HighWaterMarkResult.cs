using System.Collections.Immutable;

namespace MilSwitch.Labels.Decisions;

/// <summary>What <see cref="HighWaterMark"/> found: a label, or that there is none, and then nobody may have the whole.</summary>
public abstract record HighWaterMarkResult
{
    private HighWaterMarkResult()
    {
    }

    /// <summary>The label of the whole; valid in the policy.</summary>
    public sealed record Reached(SecurityLabel Label) : HighWaterMarkResult;

    /// <summary>No label of the policy covers the whole.</summary>
    /// <param name="Label">The label, from 0, that is not valid in the policy; null: each is, and they don't go together.</param>
    /// <param name="Reasons">The rules that are not met; at least one.</param>
    public sealed record Impossible(int? Label, ImmutableArray<DecisionStep> Reasons) : HighWaterMarkResult;
}
