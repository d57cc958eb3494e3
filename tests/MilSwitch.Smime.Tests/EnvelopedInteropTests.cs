using System.Runtime.Versioning;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests;

/// <summary>The second opinion of OpenSSL and GnuPG, both ways.</summary>
[Trait("Feature", "E-04")]
[Trait("Feature", "E-05")]
[Trait("Feature", "E-11")]
[SupportedOSPlatform("linux")]
public sealed class EnvelopedInteropTests : IDisposable
{
    private readonly Workspace _workspace = new("enveloped");
    private readonly byte[] _content = EnvelopedMaterial.Content(70_000);

    public EnvelopedInteropTests() => File.WriteAllBytes(_workspace["content"], _content);

    public void Dispose() => _workspace.Dispose();

    public static TheoryData<string, ContentCipherChoice, KeyTransportChoice> Ours
    {
        get
        {
            var data = new TheoryData<string, ContentCipherChoice, KeyTransportChoice>();
            foreach (var cipher in Enum.GetValues<ContentCipherChoice>())
            {
                foreach (var transport in Enum.GetValues<KeyTransportChoice>()) data.Add("rsa", cipher, transport);
                foreach (var kind in new[] { "p256", "p384", "p521" }) data.Add(kind, cipher, KeyTransportChoice.OaepSha256);
            }

            return data;
        }
    }

    [RequiresTheory("openssl")]
    [MemberData(nameof(Ours))]
    public async Task OpenSsl_opens_what_is_made_here(string kind, ContentCipherChoice cipher, KeyTransportChoice transport)
    {
        var owner = EnvelopedMaterial.Named(kind);
        File.WriteAllText(_workspace["key.pem"], owner.Pem);
        foreach (var recipient in new[] { owner.Recipient, owner.ByKeyIdentifier })
        {
            File.WriteAllBytes(_workspace["made"], EnvelopedMaterial.Seal(_content, new SealingOptions { Cipher = cipher, KeyTransport = transport }, recipient));
            await OpenSslDecryptsAsync("-recip", "key.pem", "-inkey", "key.pem");
        }
    }

