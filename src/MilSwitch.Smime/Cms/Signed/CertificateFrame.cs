using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>The few fields of a certificate (RFC 5280 §4.1) that a signature is tied to. It says nothing about belief.</summary>
internal sealed class CertificateFrame
{
    private const string SubjectKeyIdentifierExtension = "2.5.29.14";

    private CertificateFrame(ReadOnlyMemory<byte> issuer, ReadOnlyMemory<byte> serial, ReadOnlyMemory<byte> subjectPublicKeyInfo, ReadOnlyMemory<byte> keyIdentifier)
    {
        Issuer = issuer;
        Serial = serial;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        SubjectKeyIdentifier = keyIdentifier;
    }

    /// <summary>Encoded Name.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>Contents octets of the INTEGER.</summary>
    public ReadOnlyMemory<byte> Serial { get; }

    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>Empty: it has no such extension.</summary>
    public ReadOnlyMemory<byte> SubjectKeyIdentifier { get; }

    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public static CertificateFrame Read(ReadOnlyMemory<byte> certificate)
    {
        BerFrame.Check(certificate.Span, CmsBounds.Default);
        try
        {
            var body = ReadName(certificate, out var issuer, out var serial);
            body.ReadEncodedValue();
            body.ReadEncodedValue();
            var key = body.ReadEncodedValue();
            ReadOnlyMemory<byte> identifier = default;
            while (body.HasData)
            {
                if (body.PeekTag() == Context(3)) identifier = Identifier(body.ReadSequence(Context(3)));
                else body.ReadEncodedValue();
            }

            return new CertificateFrame(issuer, serial, key, identifier);
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("not a certificate", cause: fault);
        }
    }

    /// <summary>The name of a certificate whose frame was checked; what follows the issuer.</summary>
    /// <exception cref="AsnContentException">It is no certificate.</exception>
    public static BerCursor ReadName(ReadOnlyMemory<byte> certificate, out ReadOnlyMemory<byte> issuer, out ReadOnlyMemory<byte> serial)
    {
        var whole = new BerCursor(certificate);
        var outer = whole.ReadSequence();
        var body = outer.ReadSequence();
        if (body.PeekTag() == Context(0)) body.ReadEncodedValue();
        serial = body.ReadIntegerBytes();
        body.ReadEncodedValue();
        issuer = body.ReadEncodedValue();
        return body;
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);

    private static ReadOnlyMemory<byte> Identifier(BerCursor wrapper)
    {
        var extensions = wrapper.ReadSequence();
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            if (extension.ReadObjectIdentifier() != SubjectKeyIdentifierExtension) continue;
            if (extension.PeekTag() == Asn1Tag.Boolean) extension.ReadEncodedValue();
            var value = new BerCursor(extension.ReadOctetString());
            return value.ReadOctetString();
        }

        return default;
    }
}
