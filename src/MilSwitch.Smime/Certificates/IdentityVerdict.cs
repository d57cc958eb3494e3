using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Certificates;

/// <summary>Whether the signer is the one that the message shows as its sender. Immutable.</summary>
/// <param name="Match">The outcome.</param>
/// <param name="Reasons">Codes; none: nothing is wrong.</param>
/// <param name="Detail">In words, for a person.</param>
public sealed record IdentityVerdict(IdentityMatch Match, IReadOnlyList<Reason> Reasons, string Detail);
