using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests;

/// <summary>
/// The second opinion of GnuPG on signatures both ways, and on what it encrypts. GnuPG 2.2 makes ECDSA on P-256 only, verifies none on P-521, knows
/// no Ed25519 in CMS, and neither encrypts nor decrypts with ECDH.
/// </summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
public sealed class GnuPgSignedTests : IDisposable
{
    private static readonly byte[] Content = "Content-Type: text/plain\r\n\r\nAttack at dawn.\r\n"u8.ToArray();
    private readonly Workspace folder = new("gpgsm");

    public GnuPgSignedTests()
    {
        Directory.CreateDirectory(Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Trust(SignedPki.Authority);
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllBytes(folder["content"], Content);
    }

    private string Home => folder["gnupg"];

    public void Dispose()
    {
        // The agent of this home, and no other.
        if (Requirement.Find("gpgconf") is not null) SignedPki.Run("gpgconf", "--homedir", Home, "--kill", "gpg-agent");
        folder.Dispose();
    }

    [RequiresTheory("gpgsm")]
    [InlineData("rsa")]
    [InlineData("rsa-sha512")]
    [InlineData("pss")]
    [InlineData("pss-sha384")]
    [InlineData("p256")]
    [InlineData("p384")]
    public async Task GnuPG_verifies_what_is_made_here(string kind)
    {
        Good("--import", folder["ca.pem"]);
        var order = new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer(kind)], SigningTime = SignedPki.Now, Attributes = [new CmsAttribute(AttributeTypes.SecurityLabel, EssLabel.Encode(EssSamples.Label))] };
        File.WriteAllBytes(folder["opaque"], (await SignedDataWriter.SignAsync(order)).Join(Content));
        File.WriteAllBytes(folder["clear"], (await SignedDataWriter.SignAsync(order with { IsDetached = true })).Join([]));
        Good("--verify", folder["opaque"]);
        Good("--verify", folder["clear"], folder["content"]);
        File.WriteAllBytes(folder["content"], [.. Content, 32]);
        Assert.NotEqual(0, GnuPg("--verify", folder["clear"], folder["content"]).ExitCode);
    }

    [RequiresTheory("gpgsm")]
    [InlineData("rsa", "")]
    [InlineData("rsa", "--detach-sign")]
    [InlineData("p256", "")]
    [InlineData("p256", "--detach-sign")]
    public void Verifies_what_GnuPG_makes(string kind, string detached)
    {
        Good("--import", folder["ca.pem"]);
        AddKey(kind);
        Good("--disable-crl-checks", "--output", folder["made"], detached is "" ? "--sign" : detached, folder["content"]);
        var signed = SignedData.Read(File.ReadAllBytes(folder["made"]), CmsBounds.Default);
        Assert.Equal(detached is not "", signed.Content is null);
        if (signed.Content is { } inside) Assert.Equal(Content, inside.ToArray());
        Assert.Empty(SignedPki.Verify(signed, Assert.Single(signed.Signers), new ContentDigests(Content)).Reasons);
        Assert.NotEmpty(SignedPki.Verify(signed, signed.Signers[0], new ContentDigests(Content.AsMemory(1))).Reasons);
    }

    [RequiresTheory("gpgsm")]
    [InlineData("AES128")]
    [InlineData("AES256")]
    public async Task Opens_what_GnuPG_encrypts(string cipher)
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=Recipient", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyCertSign, true));
        using var certificate = request.CreateSelfSigned(SignedPki.Now.AddYears(-1), SignedPki.Now.AddYears(9));
        File.WriteAllText(folder["recipient.pem"], certificate.ExportCertificatePem());
        Trust(certificate.RawData);
        Good("--import", folder["recipient.pem"]);
        Good("--disable-crl-checks", "--cipher-algo", cipher, "--recipient", "/CN=Recipient", "--output", folder["made"], "--encrypt", folder["content"]);
        using var key = SoftwareDecryptionKey.FromPkcs8(certificate.RawData, rsa.ExportPkcs8PrivateKey());
        using var opened = await EnvelopedMaterial.OpenAsync(File.ReadAllBytes(folder["made"]), OpeningOptions.Default, key);
        Assert.Equal(OpeningOutcome.Opened, opened.Outcome);
        Assert.Equal(Content, opened.Content.ToArray());
    }

    private void Trust(byte[] certificate) => File.AppendAllText(
        Path.Combine(Home, "trustlist.txt"), $"{string.Join(':', Convert.ToHexString(SHA1.HashData(certificate)).Chunk(2).Select(p => new string(p)))} S relax\n");

    private (int ExitCode, string Output) GnuPg(params string[] arguments) => SignedPki.Run("gpgsm", ["--homedir", Home, "--batch", "--yes", "--disable-dirmngr", .. arguments]);

    private void Good(params string[] arguments)
    {
        var (exit, said) = GnuPg(arguments);
        Assert.True(exit is 0, said);
    }

    // Its import of PKCS #12 knows no elliptic curves, so the key is put where its agent looks, as the agent would have written it.
    private void AddKey(string kind)
    {
        var identity = SignedPki.Get(kind);
        File.WriteAllText(folder["own.pem"], identity.CertificatePem);
        Good("--import", folder["own.pem"]);
        var listed = GnuPg("--with-colons", "--with-keygrip", "-k", "/CN=Signer").Output;
        var grip = listed.Split('\n').First(l => l.StartsWith("grp:", StringComparison.Ordinal)).Trim().Trim(':')[4..].Trim(':');
        byte[] key;
        if (kind is "p256")
        {
            using var ec = ECDsa.Create();
            ec.ImportPkcs8PrivateKey(identity.Pkcs8, out _);
            var numbers = ec.ExportParameters(includePrivateParameters: true);
            key = List("ecc"u8.ToArray(), List("curve"u8.ToArray(), "NIST P-256"u8.ToArray()), List("q"u8.ToArray(), [4, .. numbers.Q.X!, .. numbers.Q.Y!]), List("d"u8.ToArray(), numbers.D!));
        }
        else
        {
            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(identity.Pkcs8, out _);
            var numbers = rsa.ExportParameters(includePrivateParameters: true);
            // libgcrypt has p and q the other way round: u is the inverse of p modulo q, with p the smaller.
            key = List("rsa"u8.ToArray(), Number("n", numbers.Modulus!), Number("e", numbers.Exponent!), Number("d", numbers.D!), Number("p", numbers.Q!), Number("q", numbers.P!), Number("u", numbers.InverseQ!));
        }

        var store = Directory.CreateDirectory(Path.Combine(Home, "private-keys-v1.d"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllBytes(Path.Combine(store.FullName, grip + ".key"), List("private-key"u8.ToArray(), key));
    }

    private static byte[] Number(string name, byte[] value) => List(Encoding.ASCII.GetBytes(name), [0, .. value]);

    // A canonical S-expression: each atom with its length, each list in parentheses.
    private static byte[] List(params byte[][] items) =>
        [(byte)'(', .. items.SelectMany(i => i is [(byte)'(', ..] ? i : [.. Encoding.ASCII.GetBytes(i.Length.ToString(CultureInfo.InvariantCulture) + ":"), .. i]), (byte)')'];
}
