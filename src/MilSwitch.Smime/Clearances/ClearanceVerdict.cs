using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Clearances;

/// <summary>The effective clearance of a subject (RFC 5913). Immutable.</summary>
/// <param name="Effective">Null: the empty list. Somebody without a clearance, and everybody after a failure.</param>
/// <param name="Findings">What is wrong; none: success, also when nothing is left of the clearance.</param>
/// <param name="Path">The path whose constraints counted: of the subject, or of the authority that issued the attribute certificate; null: it was not come to.</param>
public sealed record ClearanceVerdict(Clearance? Effective, IReadOnlyList<ClearanceFinding> Findings, PathVerdict? Path)
{
    public bool IsSuccess => Findings.Count is 0;
}
