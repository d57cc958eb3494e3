using System.Formats.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>SMIMEEncryptionKeyPreference ::= CHOICE { issuerAndSerialNumber [0] IssuerAndSerialNumber, receipentKeyId [1]
/// RecipientKeyIdentifier, subjectAltKeyIdentifier [2] SubjectKeyIdentifier }</c> (RFC 8551 §2.5.3): which certificate of the
/// signer to encrypt for.
/// </summary>
public static class EncryptionKeyPreference
{
    /// <summary>The certificate meant; of a RecipientKeyIdentifier its key identifier.</summary>
    /// <exception cref="CmsFormatException">It is none.</exception>
    public static SignerIdentifier Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "SMIMEEncryptionKeyPreference", reader =>
    {
        var tag = reader.PeekTag();
        if (tag.TagClass is not TagClass.ContextSpecific) throw new AsnContentException();
        switch (tag.TagValue)
        {
            case 0:
                var sequence = reader.ReadSequence(tag);
                var identifier = new SignerIdentifier(sequence.ReadEncodedValue(), sequence.ReadIntegerBytes(), default);
                sequence.ThrowIfNotEmpty();
                return identifier;
            case 1:
                // A date and another key attribute may follow.
                return new SignerIdentifier(default, default, reader.ReadSequence(tag).ReadOctetString());
            case 2:
                return new SignerIdentifier(default, default, reader.ReadOctetString(tag));
            default:
                throw new AsnContentException();
        }
    });

    public static byte[] Encode(SignerIdentifier certificate) => EssValue.Encode(w =>
    {
        if (certificate.IsKeyIdentifier)
        {
            w.WriteOctetString(certificate.SubjectKeyIdentifier.Span, EssValue.Context(2));
            return;
        }

        using (w.PushSequence(EssValue.Context(0, isConstructed: true)))
        {
            w.WriteEncodedValue(certificate.Issuer.Span);
            w.WriteInteger(certificate.Serial.Span);
        }
    });
}
