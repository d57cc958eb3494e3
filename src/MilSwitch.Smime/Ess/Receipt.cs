using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>Receipt ::= SEQUENCE { version ESSVersion, contentType ContentType, signedContentIdentifier ContentIdentifier,
/// originatorSignatureValue OCTET STRING }</c> (RFC 2634 §2.8). Immutable.
/// </summary>
/// <param name="ContentType">What was signed.</param>
/// <param name="ContentIdentifier">As in the request.</param>
/// <param name="OriginatorSignature">Signature of the signer who asked.</param>
public sealed record Receipt(string ContentType, ReadOnlyMemory<byte> ContentIdentifier, ReadOnlyMemory<byte> OriginatorSignature)
{
    private const int Version = 1;

    /// <exception cref="CmsFormatException">It is none.</exception>
    public static Receipt Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "Receipt", reader =>
    {
        var sequence = reader.ReadSequence();
        if (!sequence.TryReadInt32(out var version) || version is not Version) throw new AsnContentException();
        var receipt = new Receipt(sequence.ReadObjectIdentifier(), sequence.ReadOctetString(), sequence.ReadOctetString());
        sequence.ThrowIfNotEmpty();
        return receipt;
    });

    public byte[] Encode() => EssValue.Encode(w =>
    {
        using (w.PushSequence())
        {
            w.WriteInteger(Version);
            w.WriteObjectIdentifier(ContentType);
            w.WriteOctetString(ContentIdentifier.Span);
            w.WriteOctetString(OriginatorSignature.Span);
        }
    });

    public bool Equals(Receipt? other) => other is not null && ContentType == other.ContentType
        && ContentIdentifier.Span.SequenceEqual(other.ContentIdentifier.Span) && OriginatorSignature.Span.SequenceEqual(other.OriginatorSignature.Span);

    public override int GetHashCode() => HashCode.Combine(ContentType, ContentIdentifier.Length, OriginatorSignature.Length);
}
