using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// Certificates, revocation lists and OCSP responses as files bring them: DER, PEM with any text between, the same in a
/// certs-only message (RFC 5652 §5, PKCS#7), and certificates of a PKCS#12 file, whose keys are not touched. Pure.
/// </summary>
public static class CertificateFile
{
    /// <summary>Octets of one file.</summary>
    public const int MostOctets = 64 << 20;

    /// <summary>Objects of one file.</summary>
    public const int MostObjects = 4_096;

    /// <summary>Reads what the octets hold, whatever form they have.</summary>
    /// <param name="octets">The whole file.</param>
    /// <param name="password">Of a PKCS#12 file.</param>
    /// <exception cref="CmsFormatException">They are none of these forms, or too much of it.</exception>
    public static CertificateFileContents Read(ReadOnlyMemory<byte> octets, string? password = null)
    {
        if (octets.Length > MostOctets) throw new CmsFormatException("too large", CmsFault.TooLarge);
        var found = new Found();
        if (octets.Length > 0 && octets.Span[0] is 0x30) ReadBinary(octets, password, found);
        else if (octets.Span.IndexOf("-----BEGIN "u8) >= 0) ReadPem(octets.Span, password, found);
        else ReadBinary(Decode(octets.Span), password, found);
        return new CertificateFileContents(found.Certificates, found.RevocationLists, found.OcspResponses);
    }

    // Other blocks, such as keys, are read over: files hold them side by side.
    private static void ReadPem(ReadOnlySpan<byte> octets, string? password, Found found)
    {
        var text = Encoding.Latin1.GetString(octets).AsSpan();
        var blocks = 0;
        while (PemEncoding.TryFind(text, out var fields))
        {
            if (++blocks > MostObjects) throw new CmsFormatException("too many objects", CmsFault.TooLarge);
            var label = text[fields.Label];
            var isCertificate = label is "CERTIFICATE" or "X509 CERTIFICATE" or "TRUSTED CERTIFICATE";
            if (isCertificate || label is "X509 CRL" or "CRL" or "PKCS7" or "CMS" or "OCSP RESPONSE" or "PKCS12")
            {
                var value = new byte[fields.DecodedDataLength];
                if (!Convert.TryFromBase64Chars(text[fields.Base64Data], value, out var length)) throw new CmsFormatException("not base64");
                ReadBinary(value.AsMemory(0, length), password, found);
            }

            text = text[fields.Location.End..];
        }

        if (blocks is 0) throw new CmsFormatException("no whole PEM block");
    }

    private static byte[] Decode(ReadOnlySpan<byte> octets)
    {
        try
        {
            return Convert.FromBase64String(Encoding.Latin1.GetString(octets));
        }
        catch (FormatException)
        {
            throw new CmsFormatException("neither DER nor PEM nor base64");
        }
    }

    private static void ReadBinary(ReadOnlyMemory<byte> octets, string? password, Found found)
    {
        switch (KindOf(octets))
        {
            case Kind.Certificate:
                found.Add(Certificate.Read(octets));
                break;
            case Kind.RevocationList:
                found.Add(RevocationList.Read(octets));
                break;
            case Kind.OcspResponse:
                found.Add(OcspResponse.Read(octets));
                break;
            case Kind.Message:
                ReadMessage(octets, found);
                break;
            case Kind.Pkcs12:
                ReadPkcs12(octets.Span, password, found);
                break;
            default:
                throw new CmsFormatException("neither a certificate, a revocation list, an OCSP response, a certs-only message nor a PKCS#12 file");
        }
    }

    private enum Kind
    {
        None,
        Certificate,
        RevocationList,
        OcspResponse,
        Message,
        Pkcs12,
    }

    // By the first elements, so that a fault inside is told as one of what it is.
    private static Kind KindOf(ReadOnlyMemory<byte> octets)
    {
        try
        {
            var outer = new AsnReader(octets, AsnEncodingRules.BER).ReadSequence();
            var first = outer.PeekTag();
            if (first.HasSameClassAndValue(Asn1Tag.Enumerated)) return Kind.OcspResponse;
            if (first.HasSameClassAndValue(Asn1Tag.ObjectIdentifier)) return Kind.Message;
            if (first.HasSameClassAndValue(Asn1Tag.Integer)) return Kind.Pkcs12;
            var body = outer.ReadSequence();
            if (ExtensionReader.Next(body, 0)) return Kind.Certificate;
            // A certificate of version 1 has a validity where a list has its time.
            if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) body.ReadEncodedValue();
            body.ReadSequence();
            body.ReadSequence();
            return body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) ? Kind.Certificate : Kind.RevocationList;
        }
        catch (AsnContentException)
        {
            return Kind.None;
        }
    }

    // Only the two bags; who signed the message, if anybody, says nothing about them.
    private static void ReadMessage(ReadOnlyMemory<byte> octets, Found found)
    {
        var bounds = CmsBounds.Default with { Elements = 8_000_000 };
        var message = ContentInfo.Read(octets, bounds);
        if (message.ContentType != ContentTypes.SignedData) throw new CmsFormatException("a message that carries no certificates");
        try
        {
            var signed = new AsnReader(message.Content, AsnEncodingRules.BER).ReadSequence();
            signed.ReadInteger();
            signed.ReadSetOf(skipSortOrderValidation: true);
            signed.ReadSequence();
            foreach (var tag in new[] { 0, 1 })
            {
                if (!ExtensionReader.Next(signed, tag)) continue;
                var bag = signed.ReadSetOf(skipSortOrderValidation: true, new Asn1Tag(TagClass.ContextSpecific, tag));
                while (bag.HasData)
                {
                    var isPlain = bag.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence);
                    var value = bag.ReadEncodedValue();
                    // Attribute certificates and other formats (§10.2.1, §10.2.2) are read over.
                    if (!isPlain) continue;
                    if (tag is 0) found.Add(Certificate.Read(value));
                    else found.Add(RevocationList.Read(value));
                }
            }
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("not a certs-only message", cause: fault);
        }
    }

    private static void ReadPkcs12(ReadOnlySpan<byte> octets, string? password, Found found)
    {
        // The keys stay closed; the platform's limits on iterations and sizes hold (threat C7).
        var limits = new Pkcs12LoaderLimits { IgnorePrivateKeys = true, IgnoreEncryptedAuthSafes = password is null, MaxCertificates = MostObjects };
        X509Certificate2Collection read;
        try
        {
            read = X509CertificateLoader.LoadPkcs12Collection(octets, password, X509KeyStorageFlags.EphemeralKeySet, limits);
        }
        catch (CryptographicException fault)
        {
            throw new CmsFormatException("a PKCS#12 file that can't be read; is the password right?", cause: fault);
        }

        foreach (var certificate in read)
        {
            using (certificate) found.Add(Certificate.Read(certificate.RawDataMemory.ToArray()));
        }
    }

    private sealed class Found
    {
        public List<Certificate> Certificates { get; } = [];

        public List<RevocationList> RevocationLists { get; } = [];

        public List<OcspResponse> OcspResponses { get; } = [];

        public void Add(Certificate certificate) => Add(Certificates, certificate);

        public void Add(RevocationList list) => Add(RevocationLists, list);

        public void Add(OcspResponse response) => Add(OcspResponses, response);

        private void Add<T>(List<T> list, T value)
        {
            if (Certificates.Count + RevocationLists.Count + OcspResponses.Count == MostObjects) throw new CmsFormatException("too many objects", CmsFault.TooLarge);
            list.Add(value);
        }
    }
}
