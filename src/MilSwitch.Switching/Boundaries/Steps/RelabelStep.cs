using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Has it a label on the other side?</summary>
internal sealed class RelabelStep : IPipelineStep
{
    public string Name => "relabel";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Boundary.LabelsOut is null) return Ruling.Skip(Name, "nothing there asks for labels");
        if (passage.RelabelFault is { } fault) return Ruling.Hold(Name, 0, fault);
        if (passage.Relabelled is not { } labels) return Ruling.Hold(Name, 0, "its label could not be written");
        return Ruling.Go(Name) with { Inputs = [.. labels.Findings.Select(f => new DecisionInput("done", f))] };
    }
}