    [RequiresFact("openssl")]
    public async Task OpenSsl_opens_a_message_for_several_recipients_as_each_of_them()
    {
        foreach (var cipher in new[] { ContentCipherChoice.Aes256Gcm, ContentCipherChoice.Aes256Cbc })
        {
            var options = new SealingOptions { Cipher = cipher, PasswordIterations = 10_000 };
            File.WriteAllBytes(_workspace["made"], EnvelopedMaterial.Seal(
                _content, options, EnvelopedMaterial.Rsa.Recipient, EnvelopedMaterial.P256.Recipient, EnvelopedMaterial.P384.ByKeyIdentifier,
                EnvelopedRecipient.For(EnvelopedMaterial.Shared), EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password)));
            foreach (var owner in new[] { EnvelopedMaterial.Rsa, EnvelopedMaterial.P256, EnvelopedMaterial.P384 })
            {
                File.WriteAllText(_workspace["key.pem"], owner.Pem);
                await OpenSslDecryptsAsync("-recip", "key.pem", "-inkey", "key.pem");
            }

            await OpenSslDecryptsAsync("-secretkey", Convert.ToHexString(EnvelopedMaterial.Shared.Key.Span), "-secretkeyid", Convert.ToHexString(EnvelopedMaterial.Shared.Identifier.Span));
            await OpenSslDecryptsAsync("-pwri_password", "correct horse");
        }
    }

    [RequiresTheory("openssl")]
    [InlineData("rsa", "-aes-128-cbc", "")]
    [InlineData("rsa", "-aes-256-cbc", "-keyopt rsa_padding_mode:oaep")]
    [InlineData("rsa", "-aes-256-gcm", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256")]
    [InlineData("rsa", "-aes-256-gcm", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha512 -keyopt rsa_mgf1_md:sha512")]
    [InlineData("rsa", "-aes-192-gcm", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha384 -keyopt rsa_mgf1_md:sha1")]
    [InlineData("rsa", "-aes-192-cbc", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_label:0102AB")]
    [InlineData("rsa", "-des3", "")]
    [InlineData("p256", "-aes-128-cbc", "")]
    [InlineData("p256", "-aes-256-gcm", "-keyopt ecdh_kdf_md:sha256")]
    [InlineData("p256", "-aes-256-gcm", "-keyopt ecdh_kdf_md:sha224 -aes192-wrap")]
    [InlineData("p384", "-aes-256-gcm", "-keyopt ecdh_kdf_md:sha384 -aes256-wrap")]
    [InlineData("p521", "-aes-128-gcm", "-keyopt ecdh_kdf_md:sha512 -keyopt ecdh_cofactor_mode:1")]
    public async Task Opens_what_OpenSsl_makes(string kind, string cipher, string extra)
    {
        var owner = EnvelopedMaterial.Named(kind);
        File.WriteAllText(_workspace["key.pem"], owner.Pem);
        foreach (var form in new[] { "-nosmimecap", "-stream", "-indef", "-keyid" })
        {
            // "-recip" must come before the options of its key; "-nosmimecap" changes nothing here: plain DER.
            await OpenSslAsync(["cms", "-encrypt", "-binary", "-in", "content", "-outform", "DER", "-out", "made", cipher, form, "-recip", "key.pem", .. extra.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            using var opened = await EnvelopedMaterial.OpenAsync(File.ReadAllBytes(_workspace["made"]), new OpeningOptions { AllowLegacy = true }, owner.Key);
            Assert.Equal(OpeningOutcome.Opened, opened.Outcome);
            Assert.True(opened.Content.Span.SequenceEqual(_content));
            using var strict = await EnvelopedMaterial.OpenAsync(File.ReadAllBytes(_workspace["made"]), OpeningOptions.Default, owner.Key);
            Assert.Equal(cipher is "-des3" ? OpeningOutcome.WeakAlgorithm : OpeningOutcome.Opened, strict.Outcome);
        }
    }

    [RequiresTheory("openssl")]
    [InlineData("-aes-128-cbc")]
    [InlineData("-aes-256-cbc")]
    public async Task Opens_shared_keys_and_passwords_of_OpenSsl(string cipher)
    {
        var shared = EnvelopedMaterial.Shared;
        await OpenSslAsync("cms", "-encrypt", "-binary", "-in", "content", "-outform", "DER", "-out", "made", cipher,
            "-secretkey", Convert.ToHexString(shared.Key.Span), "-secretkeyid", Convert.ToHexString(shared.Identifier.Span), "-pwri_password", "correct horse");
        var made = File.ReadAllBytes(_workspace["made"]);
        foreach (var options in new[] { new OpeningOptions { SharedKeys = [shared] }, new OpeningOptions { Password = EnvelopedMaterial.Password } })
        {
            using var opened = await EnvelopedMaterial.OpenAsync(made, options);
            Assert.Equal(OpeningOutcome.Opened, opened.Outcome);
            Assert.True(opened.Content.Span.SequenceEqual(_content));
        }
    }

    [RequiresFact("openssl")]
    [Trait("Feature", "E-06")]
    public async Task OpenSsl_reads_compressed_content_where_it_was_built_to()
    {
        File.WriteAllBytes(_workspace["made"], CompressedContent.Write(ContentTypes.Data, _content).ToArray());
        var (exitCode, error) = await EnvelopedMaterial.RunAsync("openssl", _workspace.Folder, "cms", "-uncompress", "-inform", "DER", "-in", "made", "-out", "opened");
        // Debian builds it without zlib; the structure it reads all the same.
        if (exitCode is not 0) Assert.Contains("compression", error, StringComparison.OrdinalIgnoreCase);
        else Assert.Equal(_content, File.ReadAllBytes(_workspace["opened"]));
        await OpenSslAsync("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", "made");
    }

    [RequiresFact("gpgsm", "openssl")]
    public async Task GnuPG_opens_what_is_made_here()
    {
        await using var gnuPg = await GnuPgHome.WithAsync(_workspace.Folder, EnvelopedMaterial.Rsa.Pem);
        foreach (var cipher in new[] { ContentCipherChoice.Aes128Cbc, ContentCipherChoice.Aes256Cbc })
        {
            File.WriteAllBytes(_workspace["made"], EnvelopedMaterial.Seal(_content, new SealingOptions { Cipher = cipher, KeyTransport = KeyTransportChoice.Pkcs1 }, EnvelopedMaterial.Rsa.Recipient));
            File.Delete(_workspace["opened"]);
            var (decrypted, said) = await gnuPg.RunAsync("--output", "opened", "--decrypt", "made");
            Assert.True(decrypted is 0, said);
            Assert.Equal(_content, File.ReadAllBytes(_workspace["opened"]));
        }
    }

    private async Task OpenSslDecryptsAsync(params string[] secret)
    {
        File.Delete(_workspace["opened"]);
        await OpenSslAsync(["cms", "-decrypt", "-binary", "-inform", "DER", "-in", "made", "-out", "opened", .. secret]);
        Assert.Equal(_content, File.ReadAllBytes(_workspace["opened"]));
    }

    private async Task OpenSslAsync(params string[] arguments)
    {
        var (exitCode, error) = await EnvelopedMaterial.RunAsync("openssl", _workspace.Folder, arguments);
        Assert.True(exitCode is 0, $"{string.Join(' ', arguments)}: {error}");
    }
}
