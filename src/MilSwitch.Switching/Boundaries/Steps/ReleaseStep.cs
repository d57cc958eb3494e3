using System.Globalization;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Do persons have to release it?</summary>
internal sealed class ReleaseStep : IPipelineStep
{
    public string Name => "release";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Boundary.Release is not { } rule) return Ruling.Skip(Name, "nobody has to release messages here");
        // Other policies have the same numbers for other classifications.
        if (passage.Classification is { } classification && passage.LabelPolicy == rule.Policy && !rule.Classifications.Contains(classification))
            return Ruling.Go(Name, ("classification", classification.ToString(CultureInfo.InvariantCulture)));
        return Ruling.Hold(
            Name, rule.Approvals, $"messages of this classification are released by {rule.Approvals.ToString(CultureInfo.InvariantCulture)} persons",
            ("classification", passage.Classification?.ToString(CultureInfo.InvariantCulture) ?? "none"));
    }
}
