using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Does everybody's link lead into the domain that the boundary leads into?</summary>
internal sealed class RoutingStep : IPipelineStep
{
    public string Name => "route";

    public StepDecision Decide(Passage passage)
    {
        foreach (var index in passage.Recipients)
        {
            var link = passage.Configuration.Routes.Find(passage.Envelope.Recipients[index].Address);
            if (link?.Domain != passage.Boundary.To.Name) return Ruling.Hold(Name, 0, $"no route leads recipient {index + 1} into {passage.Boundary.To.Name}");
        }

        return Ruling.Go(Name, ("into", passage.Boundary.To.Name));
    }
}
