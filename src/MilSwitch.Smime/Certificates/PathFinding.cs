using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Certificates;

/// <summary>Something that is wrong with a path. Immutable.</summary>
/// <param name="Reason">Its code.</param>
/// <param name="Certificate">Which certificate.</param>
/// <param name="Detail">In words, for a person.</param>
public sealed record PathFinding(Reason Reason, Certificate Certificate, string Detail);
