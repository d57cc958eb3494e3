using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Boundaries;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;
using OpeningOutcome = MilSwitch.Domain.Boundaries.OpeningOutcome;

namespace MilSwitch.Smime.Tests.Boundaries;

/// <summary>People and authorities under one anchor, and what they make.</summary>
[SupportedOSPlatform("linux")]
internal static class BoundaryMaterial
{
    public const string Body = "Attack at dawn.\r\n";
    public const string Fields = "From: Alice <alice@unit.origin.test>\r\nTo: bob@dest.test\r\nCc: Carol <carol@dest.test>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\n"
        + "Message-ID: <1@origin.test>\r\nSubject: convoy\r\nMMHS-Primary-Precedence: 4 (flash)\r\nSIO-Label: marking=\"SECRET\"\r\n";

    public const string Plain = Fields + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + Body;

    private static readonly Dictionary<string, (SoftwareKeyPair Pair, byte[] Certificate, string Pem)> Owners = new(StringComparer.Ordinal);
    private static readonly X509Certificate2 Authority = Make();

    public static DateTimeOffset Now { get; } = TimeProvider.System.GetUtcNow();

    public static ArrivalTrust Trust { get; } = new() { Anchors = [Authority.RawData] };

    public static string AuthorityPem => Authority.ExportCertificatePem();

    public static KeyRing Ring { get; } = new(null, new Dictionary<string, ReadOnlyMemory<byte>>(), Owners.ToDictionary(o => o.Key, o => o.Value.Pair));

    /// <summary>The keys of a switch that has all but one's.</summary>
    public static KeyRing RingWithout(string owner) => new(null, new Dictionary<string, ReadOnlyMemory<byte>>(), Owners.Where(o => o.Key != owner).ToDictionary(o => o.Key, o => o.Value.Pair));

    public static SmimeBoundary Boundary { get; } = new(Ring, TimeProvider.System);

    public static BoundaryOpening Opening { get; } = new() { Trust = Trust, Keys = ["bob"] };

    public static byte[] CertificateOf(string owner) => Owners[owner].Certificate;

    public static string PemOf(string owner) => Owners[owner].Pem;

    public static byte[] Octets(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> octets) => Encoding.Latin1.GetString(octets.Span);

    public static SignatureSettings Signing(string owner, params string[] types) => new()
    {
        Signers = [new CmsSigner(Owners[owner].Pair.Signing(null))], SigningTime = Now, SignatureTypes = types, HeaderProtection = ProtectionScheme.None,
    };

    public static EncryptionSettings Encrypting(ContentCipherChoice cipher, params string[] owners) => new()
    {
        Recipients = [.. owners.Select(o => EnvelopedRecipient.For(RecipientCertificate.Read(Owners[o].Certificate)))],
        Sealing = SealingOptions.Default with { Cipher = cipher },
        HeaderProtection = ProtectionScheme.None,
        HeaderPolicy = HeaderConfidentialityPolicy.None,
    };

    public static async Task<OpenedMessage> OpenAsync(ReadOnlyMemory<byte> message, BoundaryOpening? settings = null) =>
        Assert.IsType<OpeningOutcome.Read>(await Boundary.OpenAsync(message, settings ?? Opening, Precedence.Routine, default)).Message;

    private static X509Certificate2 Make()
    {
        using var authorityKey = RSA.Create(2048);
        var request = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        var authority = request.CreateSelfSigned(now.AddDays(-2), now.AddYears(2));
        (string Name, string Subject, string? Address)[] owners =
        [
            ("alice", "CN=alice", "alice@unit.origin.test"), ("bob", "CN=bob", "bob@dest.test"), ("mallory", "CN=mallory", "mallory@evil.test"), ("nobody", "CN=nobody", null), ("list", "CN=list", "tac@origin.test"),
            ("domain", "CN=domain-signing-authority", "domain-signing-authority@origin.test"), ("other-domain", "CN=domain-signing-authority", "domain-signing-authority@evil.test"),
            ("false-domain", "CN=somebody", "domain-signing-authority@origin.test"),
            ("components", "CN=domain-signing-authority, DC=origin, DC=test", null), ("organization", "CN=domain-signing-authority, O=Origin", null),
            ("server", "CN=mail", "smtp://mail.unit.origin.test"),
            ("review", "CN=review-authority", "review-authority@office.test"), ("attribute", "CN=attribute-authority", null),
            ("confidentiality", "CN=domain-confidentiality-authority", "domain-confidentiality-authority@dest.test"),
        ];
        foreach (var (name, subject, address) in owners)
        {
            using var key = RSA.Create(2048);
            var leaf = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            if (address is not null)
            {
                var names = new SubjectAlternativeNameBuilder();
                if (address.Contains("//", StringComparison.Ordinal)) names.AddUri(new Uri(address));
                else names.AddEmailAddress(address);
                leaf.CertificateExtensions.Add(names.Build());
            }

            leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
            leaf.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
            using var certificate = leaf.Create(authority, now.AddDays(-1), now.AddYears(1), RandomNumberGenerator.GetBytes(8));
            var pem = key.ExportPkcs8PrivateKeyPem();
            Owners.Add(name, (new SoftwareKeyPair(KeyFile.Read(Encoding.ASCII.GetBytes(pem)).Keys[0], certificate.RawData), certificate.RawData, pem + "\n" + certificate.ExportCertificatePem() + "\n"));
        }

        return authority;
    }
}
