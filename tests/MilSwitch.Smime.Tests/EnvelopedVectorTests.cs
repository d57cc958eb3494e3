using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>Material that others made.</summary>
[Trait("Feature", "E-04")]
[Trait("Feature", "E-05")]
[SupportedOSPlatform("linux")]
public sealed class EnvelopedVectorTests(ITestOutputHelper output)
{
    /// <summary>The example of RFC 9936 appendix C.</summary>
    private const string Kem512 = """
        MIID4gYLKoZIhvcNAQkQARegggPRMIIDzQIBADGCA3ikggN0BgsqhkiG9w0BCRAN
        AzCCA2MCAQCAFFmXiMN67UAO5AXRsqM2arF9gkpRMAsGCWCGSAFlAwQEAQSCAwA+
        pA/GygkOLIr3bicnqzjgZS2VFZhv4YaCf+hOWW5CG4X9RZzHiZc3LJ3jHRkbOcHV
        o+tt21aq3t52XMOQ/bvC+IyxdWgdQgG4HM38sk/vE68vWhq8+NivOE8CoBCm6Rnx
        mHpemxwOLT8H9YqfpTnOhswUmRChaSwMpM4Ozk7u0uZpnLl2MyRS3koutcph97CB
        Mww0eY73EqJOWcM86h8fnm1PvzdDo4RnQwARM29i2HB5K4Zr780dGzZb7RlSZz06
        Wwwgs4a079HPY/03a9R8zEasTdjsZrBHxMlaz/HP0CikGbAC/aG2F8umHS6Rz+j/
        +8uP/U1fatixWMIZ423FFAXcDAsjSXmsZY5yvd8bZ3O5ayrj5NB76GBIBAwBZ0Nv
        qDnnUpsAzJq1Wi8l22PMn1V1lOaRwR5VPUo+vHYPXxnl/hRIOLTH0VkdqbXUZ0lP
        2crFLMVQQGA5nb23IpjrmkwBewB4b9x9nXqletu4thw03h4oiyq3KBcdzhQ80WlT
        +YTBrtVZ5WuqDOZY0yzOQvRAdQTNelea0O+bdxNeqjm2+To6LlmXgH8GNhyD9OZ/
        jj+c9oMWARUU9dhaGBzq1xTNSUDk66wB1mUo2jL4nOoEKOjrytz4qhiMn2LoWxlX
        ZVt/4rjXlzt6cia2bZO/eyMvPc9lPIS07PGpkg2xlJrXULVGpVUqIOVJCXGbjAwH
        BW/LfldK0qMuyVAB3ehEgb530DntW/dCYuzzmB8bANM2apwuBhxH4kGgYcYklWDS
        uERqSAw4woupidn2itxLuvKiC0fkkjEoxyNC1Zf9olneC4PCBW1rd+eZsxkySqUL
        HWWcKlYCm3RTxfO6UkPZ+nSdkXxA2dEB5FO8ixDkKnwIkyPAJveD4QC5+m5wFEJN
        pvo3kryVfughnQFrdz8o/tzJYqSFq6/+wCMoGXHimqaJg57P0mGekih80jDbJqJQ
        fMUA6xx6UpO1/pF64pvxrTUBJPijEWNSFLQR259n07hb1xUBhTfqRbQfQbTGYFEw
        DQYLKoZIhvcNAQkQAxwCARAwCwYJYIZIAWUDBAEFBBjAUOQ5L5wU3QrCIgID8xfX
        AflPndknePUwOgYJKoZIhvcNAQcBMB4GCWCGSAFlAwQBBjARBAxcpXRouBvwO42n
        GGwCARCADZTIaJqZ0sOOGS+muggEEFzxeGxXx0ArVPyTwwpKRTM=
        """;

    [Fact]
    [Trait("Feature", "E-12")]
    public async Task Opens_the_example_of_RFC_9936()
    {
        var owner = EnvelopedMaterial.OfSeed([.. Enumerable.Range(0, 64).Select(i => (byte)i)], "599788C37AED400EE405D1B2A3366AB17D824A51");
        using var opened = await EnvelopedMaterial.OpenAsync(Convert.FromBase64String(Kem512), OpeningOptions.Default, owner.Key);
        Assert.Equal("Hello, world!", Encoding.ASCII.GetString(opened.Content.Span));
        Assert.True(opened.IsAuthenticated);
    }

