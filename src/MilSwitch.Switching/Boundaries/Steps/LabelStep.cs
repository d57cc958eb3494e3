using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Labelling;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Which label has it, does that hold under its policy, and may it go to the other domain and to each recipient?</summary>
internal sealed class LabelStep : IPipelineStep
{
    public string Name => "label";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Boundary is { LabelsIn: null, LabelsOut: null, Ceiling: null }) return Ruling.Skip(Name, "nothing here asks for labels");
        ImmutableArray<DecisionInput> inputs = [.. (passage.Found?.Findings ?? []).Select(f => new DecisionInput("found", f))];
        if (passage.Boundary.LabelsIn is not null && passage.Found is null) return Ruling.Hold(Name, 0, "its label could not be judged");
        // A label that is none, or two of them, is for the originator to mend.
        if (passage.Found?.HeldBecause is { } held) return Ruling.Hold(Name, 0, held) with { Inputs = inputs };
        if (passage.Found is { Refusal: not null } refused) return Ruling.Hold(Name, 0, refused.Findings[^1]) with { Inputs = inputs };
        var denied = passage.Permits.Where(p => !p.Verdict.Goes).ToArray();
        if (denied.Length is 0) return Ruling.Go(Name) with { Inputs = inputs };
        if (denied.All(d => d.Verdict.Outcome is LabelOutcome.Return)) return new StepDecision(Name, StepOutcome.Return, [.. denied.Select(d => d.Verdict.Reason).Distinct()]) { Inputs = inputs };
        return Ruling.Hold(Name, passage.Boundary.LabelApprovals, [.. denied.Select(d => d.Verdict.Reason).Distinct()]) with { Inputs = inputs };
    }

    /// <summary>Those who may not get it; the others of the same message go on without them.</summary>
    public static ImmutableArray<int> Denied(Passage passage) => [.. passage.Permits.Where(p => !p.Verdict.Goes).Select(p => p.Recipient)];
}
