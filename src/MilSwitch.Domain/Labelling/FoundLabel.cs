using System.Collections.Immutable;

namespace MilSwitch.Domain.Labelling;

/// <summary>A label that stands in the signed attributes of a message.</summary>
/// <param name="Encoded">As it stands there: an <c>ESSSecurityLabel</c>, or octets that are none.</param>
/// <param name="IsBelieved">The signature that covers it is good and its signer acceptable.</param>
/// <param name="Equivalents">The same signer's equivalentLabels (RFC 2634 §3.4).</param>
public sealed record FoundLabel(ReadOnlyMemory<byte> Encoded, bool IsBelieved, ImmutableArray<ReadOnlyMemory<byte>> Equivalents);
