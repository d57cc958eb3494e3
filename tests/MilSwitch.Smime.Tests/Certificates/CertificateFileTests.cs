using System.Formats.Asn1;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests.Certificates;

[SupportedOSPlatform("linux")]
public sealed class CertificateFileTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset At = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly Certificate Alice = Root.Issue();

    [Fact]
    public void Reads_certificates_in_every_form()
    {
        Assert.Equal([Alice], CertificateFile.Read(Alice.Encoded).Certificates);
        Assert.Equal([Alice], CertificateFile.Read(Encoding.ASCII.GetBytes(Convert.ToBase64String(Alice.Encoded.Span, Base64FormattingOptions.InsertLineBreaks))).Certificates);
        var pem = $"Subject: whoever\n{Pem("CERTIFICATE", Alice.Encoded)}\r\n{Pem("PRIVATE KEY", new byte[] { 1, 2, 3 })}\nbetween\n{Pem("CERTIFICATE", Root.Certificate.Encoded)}";
        Assert.Equal([Alice, Root.Certificate], CertificateFile.Read(Encoding.UTF8.GetBytes(pem)).Certificates);
        var message = CertsOnly(Alice, Root.Certificate);
        Assert.Equal([Alice, Root.Certificate], CertificateFile.Read(message).Certificates.OrderBy(c => c.Subject.ToString(), StringComparer.Ordinal));
        Assert.Equal(2, CertificateFile.Read(Encoding.ASCII.GetBytes(Pem("PKCS7", message))).Certificates.Count);
        using var loaded = X509CertificateLoader.LoadCertificate(Alice.Encoded.Span);
        var pkcs12 = loaded.Export(X509ContentType.Pkcs12, "secret");
        Assert.Equal([Alice], CertificateFile.Read(pkcs12, "secret").Certificates);
    }

    [Fact]
    public void Reads_lists_and_responses()
    {
        var answer = Root.Answer(Alice, 0);
        Assert.Equal(OcspStatus.Good, answer.Answers.Single().Status);
        var list = Whole(Root.List([(Alice, 1)]));
        Assert.Equal(1, CertificateFile.Read(list).RevocationLists.Single().Count);
        Assert.Single(CertificateFile.Read(Encoding.ASCII.GetBytes(Pem("X509 CRL", list))).RevocationLists);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMAAw")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----")]
    [InlineData("MAA=")]
    [InlineData("MIAwgDCA")]
    public void Refuses_what_is_none_of_them(string text) => Assert.Throws<CmsFormatException>(() => CertificateFile.Read(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Refuses_a_wrong_password_and_an_encrypted_message()
    {
        using var loaded = X509CertificateLoader.LoadCertificate(Alice.Encoded.Span);
        var pkcs12 = loaded.Export(X509ContentType.Pkcs12, "secret");
        Assert.Throws<CmsFormatException>(() => CertificateFile.Read(pkcs12, "wrong"));
    }

    [Fact]
    [Trait("Threat", "C6")]
    public void Never_throws_anything_else_for_mutations()
    {
        var random = new Random(9);
        using var loaded = X509CertificateLoader.LoadCertificate(Alice.Encoded.Span);
        foreach (var sound in new[] { Alice.Encoded.ToArray(), CertsOnly(Alice), Whole(Root.List([(Alice, 1)])), loaded.Export(X509ContentType.Pkcs12, "x") })
        {
            for (var round = 0; round < 200; round++)
            {
                var mutant = (byte[])sound.Clone();
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
                try
                {
                    CertificateFile.Read(mutant, "x");
                }
                catch (CmsFormatException)
                {
                    // Refused.
                }
            }
        }
    }

    // RFC 9216: chains, the certified path across two authorities, and keys that are for one use only.
    [Theory]
    [InlineData("alice.sign", "ca.rsa", "", PathPurpose.Sign, new Reason[0])]
    [InlineData("bob.sign", "ca.rsa", "", PathPurpose.Sign, new Reason[0])]
    [InlineData("carlos.sign", "ca.25519", "", PathPurpose.Sign, new Reason[0])]
    [InlineData("dana.sign", "ca.25519", "", PathPurpose.Sign, new Reason[0])]
    [InlineData("alice.encrypt", "ca.rsa", "", PathPurpose.Encrypt, new Reason[0])]
    [InlineData("dana.encrypt", "ca.25519", "", PathPurpose.Encrypt, new Reason[0])]
    [InlineData("carlos.sign", "ca.rsa", "ca.25519.cross", PathPurpose.Sign, new Reason[0])]
    [InlineData("alice.sign", "ca.25519", "ca.rsa.cross", PathPurpose.Sign, new Reason[0])]
    [InlineData("alice.sign", "ca.rsa", "", PathPurpose.Encrypt, new[] { Reason.KeyUsage })]
    [InlineData("alice.encrypt", "ca.rsa", "", PathPurpose.Sign, new[] { Reason.KeyUsage })]
    [InlineData("carlos.sign", "ca.25519", "", PathPurpose.Encrypt, new[] { Reason.KeyUsage })]
    [InlineData("dana.encrypt", "ca.25519", "", PathPurpose.Sign, new[] { Reason.KeyUsage })]
    [InlineData("carlos.sign", "ca.rsa", "", PathPurpose.Sign, new[] { Reason.ChainIncomplete })]
    [InlineData("carlos.sign", "ca.rsa", "ca.25519", PathPurpose.Sign, new[] { Reason.UntrustedRoot })]
    public void Judges_the_people_of_RFC_9216(string who, string anchor, string between, PathPurpose purpose, Reason[] expected)
    {
        if (SharedVectors.File($"rfc9216/{who}.crt.pem", output) is not { } file) return;
        var options = new PathOptions { Trust = new TrustMaterial(Read(anchor), between.Length is 0 ? [] : Read(between)), At = At, Purpose = purpose };
        Assert.Equal(expected, PathJudge.Judge(CertificateFile.Read(file).Certificates.Single(), options).Reasons);
        Assert.Equal(expected.Length is 0 ? [Reason.CertExpired] : expected.Append(Reason.CertExpired).Order(), PathJudge.Judge(CertificateFile.Read(file).Certificates.Single(), options with { At = At.AddYears(40) }).Reasons.Order());

        IReadOnlyList<Certificate> Read(string name) => CertificateFile.Read(SharedVectors.File($"rfc9216/{name}.crt.pem", output)!).Certificates;
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("bob")]
    [InlineData("carlos")]
    [InlineData("dana")]
    public void Reads_the_PKCS_12_files_of_RFC_9216(string who)
    {
        if (SharedVectors.File($"rfc9216/{who}.p12", output) is not { } file) return;
        Assert.Contains(CertificateFile.Read(file, who).Certificates, c => c.MailAddresses.SequenceEqual([who + "@smime.example"]));
    }

    private static string Pem(string label, ReadOnlyMemory<byte> octets) => PemEncoding.WriteString(label, octets.Span);

    private static byte[] CertsOnly(params Certificate[] certificates)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.7.2");
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                using (writer.PushSetOf())
                {
                }

                using (writer.PushSequence()) writer.WriteObjectIdentifier("1.2.840.113549.1.7.1");
                using (writer.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 0)))
                {
                    foreach (var certificate in certificates) writer.WriteEncodedValue(certificate.Encoded.Span);
                }

                using (writer.PushSetOf())
                {
                }
            }
        }

        return writer.Encode();
    }

    private static byte[] Whole(RevocationList list)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(list.Signed.Span);
            list.SignatureAlgorithm.Write(writer);
            writer.WriteBitString(list.Signature.Span);
        }

        return writer.Encode();
    }
}
