using System.Collections.Immutable;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks;

/// <summary>What a check found so far: the gravest outcome, and the first few findings, so that no message makes the trail long. Not thread-safe.</summary>
internal sealed class FindingList(string check)
{
    private const int Most = 20;

    private readonly List<string> findings = [];
    private int more;

    public CheckOutcome Outcome { get; private set; }

    public void Add(CheckOutcome outcome, string finding)
    {
        if (outcome > Outcome) Outcome = outcome;
        if (findings.Contains(finding, StringComparer.Ordinal)) return;
        if (findings.Count < Most) findings.Add(finding);
        else more++;
    }

    public CheckVerdict ToVerdict() =>
        new(check, Outcome, more is 0 ? [.. findings] : [.. findings, $"and {more} more"]);
}
