using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>What do the checks say about its content?</summary>
internal sealed class CheckStep : IPipelineStep
{
    public string Name => "checks";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Boundary.Checks is null) return Ruling.Skip(Name, "nothing checks contents here");
        if (passage.Checks.IsEmpty) return Ruling.Hold(Name, 0, "no check has said anything");
        ImmutableArray<DecisionInput> inputs = [.. passage.Checks.Select(c => new DecisionInput(c.Check, c.Outcome.ToString().ToLowerInvariant()))];
        var worst = passage.Checks.Max(c => c.Outcome);
        if (worst is CheckOutcome.Passed) return Ruling.Go(Name) with { Inputs = inputs };
        var approvals = worst is CheckOutcome.Blocked ? passage.Boundary.BlockApprovals : passage.Boundary.CheckApprovals;
        return Ruling.Hold(
            Name, approvals, [.. passage.Checks.Where(c => c.Outcome is not CheckOutcome.Passed).SelectMany(c => c.Findings.Select(f => $"{c.Check}: {f}"))]) with { Inputs = inputs };
    }
}
