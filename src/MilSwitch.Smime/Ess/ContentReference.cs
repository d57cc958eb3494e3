using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>ContentReference ::= SEQUENCE { contentType ContentType, signedContentIdentifier ContentIdentifier,
/// originatorSignatureValue OCTET STRING }</c> (RFC 2634 §2.11). Immutable.
/// </summary>
/// <param name="ContentType">Of what is referred to.</param>
/// <param name="ContentIdentifier">Its contentIdentifier attribute.</param>
/// <param name="OriginatorSignature">Its signature.</param>
public sealed record ContentReference(string ContentType, ReadOnlyMemory<byte> ContentIdentifier, ReadOnlyMemory<byte> OriginatorSignature)
{
    /// <exception cref="CmsFormatException">It is none.</exception>
    public static ContentReference Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "ContentReference", reader =>
    {
        var sequence = reader.ReadSequence();
        var reference = new ContentReference(sequence.ReadObjectIdentifier(), sequence.ReadOctetString(), sequence.ReadOctetString());
        sequence.ThrowIfNotEmpty();
        return reference;
    });

    public byte[] Encode() => EssValue.Encode(w =>
    {
        using (w.PushSequence())
        {
            w.WriteObjectIdentifier(ContentType);
            w.WriteOctetString(ContentIdentifier.Span);
            w.WriteOctetString(OriginatorSignature.Span);
        }
    });

    public bool Equals(ContentReference? other) => other is not null && ContentType == other.ContentType
        && ContentIdentifier.Span.SequenceEqual(other.ContentIdentifier.Span) && OriginatorSignature.Span.SequenceEqual(other.OriginatorSignature.Span);

    public override int GetHashCode() => HashCode.Combine(ContentType, ContentIdentifier.Length, OriginatorSignature.Length);
}
