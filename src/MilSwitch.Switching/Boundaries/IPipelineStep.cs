using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries;

/// <summary>One decision on the way through a boundary. Pure: the same passage has the same decision, whenever and wherever it is asked.</summary>
internal interface IPipelineStep
{
    /// <summary>As decisions, approvals and the trail name it; never changed.</summary>
    string Name { get; }

    /// <summary>Decides by what is known of the passage so far. What is not known is a reason to hold.</summary>
    StepDecision Decide(Passage passage);
}
