using System.Security.Cryptography;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Tests;

[Trait("Feature", "E-04")]
public sealed class EnvelopedKeyTests
{
    [Theory]
    [InlineData("rsa")]
    [InlineData("p384")]
    [InlineData("x25519")]
    [InlineData("ml-kem-768")]
    public void Loads_keys_from_PEM(string kind)
    {
        var owner = EnvelopedMaterial.Named(kind);
        using var key = SoftwareDecryptionKey.FromPem(owner.Pem);
        Assert.Equal(owner.Certificate, key.Certificate.ToArray());
    }

    [Fact]
    public async Task Loads_encrypted_and_traditional_keys_from_PEM()
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(EnvelopedMaterial.Rsa.Pem);
        var certificate = PemEncoding.WriteString("CERTIFICATE", EnvelopedMaterial.Rsa.Certificate) + "\n";
        var encrypted = certificate + rsa.ExportEncryptedPkcs8PrivateKeyPem("pass", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000));
        foreach (var (pem, password) in new[] { (encrypted, "pass"), (certificate + rsa.ExportRSAPrivateKeyPem(), "") })
        {
            using var key = SoftwareDecryptionKey.FromPem(pem, password);
            var made = EnvelopedMaterial.Seal([1], new(), EnvelopedMaterial.Rsa.Recipient);
            using var opened = await EnvelopedMaterial.OpenAsync(made, new(), key);
            Assert.Equal([1], opened.Content.ToArray());
        }

        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPem(encrypted, "wrong"));
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("p256")]
    [InlineData("x25519")]
    [InlineData("ml-kem-512")]
    public void Refuses_keys_that_do_not_belong_to_the_certificate(string kind)
    {
        var mine = EnvelopedMaterial.Named(kind);
        var other = EnvelopedMaterial.Named(kind is "rsa" ? "p256" : "rsa");
        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPem(PemEncoding.WriteString("CERTIFICATE", mine.Certificate) + "\n" + other.Pem[other.Pem.IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal)..]));
        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPkcs8(mine.Certificate, [1, 2, 3]));
        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPem("nothing"));
    }
}
