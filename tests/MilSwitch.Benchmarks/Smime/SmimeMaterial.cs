using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>Keys, certificates and contents that all rows share.</summary>
internal static class SmimeMaterial
{
    public const int Small = 4 << 10;
    public const int Middle = 100 << 10;
    public const int Large = 5 << 20;

    public static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly ECDsa AuthorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly X509Certificate2 Authority = MakeAuthority();

    public static Signer Rsa2048 { get; } = new(RSA.Create(2_048), HashAlgorithmName.SHA256);

    public static Signer Rsa3072 { get; } = new(RSA.Create(3_072), HashAlgorithmName.SHA256);

    public static Signer P256 { get; } = new(ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);

    public static Signer P384 { get; } = new(ECDsa.Create(ECCurve.NamedCurves.nistP384), HashAlgorithmName.SHA384);

    /// <summary>Decrypts.</summary>
    public static Signer Recipient { get; } = new(RSA.Create(2_048), HashAlgorithmName.SHA256);

    public static string Name(int size) => size >= 1 << 20 ? $"{size >> 20} MiB" : $"{size >> 10} KiB";

    /// <summary>Text in canonical form.</summary>
    public static byte[] Content(int size)
    {
        var content = new byte[size];
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"u8.CopyTo(content);
        for (var i = 43; i < size; i++) content[i] = (i % 72) switch { 70 => (byte)'\r', 71 => (byte)'\n', _ => (byte)('a' + (((i * 7) ^ (i >> 5)) % 26)) };
        return content;
    }

    /// <summary>
    /// What a formal message carries: a label, which its policy gives, and a request for a receipt, hints and an identifier
    /// that are its own.
    /// </summary>
    public static CmsAttribute[] EssAttributes(int number)
    {
        var identifier = new byte[24];
        "milswitch-"u8.CopyTo(identifier);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(identifier.AsSpan(20), number);
        var request = new ReceiptRequest { ContentIdentifier = identifier, From = ReceiptsFrom.All, To = ReceiptsTo };
        return
        [
            Label,
            new CmsAttribute(AttributeTypes.ReceiptRequest, request.Encode()),
            new CmsAttribute(AttributeTypes.ContentHints, new ContentHints(MilSwitch.Smime.Asn1.ContentTypes.Data, "operations order").Encode()),
        ];
    }

    private static CmsAttribute Label { get; } = new(
        AttributeTypes.SecurityLabel, EssLabel.Encode(new SecurityLabel { Policy = "1.3.6.1.4.1.99999.1", Classification = 3, PrivacyMark = "RELEASABLE TO EXERCISE" }));

    private static GeneralNames[] ReceiptsTo { get; } = [GeneralNames.OfAddress("operations@unit.example")];

    private static X509Certificate2 MakeAuthority()
    {
        var request = new CertificateRequest("CN=Benchmark CA", AuthorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Now.AddYears(-5), Now.AddYears(20));
    }

    private static byte[] Certify(AsymmetricAlgorithm key)
    {
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var request = new CertificateRequest(new X500DistinguishedName("CN=Duty Officer, OU=Operations, O=Unit"), PublicKey.CreateFromSubjectPublicKeyInfo(publicKey, out _), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(SHA1.HashData(publicKey), false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress("operations@unit.example");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(AuthorityKey), Now.AddYears(-4), Now.AddYears(10), RandomNumberGenerator.GetBytes(12));
        return certificate.RawData;
    }

    /// <summary>A key with its certificate, bare and as ours.</summary>
    internal sealed class Signer(AsymmetricAlgorithm key, HashAlgorithmName digest)
    {
        private readonly Lazy<CmsSigner> cms = new(() => new CmsSigner(SoftwareSigningKey.Create(key.ExportPkcs8PrivateKey(), Certify(key))));

        public byte[] Certificate => cms.Value.Key.Certificate.ToArray();

        public byte[] Pkcs8 { get; } = key.ExportPkcs8PrivateKey();

        public CmsSigner Cms => cms.Value;

        public RSA Rsa => (RSA)key;

        public EnvelopedRecipient AsRecipient() => EnvelopedRecipient.For(RecipientCertificate.Read(Certificate));

        /// <summary>The bare primitive.</summary>
        public byte[] Sign(ReadOnlySpan<byte> octets) => key switch
        {
            RSA rsa => rsa.SignData(octets, digest, RSASignaturePadding.Pkcs1),
            ECDsa ec => ec.SignData(octets, digest, DSASignatureFormat.Rfc3279DerSequence),
            _ => throw new NotSupportedException(),
        };

        /// <summary>The bare primitive.</summary>
        public void Hash(ReadOnlySpan<byte> octets)
        {
            Span<byte> value = stackalloc byte[64];
            CryptographicOperations.HashData(digest, octets, value);
        }
    }
}
