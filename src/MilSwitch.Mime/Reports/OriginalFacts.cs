using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>Extension fields of a delivery report, which RFC 3464 §2.4 allows: they tie it to the octets that were accepted. Immutable.</summary>
/// <param name="Digest">SHA-2 of the message as it was accepted; empty: it is not said.</param>
/// <param name="Precedence">Its level; null: it is not said.</param>
/// <param name="ContentIdentifier">The signedContentIdentifier of its receipt request (RFC 2634 §2.7); empty: it has none.</param>
public sealed record OriginalFacts(ReadOnlyMemory<byte> Digest, Precedence? Precedence, ReadOnlyMemory<byte> ContentIdentifier)
{
    internal void Write(PartWriter fields)
    {
        if (!Digest.IsEmpty) fields.Field("X-MilSwitch-Original-Digest", $"sha-{Digest.Length * 8}; {Convert.ToHexStringLower(Digest.Span)}");
        if (Precedence is { } precedence) fields.Field("X-MilSwitch-Precedence", precedence.Keyword());
        if (!ContentIdentifier.IsEmpty) fields.Field("X-MilSwitch-Content-Identifier", Convert.ToHexStringLower(ContentIdentifier.Span));
    }
}
