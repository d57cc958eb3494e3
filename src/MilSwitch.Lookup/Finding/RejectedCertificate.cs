using System.Collections.Immutable;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Lookup.Finding;

/// <summary>A certificate that was found and is not used. Immutable.</summary>
/// <param name="Found">As it was found.</param>
/// <param name="Subject">Whom it names; empty: it can't be read.</param>
/// <param name="Why">The kind of reason.</param>
/// <param name="Reasons">What is wrong with its path; none for other kinds.</param>
/// <param name="Detail">In words, for an operator.</param>
public sealed record RejectedCertificate(FoundCertificate Found, string Subject, Rejection Why, ImmutableArray<Reason> Reasons, string Detail);
