using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests;

[SupportedOSPlatform("linux")]
[Trait("Feature", "E-02")]
public sealed class SoftwareSigningKeyReaderTests : IDisposable
{
    private readonly Workspace folder = new("keys");

    public static TheoryData<string> Kinds => [.. (string[])["rsa", "p256", "p384", "p521", "ed25519"]];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("rsa")]
    [InlineData("p256")]
    [InlineData("ed25519")]
    [InlineData("ml-dsa-65")]
    public async Task Reads_plain_keys_in_PEM_and_DER(string kind)
    {
        var identity = SignedPki.Get(kind);
        foreach (var file in new[] { identity.Pkcs8, Encoding.ASCII.GetBytes(identity.KeyPem), Encoding.ASCII.GetBytes("some text\n" + identity.CertificatePem + identity.KeyPem) })
        {
            // A password that is not needed does no harm.
            foreach (var password in new[] { null, "secret" })
            {
                using var key = SoftwareSigningKeyReader.ReadKey(file, identity.Certificate, password);
                await SignsAsync(key);
            }
        }
    }

    [RequiresTheory("openssl")]
    [MemberData(nameof(Kinds))]
    public async Task Reads_keys_that_openssl_encrypts(string kind)
    {
        var identity = SignedPki.Get(kind);
        File.WriteAllText(folder["key.pem"], Pem(kind));
        foreach (var form in new[] { "-v2 aes-256-cbc -v2prf hmacWithSHA256", "-v2 aes-128-cbc -v2prf hmacWithSHA1", "-v1 PBE-SHA1-3DES" })
        {
            foreach (var encoding in new[] { "PEM", "DER" })
            {
                OpenSsl(["pkcs8", "-topk8", "-in", folder["key.pem"], "-out", folder["encrypted"], "-outform", encoding, "-passout", "pass:secret", .. form.Split(' ')]);
                var file = File.ReadAllBytes(folder["encrypted"]);
                using var key = SoftwareSigningKeyReader.ReadKey(file, identity.Certificate, "secret");
                await SignsAsync(key);
                foreach (var wrong in new[] { "Secret", "", null }) Refuses(() => SoftwareSigningKeyReader.ReadKey(file, identity.Certificate, wrong));
            }
        }
    }

    [RequiresTheory("openssl")]
    [InlineData("rsa", "PEM")]
    [InlineData("rsa", "DER")]
    [InlineData("p256", "PEM")]
    [InlineData("p256", "DER")]
    [InlineData("p384", "DER")]
    public async Task Reads_the_forms_before_PKCS_8(string kind, string encoding)
    {
        var identity = SignedPki.Get(kind);
        File.WriteAllText(folder["key.pem"], identity.KeyPem);
        OpenSsl(kind is "rsa" ? "rsa" : "ec", "-in", folder["key.pem"], "-out", folder["old"], "-outform", encoding, kind is "rsa" ? "-traditional" : "-no_public");
        using var key = SoftwareSigningKeyReader.ReadKey(File.ReadAllBytes(folder["old"]), identity.Certificate);
        await SignsAsync(key);
        Refuses(() => SoftwareSigningKeyReader.ReadKey(File.ReadAllBytes(folder["old"]), SignedPki.Get("p521").Certificate));
    }

    [RequiresFact("openssl")]
    public void Refuses_the_encryption_before_PKCS_8()
    {
        File.WriteAllText(folder["key.pem"], SignedPki.Get("rsa").KeyPem);
        OpenSsl("rsa", "-in", folder["key.pem"], "-out", folder["old"], "-traditional", "-aes128", "-passout", "pass:secret");
        Refuses(() => SoftwareSigningKeyReader.ReadKey(File.ReadAllBytes(folder["old"]), SignedPki.Get("rsa").Certificate, "secret"));
    }

    [Fact]
    public void Finds_the_certificate_of_the_key_among_others()
    {
        var identity = SignedPki.Get("p256");
        var pem = Encoding.ASCII.GetBytes(SignedPki.AuthorityPem + "\n" + identity.KeyPem + SignedPki.Get("rsa").CertificatePem + identity.CertificatePem);
        var (key, certificates) = SoftwareSigningKeyReader.ReadPem(pem);
        using (key) Assert.Equal(identity.Certificate, key.Certificate.ToArray());
        Assert.Equal(3, certificates.Count);
        Refuses(() => SoftwareSigningKeyReader.ReadPem(Encoding.ASCII.GetBytes(identity.KeyPem)).Key);
        Refuses(() => SoftwareSigningKeyReader.ReadPem(Encoding.ASCII.GetBytes(identity.CertificatePem)).Key);
        Refuses(() => SoftwareSigningKeyReader.ReadPem(Encoding.ASCII.GetBytes(SignedPki.AuthorityPem + "\n" + identity.KeyPem)).Key);
        Refuses(() => SoftwareSigningKeyReader.ReadPem(Encoding.ASCII.GetBytes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + identity.KeyPem)).Key);
        Refuses(() => SoftwareSigningKeyReader.ReadPem(default).Key);
    }

    [RequiresTheory("openssl")]
    [InlineData("rsa", "")]
    [InlineData("rsa", "-legacy")]
    [InlineData("p384", "")]
    [InlineData("ed25519", "")]
    [InlineData("p256", "-keypbe NONE -certpbe NONE")]
    [InlineData("p256", "-name signer -caname signer")]
    public async Task Reads_PKCS_12_with_its_chain(string kind, string form)
    {
        var identity = SignedPki.Get(kind);
        File.WriteAllText(folder["key.pem"], Pem(kind) + identity.CertificatePem);
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        OpenSsl(["pkcs12", "-export", "-in", folder["key.pem"], "-certfile", folder["ca.pem"], "-out", folder["key.p12"], "-passout", "pass:secret", .. form.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        var file = File.ReadAllBytes(folder["key.p12"]);
        var (key, certificates) = SoftwareSigningKeyReader.ReadPkcs12(file, "secret");
        using (key)
        {
            Assert.Equal(identity.Certificate, key.Certificate.ToArray());
            await SignsAsync(key);
        }

        Assert.Equal(2, certificates.Count);
        Assert.Contains(certificates, c => c.Span.SequenceEqual(SignedPki.Authority));
        foreach (var wrong in new[] { "Secret", "", null }) Refuses(() => SoftwareSigningKeyReader.ReadPkcs12(file, wrong).Key);
    }

    [RequiresFact("openssl")]
    public void Refuses_PKCS_12_without_a_key()
    {
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        OpenSsl("pkcs12", "-export", "-nokeys", "-in", folder["ca.pem"], "-out", folder["none.p12"], "-passout", "pass:secret");
        Refuses(() => SoftwareSigningKeyReader.ReadPkcs12(File.ReadAllBytes(folder["none.p12"]), "secret").Key);
        Refuses(() => SoftwareSigningKeyReader.ReadPkcs12([1, 2, 3], "secret").Key);
        Refuses(() => SoftwareSigningKeyReader.ReadPkcs12(default, "secret").Key);
    }

    [Fact]
    public void Refuses_what_is_no_key_or_another()
    {
        var certificate = SignedPki.Get("rsa").Certificate;
        foreach (var file in new byte[][] { [], [0x30, 0], [1, 2, 3], [.. "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"u8], SignedPki.Authority, SignedPki.Get("p256").Pkcs8, SignedPki.Get("pss").Pkcs8, SignedPki.Get("ml-dsa-44").Pkcs8 })
        {
            Refuses(() => SoftwareSigningKeyReader.ReadKey(file, certificate));
            Refuses(() => SoftwareSigningKeyReader.ReadKey(file, certificate, "secret"));
        }

        Refuses(() => SoftwareSigningKeyReader.ReadKey(SignedPki.Get("rsa").Pkcs8, new byte[] { 0x30, 0 }));
        Refuses(() => SoftwareSigningKeyReader.ReadKey(SignedPki.Get("rsa").Pkcs8, default));
    }

    // The key of Ed25519 without its public half (RFC 8410 §7), with which OpenSSL 3.0 reads none.
    private static string Pem(string kind) => kind is not "ed25519" ? SignedPki.Get(kind).KeyPem : PemEncoding.WriteString(
        "PRIVATE KEY", [.. Convert.FromHexString("302E020100300506032B657004220420"), .. SignedPki.Get(kind).Pkcs8.AsSpan(16, 32)]) + "\n";

    private static void Refuses(Func<SoftwareSigningKey> read) => Assert.Throws<CmsFormatException>(() => read().Dispose());

    private static async Task SignsAsync(SoftwareSigningKey key)
    {
        byte[] content = [1, 2, 3];
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(content), Signers = [new CmsSigner(key)] })).Join(content), CmsBounds.Default);
        Assert.Empty(SignedPki.Verify(signed, signed.Signers[0]).Reasons);
    }

    private static void OpenSsl(params string[] arguments)
    {
        var (exit, text) = SignedPki.Run("openssl", arguments);
        Assert.True(exit is 0, text);
    }
}
