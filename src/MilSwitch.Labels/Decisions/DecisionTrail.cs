using System.Collections.Immutable;

namespace MilSwitch.Labels.Decisions;

/// <summary>Gathers the steps of one decision. Where nobody asks for them there is none, and the first unmet step ends the work.</summary>
internal sealed class DecisionTrail
{
    private readonly ImmutableArray<DecisionStep>.Builder steps = ImmutableArray.CreateBuilder<DecisionStep>();
    private bool isGranted = true;

    public void Add(DecisionStep step)
    {
        isGranted &= step.IsMet;
        steps.Add(step);
    }

    public LabelDecision Conclude() => new(isGranted, steps.DrainToImmutable());
}
