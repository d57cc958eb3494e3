using System.Collections.Immutable;

namespace MilSwitch.Domain.Labelling;

/// <summary>A message as it leaves with its label. Immutable.</summary>
/// <param name="Content">A whole message.</param>
/// <param name="Label">For the signed attributes of whoever signs it on the way out: an encoded <c>ESSSecurityLabel</c>; null: it has none.</param>
/// <param name="Equivalents">For equivalentLabels: what it was translated from.</param>
/// <param name="Findings">What was done, for the audit trail; may be empty.</param>
public sealed record DepartureLabels(
    ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte>? Label, ImmutableArray<ReadOnlyMemory<byte>> Equivalents, ImmutableArray<string> Findings);
