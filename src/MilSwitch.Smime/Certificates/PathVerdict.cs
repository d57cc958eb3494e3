using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Certificates;

/// <summary>Whether a certificate is believed, and why not. Immutable.</summary>
/// <param name="Findings">What is wrong; none: the path is valid.</param>
/// <param name="Path">The certificate first, the anchor last; what was found when there is no whole path.</param>
/// <param name="Policies">The valid policies, in the words of the anchor's domain (RFC 5280 §6.1.6).</param>
/// <param name="Notes">What a person should know although it changes nothing, such as an unknown revocation status that was not required.</param>
public sealed record PathVerdict(IReadOnlyList<PathFinding> Findings, IReadOnlyList<Certificate> Path, IReadOnlyList<string> Policies, IReadOnlyList<string> Notes)
{
    public bool IsValid => Findings.Count is 0;

    /// <summary>Each reason once, in the order of the findings.</summary>
    public IReadOnlyList<Reason> Reasons => [.. Findings.Select(f => f.Reason).Distinct()];
}
