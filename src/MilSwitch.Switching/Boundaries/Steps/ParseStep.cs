using MilSwitch.Domain.Boundaries;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Does it mean one thing to every reader? Nothing is repaired (threat M2).</summary>
internal sealed class ParseStep : IPipelineStep
{
    public string Name => "parse";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Away is { } reason) return Ruling.Later(Name, reason);
        if (passage.Opened is not { } opened) return Ruling.Hold(Name, 0, "it could not be read");
        if (opened.Fault is { } fault) return Ruling.Hold(Name, 0, fault);
        if (!Octets.AreLines(passage.Content.Span)) return Ruling.Hold(Name, 0, "it has line ends that can't be relayed");
        var limit = passage.Configuration.Loops.MaximumOwnHops;
        return passage.OwnHops >= limit
            ? Ruling.Hold(Name, 0, "it came by here before: a loop", ("own hops", Invariant(passage.OwnHops)), ("limit", Invariant(limit)))
            : Ruling.Go(Name, ("octets", Invariant(passage.Content.Length)), ("own hops", Invariant(passage.OwnHops)));
    }

    private static string Invariant(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
