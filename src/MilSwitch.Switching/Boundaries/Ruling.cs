using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries;

/// <summary>Short ways to write decisions.</summary>
internal static class Ruling
{
    public static StepDecision Go(string step, params ReadOnlySpan<(string Name, string Value)> inputs) => new(step, StepOutcome.Go, []) { Inputs = Of(inputs) };

    public static StepDecision Skip(string step, string why) => new(step, StepOutcome.Skip, [why]);

    public static StepDecision Hold(string step, int approvals, ImmutableArray<string> reasons, params ReadOnlySpan<(string Name, string Value)> inputs) =>
        new(step, StepOutcome.Hold, reasons) { Approvals = approvals, Inputs = Of(inputs) };

    public static StepDecision Hold(string step, int approvals, string reason, params ReadOnlySpan<(string Name, string Value)> inputs) =>
        Hold(step, approvals, [reason], inputs);

    public static StepDecision Later(string step, string reason) => new(step, StepOutcome.Later, [reason]);

    private static ImmutableArray<DecisionInput> Of(ReadOnlySpan<(string Name, string Value)> inputs)
    {
        var made = ImmutableArray.CreateBuilder<DecisionInput>(inputs.Length);
        foreach (var (name, value) in inputs) made.Add(new DecisionInput(name, value));
        return made.MoveToImmutable();
    }
}
