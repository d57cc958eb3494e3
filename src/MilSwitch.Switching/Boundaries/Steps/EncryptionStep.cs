using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Is it protected as this boundary asks for? Nothing leaves with less.</summary>
internal sealed class EncryptionStep : IPipelineStep
{
    public string Name => "encrypt";

    public StepDecision Decide(Passage passage)
    {
        var boundary = passage.Boundary;
        if (boundary is { Sign: null, Encrypt: null }) return Ruling.Skip(Name, "nothing is protected here");
        return passage.Departure switch
        {
            DepartureOutcome.Protected made => Ruling.Go(Name) with { Inputs = [.. made.Notes.Select(n => new DecisionInput(n.Kind.ToString().ToLowerInvariant(), n.Detail))] },
            DepartureOutcome.Unavailable away => Ruling.Later(Name, away.Reason),
            DepartureOutcome.Impossible never => Ruling.Hold(Name, 0, never.Reason),
            _ => Ruling.Hold(Name, 0, "it could not be protected"),
        };
    }

    /// <summary>Those whom it can't be protected for; all of them when it is about all.</summary>
    public static ImmutableArray<int> Unprotected(Passage passage) =>
        passage.Departure is DepartureOutcome.Impossible { Recipients: { IsEmpty: false } some } ? [.. some.Select(i => passage.Recipients[i])] : passage.Recipients;
}
