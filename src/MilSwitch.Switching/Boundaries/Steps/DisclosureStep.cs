using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>What of its header does the other side get to see?</summary>
internal sealed class DisclosureStep : IPipelineStep
{
    public string Name => "disclose";

    public StepDecision Decide(Passage passage) => passage.Undisclosed.IsEmpty
        ? Ruling.Skip(Name, "there was nothing to take out")
        : Ruling.Go(Name, ("taken out", string.Join(", ", passage.Undisclosed.Distinct(StringComparer.OrdinalIgnoreCase))));
}
