using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Tests;

[Trait("Feature", "Q-01")]
public sealed class KeyFileTests
{
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000);

    [Fact]
    public void Reads_an_RSA_key_in_every_form()
    {
        using var rsa = RSA.Create(2048);
        foreach (var octets in new[]
        {
            rsa.ExportPkcs8PrivateKey(), rsa.ExportRSAPrivateKey(), rsa.ExportEncryptedPkcs8PrivateKey("pass", Encryption),
            Text(rsa.ExportPkcs8PrivateKeyPem()), Text(rsa.ExportRSAPrivateKeyPem()), Text("before\n" + rsa.ExportEncryptedPkcs8PrivateKeyPem("pass", Encryption) + "\nafter"),
        })
        {
            using var file = KeyFile.Read(octets, "pass");
            var key = Assert.Single(file.Keys);
            Assert.Equal(("rsa-2048", true), (key.Kind, key.Signs));
            Assert.Equal(rsa.ExportSubjectPublicKeyInfo(), key.PublicKeyInfo.ToArray());
            Assert.Equal(rsa.ExportRSAPublicKey(), key.PublicKey.ToArray());
        }
    }

    [Theory]
    [InlineData("nistP256", "p256")]
    [InlineData("nistP384", "p384")]
    [InlineData("nistP521", "p521")]
    public void Reads_an_EC_key_in_every_form(string curve, string kind)
    {
        using var ec = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        foreach (var octets in new[] { ec.ExportPkcs8PrivateKey(), ec.ExportECPrivateKey(), Text(ec.ExportPkcs8PrivateKeyPem()), Text(ec.ExportECPrivateKeyPem()) })
        {
            using var file = KeyFile.Read(octets);
            var key = Assert.Single(file.Keys);
            Assert.Equal(kind, key.Kind);
            Assert.Equal(ec.ExportSubjectPublicKeyInfo(), key.PublicKeyInfo.ToArray());
        }
    }

    [Fact]
    public void Every_kind_that_is_made_is_read_again()
    {
        foreach (var kind in SoftwareKey.Kinds.Where(k => k is not ("rsa-3072" or "rsa-4096")))
        {
            using var made = SoftwareKey.Generate(kind);
            // A password costs time, and its encryption knows nothing of kinds.
            foreach (var password in kind is "ml-dsa-65" ? new[] { null, "pass" } : [null])
            {
                using var file = KeyFile.Read(Text(made.ToPem(password)), password);
                var read = Assert.Single(file.Keys);
                Assert.Equal((kind, made.Signs), (read.Kind, read.Signs));
                Assert.Equal(made.PublicKeyInfo.ToArray(), read.PublicKeyInfo.ToArray());
            }
        }

        Assert.Throws<ArgumentException>(() => SoftwareKey.Generate("rsa-512"));
    }

    [Fact]
    public void Reads_a_PKCS12_and_clears_its_keys_in_the_end()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=x", ec, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        var octets = certificate.Export(X509ContentType.Pkcs12, "pass");
        var file = KeyFile.Read(octets, "pass");
        var key = Assert.Single(file.Keys);
        Assert.Equal(certificate.RawData, Assert.Single(file.Certificates).ToArray());
        Assert.Single(key.FindCertificates(file.Certificates));
        file.Dispose();
        Assert.All(key.Pkcs8.ToArray(), b => Assert.Equal(0, b));
        Assert.Contains("without a password", Assert.Throws<CmsFormatException>(() => KeyFile.Read(octets)).Message, StringComparison.Ordinal);
        Assert.Contains("does not open", Assert.Throws<CmsFormatException>(() => KeyFile.Read(octets, "wrong")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMAYCAQACAQA=\n-----END RSA PRIVATE KEY-----")]
    public void Refuses_what_is_no_key_file(string text) => Assert.Throws<CmsFormatException>(() => KeyFile.Read(Text(text)));

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);
}