    [Theory]
    [InlineData("rfc4134/5.1.bin", 1)]
    [InlineData("rfc4134/5.2.bin", 2)]
    public async Task Opens_the_examples_of_RFC_4134_where_old_ciphers_are_allowed(string file, int recipients)
    {
        if (SharedVectors.File(file, output) is not { } octets) return;
        using var bob = SoftwareDecryptionKey.FromPkcs8(SharedVectors.File("rfc4134/BobRSASignByCarl.cer", output), SharedVectors.File("rfc4134/BobPrivRSAEncrypt.pri", output));
        Assert.Equal(recipients, EnvelopedMaterial.Read(octets).Recipients.Count);
        using var opened = await EnvelopedMaterial.OpenAsync(octets, new OpeningOptions { AllowLegacy = true }, bob);
        Assert.Equal("This is some sample content.", Encoding.ASCII.GetString(opened.Content.Span));
        Assert.False(opened.IsAuthenticated);
        using var strict = await EnvelopedMaterial.OpenAsync(octets, OpeningOptions.Default, bob);
        Assert.Equal(OpeningOutcome.WeakAlgorithm, strict.Outcome);
    }

    [Theory]
    [InlineData("rfc4134/6.0.bin", ContentTypes.DigestedData)]
    [InlineData("rfc4134/7.1.bin", ContentTypes.EncryptedData)]
    [InlineData("rfc4134/7.2.bin", ContentTypes.EncryptedData)]
    public void Recognises_what_it_does_not_process(string file, string type)
    {
        if (SharedVectors.File(file, output) is not { } octets) return;
        var info = ContentInfo.Read(octets, CmsBounds.Default);
        Assert.Equal(type, info.ContentType);
        Assert.True(UnsupportedContent.Recognises(info.ContentType));
        var read = UnsupportedContent.Read(info, CmsBounds.Default);
        Assert.Equal(ContentTypes.Data, read.InnerContentType);
        Assert.NotEmpty(read.Algorithm.Algorithm);
    }

    [Fact]
    public void Reads_a_recipient_of_a_kind_that_is_not_known()
    {
        if (SharedVectors.File("ess/rfc5083-AuthEnvelopedData.der", output) is not { } octets) return;
        BerFrame.Check(octets, CmsBounds.Default);
        var read = EnvelopedContent.Read(new ContentInfo(ContentTypes.AuthEnvelopedData, octets), CmsBounds.Default);
        var recipient = Assert.IsType<UnknownRecipient>(Assert.Single(read.Recipients));
        Assert.Equal("1.2.840.113549.1.9.16.13.1", recipient.Type);
        Assert.Equal(EnvelopedOids.Aes256Gcm, read.ContentEncryption.Algorithm);
        Assert.Equal(12, read.Mac.Length);
        Assert.True(read.IsContentTypeAuthenticated);
    }

    [Fact]
    public async Task Opens_what_Thunderbird_made()
    {
        if (SharedVectors.File("comm-central/Bob.p12", output) is not { } pkcs12) return;
        var keys = SoftwareDecryptionKey.FromPkcs12(pkcs12, "nss");
        Assert.NotEmpty(keys);
        foreach (var file in SharedVectors.Files("comm-central", "*.env.eml", output))
        {
            var mail = Encoding.Latin1.GetString(SharedVectors.ReadMail(file));
            var body = Convert.FromBase64String(mail[mail.IndexOf("\r\n\r\n", StringComparison.Ordinal)..]);
            using var opened = await EnvelopedMaterial.OpenAsync(body, OpeningOptions.Default, [.. keys]);
            Assert.Equal(OpeningOutcome.Opened, opened.Outcome);
            Assert.Contains("Content-Type: ", Encoding.Latin1.GetString(opened.Content.Span), StringComparison.Ordinal);
        }

        // These are of an earlier authority of another name: the serial number alone names nobody.
        foreach (var file in SharedVectors.Files("comm-central", "*.env", output))
        {
            using var opened = await EnvelopedMaterial.OpenAsync(File.ReadAllBytes(file), OpeningOptions.Default, [.. keys]);
            Assert.Equal(OpeningOutcome.NoKey, opened.Outcome);
        }
    }

    [Theory]
    [InlineData("Alice-ec.p12")]
    [InlineData("Fran-ec.p12")]
    [InlineData("Fran.p12")]
    public void Loads_PKCS_12(string file)
    {
        if (SharedVectors.File("comm-central/" + file, output) is not { } pkcs12) return;
        Assert.Single(SoftwareDecryptionKey.FromPkcs12(pkcs12, "nss"));
        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPkcs12(pkcs12, "wrong"));
    }
}
