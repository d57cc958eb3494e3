using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Testing;
using Xunit.Abstractions;
using static MilSwitch.Smime.Tests.Making.MakingMaterial;

namespace MilSwitch.Smime.Tests.Making;

[SupportedOSPlatform("linux")]
[Trait("Feature", "E-04")]
public sealed class MessageEncryptionTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string Composed = Fields[(Fields.IndexOf("\r\n", StringComparison.Ordinal) + 2)..];
    private readonly Workspace folder = new("making");

    public static TheoryData<string, ContentCipherChoice> Ways
    {
        get
        {
            var data = new TheoryData<string, ContentCipherChoice>();
            foreach (var kind in new[] { "rsa", "p256", "p384", "p521", "x25519", "ml-kem-512", "ml-kem-768", "ml-kem-1024" })
                foreach (var cipher in Enum.GetValues<ContentCipherChoice>()) data.Add(kind, cipher);
            return data;
        }
    }

    public void Dispose() => folder.Dispose();

    [RequiresTheory("openssl")]
    [MemberData(nameof(Ways))]
    public async Task Encrypts_what_is_opened_here_and_by_openssl(string kind, ContentCipherChoice cipher)
    {
        var owner = EnvelopedMaterial.Named(kind);
        var made = await MessageProtector.EncryptAsync(Message, Encrypting(owner.Recipient) with { Sealing = new SealingOptions { Cipher = cipher } });
        var text = Text(made);
        Assert.Contains("\r\nSubject: [...]\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("convoy", text, StringComparison.Ordinal);
        Assert.Equal(MimeAmbiguity.None, Read(made).TreeAmbiguity);
        using var opened = await MessageProtector.DecryptAsync(made.ToArray(), [owner.Key], OpeningOptions.Default);
        Assert.Equal(DecryptionOutcome.Opened, opened.Outcome);
        Assert.Equal(Encoding.Latin1.GetString(Message), Text(opened.Message));
        Assert.Equal(ProtectionScheme.Rfc9788, opened.HeaderProtection);
        Assert.Equal(cipher is ContentCipherChoice.Aes256Gcm or ContentCipherChoice.Aes128Gcm, opened.IsAuthenticated);
        var removed = Assert.Single(opened.Removed);
        Assert.Equal(kind is "rsa" ? "ktri" : kind.StartsWith("ml", StringComparison.Ordinal) ? "kemri" : "kari", removed.RecipientKind);
        // OpenSSL 3.0 has neither X25519 nor ML-KEM in CMS.
        if (kind is "x25519" || removed.RecipientKind is "kemri") return;
        Assert.EndsWith(Body, Encoding.Latin1.GetString(OpensslDecrypts(folder, made, owner)), StringComparison.Ordinal);
    }

    [RequiresTheory("openssl")]
    [InlineData("rsa", "-aes-128-cbc", "")]
    [InlineData("rsa", "-aes-256-cbc", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256")]
    [InlineData("rsa", "-aes-256-gcm", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256")]
    [InlineData("p256", "-aes-128-cbc", "")]
    [InlineData("p256", "-aes-256-gcm", "-keyopt ecdh_kdf_md:sha256")]
    [InlineData("p384", "-aes-256-gcm", "-keyopt ecdh_kdf_md:sha384 -aes256-wrap")]
    public async Task Opens_what_openssl_makes(string kind, string cipher, string extra)
    {
        var owner = EnvelopedMaterial.Named(kind);
        File.WriteAllText(folder["key.pem"], owner.Pem);
        File.WriteAllText(folder["inside"], "Content-Type: text/plain\r\n\r\n" + Body);
        Openssl(["cms", "-encrypt", "-binary", "-in", folder["inside"], "-out", folder["made.eml"], "-subject", "outside", "-from", "ops@unit.example", cipher, "-recip", folder["key.pem"], .. extra.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        using var opened = await MessageProtector.DecryptAsync(File.ReadAllBytes(folder["made.eml"]), [owner.Key], SuiteAlgorithms.Limit(OpeningOptions.Default, AlgorithmSuite.Default));
        Assert.Equal(DecryptionOutcome.Opened, opened.Outcome);
        Assert.Equal("From: ops@unit.example\r\nSubject: outside\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + Body, Text(opened.Message).Replace("To: \r\n", "", StringComparison.Ordinal));
    }

    [RequiresFact("gpgsm", "openssl")]
    public async Task GnuPG_opens_what_is_made_here()
    {
        await using var gnuPg = await GnuPgHome.WithAsync(folder.Folder, EnvelopedMaterial.Rsa.Pem);
        var settings = Encrypting(EnvelopedMaterial.Rsa.Recipient) with { Suite = Lenient, Sealing = new SealingOptions { Cipher = ContentCipherChoice.Aes256Cbc, KeyTransport = KeyTransportChoice.Pkcs1 } };
        File.WriteAllBytes(folder["made.p7m"], Read(await MessageProtector.EncryptAsync(Message, settings)).Decode().ToArray());
        var (decrypted, said) = await gnuPg.RunAsync("--output", "opened", "--decrypt", "made.p7m");
        Assert.True(decrypted is 0, said);
        Assert.EndsWith(Body, File.ReadAllText(folder["opened"], Encoding.Latin1), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "E-11")]
    public async Task Encrypts_for_shared_keys_and_passwords_where_the_suite_makes_that()
    {
        var settings = Encrypting(EnvelopedRecipient.For(EnvelopedMaterial.Shared), EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password)) with { Suite = Lenient, Sealing = new SealingOptions { PasswordIterations = 10_000 } };
        var made = (await MessageProtector.EncryptAsync(Message, settings)).ToArray();
        foreach (var options in new[] { new OpeningOptions { SharedKeys = [EnvelopedMaterial.Shared] }, new OpeningOptions { Password = EnvelopedMaterial.Password } })
        {
            using var opened = await MessageProtector.DecryptAsync(made, [], options);
            Assert.Equal(Encoding.Latin1.GetString(Message), Text(opened.Message));
        }

        Assert.Equal(MakingRefusal.Suite, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.EncryptAsync(Message, settings with { Suite = AlgorithmSuite.Default }))).Reason);
    }

    [Theory]
    [Trait("Feature", "E-14")]
    [InlineData("rsa", ContentCipherChoice.Aes256Gcm, false)]
    [InlineData("p384", ContentCipherChoice.Aes256Gcm, false)]
    [InlineData("ml-kem-768", ContentCipherChoice.Aes256Gcm, false)]
    [InlineData("ml-kem-1024", ContentCipherChoice.Aes128Gcm, false)]
    [InlineData("ml-kem-1024", ContentCipherChoice.Aes256Gcm, true)]
    public async Task Makes_and_opens_only_CNSA_where_that_is_ordered(string kind, ContentCipherChoice cipher, bool isMade)
    {
        var owner = EnvelopedMaterial.Named(kind);
        var settings = Encrypting(owner.Recipient) with { Sealing = new SealingOptions { Cipher = cipher } };
        if (!isMade) Assert.Equal(MakingRefusal.Suite, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.EncryptAsync(Message, settings with { Suite = AlgorithmSuite.Cnsa2 }))).Reason);
        var made = await MessageProtector.EncryptAsync(Message, isMade ? settings with { Suite = AlgorithmSuite.Cnsa2 } : settings);
        using var opened = await MessageProtector.DecryptAsync(made.ToArray(), [owner.Key], SuiteAlgorithms.Limit(OpeningOptions.Default, AlgorithmSuite.Cnsa2));
        Assert.Equal(isMade ? DecryptionOutcome.Opened : DecryptionOutcome.WeakAlgorithm, opened.Outcome);
    }

    [Theory]
    [InlineData("none", ProtectionScheme.Rfc9788)]
    [InlineData("baseline", ProtectionScheme.Rfc9788)]
    [InlineData("shy", ProtectionScheme.Rfc9788)]
    [InlineData("mmhs", ProtectionScheme.Rfc9788)]
    [InlineData("shy", ProtectionScheme.Rfc8551)]
    public async Task Hides_by_the_policy_and_restores_when_opened(string policy, ProtectionScheme scheme)
    {
        var hidden = HeaderConfidentialityPolicy.All.Single(p => p.Name == policy);
        foreach (var legacy in new[] { false, true })
        {
            var made = await MessageProtector.EncryptAsync(Message, Encrypting(EnvelopedMaterial.P256.Recipient) with { HeaderPolicy = hidden, HeaderProtection = scheme, LegacyDisplay = legacy });
            var text = Text(made);
            Assert.Equal(policy is not "none", text.Contains("\r\nSubject: [...]\r\n", StringComparison.Ordinal));
            Assert.Equal(policy is "none" or "baseline", text.Contains("Operations", StringComparison.Ordinal));
            using var opened = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.P256.Key], OpeningOptions.Default);
            Assert.Equal(Encoding.Latin1.GetString(Message), Text(opened.Message));
            Assert.Equal(scheme, opened.HeaderProtection);
        }
    }

    [Fact]
    public async Task Takes_from_outside_only_what_was_added_in_transit()
    {
        var made = Text(await MessageProtector.EncryptAsync(Message, Encrypting(EnvelopedMaterial.P256.Recipient)));
        var relayed = Ascii("Received: by c.example\r\nCc: intruder@evil.example\r\nSIO-Label: marking=x\r\n" + made.Replace("Date: Wed", "Date: Thu", StringComparison.Ordinal));
        using var opened = await MessageProtector.DecryptAsync(relayed, [EnvelopedMaterial.P256.Key], OpeningOptions.Default);
        var text = Text(opened.Message);
        Assert.StartsWith("Received: by c.example\r\nSIO-Label: marking=x\r\nReceived: from a.example", text, StringComparison.Ordinal);
        Assert.EndsWith(Composed + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + Body, text, StringComparison.Ordinal);
        Assert.DoesNotContain("intruder", text, StringComparison.Ordinal);
        Assert.DoesNotContain("HP-Outer", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_the_outer_From_when_the_inner_one_is_another()
    {
        var made = Text(await MessageProtector.EncryptAsync(Message, Encrypting(EnvelopedMaterial.P256.Recipient))).Replace("<ops@unit.example>", "<other@evil.example>", StringComparison.Ordinal);
        using var opened = await MessageProtector.DecryptAsync(Ascii(made), [EnvelopedMaterial.P256.Key], OpeningOptions.Default);
        Assert.True(opened.FromMismatch);
        Assert.Contains("<other@evil.example>", Text(opened.Message), StringComparison.Ordinal);
        Assert.DoesNotContain("ops@unit.example", Text(opened.Message), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_the_signature_inside_and_restores_the_header_around_it()
    {
        foreach (var format in Enum.GetValues<SignatureFormat>())
        {
            var made = await MessageProtector.SignAndEncryptAsync(Message, Signing("p256") with { Format = format }, Encrypting(EnvelopedMaterial.Rsa.Recipient) with { HeaderPolicy = HeaderConfidentialityPolicy.Shy });
            using var opened = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.Rsa.Key], OpeningOptions.Default);
            Assert.StartsWith(Fields + "MIME-Version: 1.0\r\nContent-Type: " + (format is SignatureFormat.Clear ? "multipart/signed" : "application/pkcs7-mime"), Text(opened.Message), StringComparison.Ordinal);
            AssertGood(Read(opened.Message));
            using var bare = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.Rsa.Key], OpeningOptions.Default, DecryptionExtent.Everything);
            Assert.Equal(Encoding.Latin1.GetString(Message), Text(bare.Message));
            Assert.Equal([LayerType.AuthEncrypted, LayerType.Signed], bare.Removed.Select(r => r.Type));
        }
    }

    [Fact]
    public async Task Encrypts_a_signed_message_as_it_is()
    {
        var signed = await MessageProtector.SignAsync(Message, Signing("p256"));
        var settings = Encrypting(EnvelopedMaterial.P256.Recipient);
        Assert.Equal(MakingRefusal.AlreadyProtected, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.EncryptAsync(signed.ToArray(), settings))).Reason);
        var made = await MessageProtector.EncryptAsync(signed.ToArray(), settings with { HeaderPolicy = HeaderConfidentialityPolicy.None });
        using var opened = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.P256.Key], OpeningOptions.Default);
        Assert.Equal(Text(signed), Text(opened.Message));
    }

    [Fact]
    [Trait("Threat", "C9")]
    public async Task Says_the_same_of_every_failure_to_decrypt()
    {
        foreach (var (kind, cipher) in new[] { ("rsa", ContentCipherChoice.Aes256Gcm), ("p256", ContentCipherChoice.Aes128Cbc), ("ml-kem-768", ContentCipherChoice.Aes256Cbc) })
        {
            var owner = EnvelopedMaterial.Named(kind);
            var made = (await MessageProtector.EncryptAsync(Message, Encrypting(owner.Recipient) with { Sealing = new SealingOptions { Cipher = cipher } })).ToArray();
            var root = MimeEntity.Read(made, new MimeBudget());
            var cms = root.Decode().ToArray();
            var texts = new HashSet<string?>();
            // In the encrypted key, in the content's first and last octets.
            foreach (var at in new[] { cms.Length - 1, cms.Length - 20, cms.Length - 200, cms.Length / 2 })
            {
                var broken = (byte[])cms.Clone();
                broken[at] ^= 1;
                var message = SmimeWriter.Opaque(SmimeClaim.EnvelopedData, new ReadOnlySequence<byte>(broken), binary: false);
                using var opened = await MessageProtector.DecryptAsync(ProtectionSource.Assemble("From: a@b.example\r\n"u8.ToArray(), message).ToArray(), [owner.Key], OpeningOptions.Default);
                if (opened.Outcome is DecryptionOutcome.Opened) Assert.False(opened.IsAuthenticated);
                else texts.Add(opened.Text);
            }

            Assert.Equal([OpenedContent.FailureText], texts);
        }
    }

    [Fact]
    public async Task Tells_what_anybody_can_see()
    {
        var made = (await MessageProtector.EncryptAsync(Message, Encrypting(EnvelopedMaterial.P256.Recipient))).ToArray();
        Assert.Equal(DecryptionOutcome.NoKey, (await OpenAsync(made)).Outcome);
        Assert.Equal(DecryptionOutcome.NotEncrypted, (await OpenAsync(Message)).Outcome);
        Assert.Equal(DecryptionOutcome.Malformed, (await OpenAsync("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"u8.ToArray())).Outcome);
        // Below the root nothing is opened.
        var below = Ascii("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + Encoding.Latin1.GetString(made) + "\r\n--b--\r\n");
        using var nested = await MessageProtector.DecryptAsync(below, [EnvelopedMaterial.P256.Key], OpeningOptions.Default);
        Assert.Equal(DecryptionOutcome.NotEncrypted, nested.Outcome);
        Assert.Throws<InvalidOperationException>(() => nested.Message);

        static async Task<DecryptedMessage> OpenAsync(byte[] message)
        {
            using var opened = await MessageProtector.DecryptAsync(message, [], OpeningOptions.Default);
            return opened;
        }
    }

    [Fact]
    public async Task Never_throws_for_mutations()
    {
        var made = (await MessageProtector.WrapAsync(Message, Signing("p256"), Encrypting(EnvelopedMaterial.P256.Recipient), Signing("p256") with { Format = SignatureFormat.Opaque })).ToArray();
        var random = new Random(42);
        for (var i = 0; i < 200; i++)
        {
            var mutated = (byte[])made.Clone();
            mutated[random.Next(mutated.Length)] ^= (byte)random.Next(1, 256);
            foreach (var extent in Enum.GetValues<DecryptionExtent>())
            {
                using var opened = await MessageProtector.DecryptAsync(mutated, [EnvelopedMaterial.P256.Key], OpeningOptions.Default, extent);
                if (opened.Outcome is DecryptionOutcome.Opened) Assert.True(opened.Message.Length > 0);
            }
        }
    }

    [Fact]
    public void Writes_the_form_of_the_vectors_of_RFC_9788()
    {
        if (SharedVectors.File("header-protection/D.1.2.1-compose-baseline-legacy.payload", output) is not { } vector) return;
        var payload = MimeEntity.Read(vector, new MimeBudget());
        // The vector without its protection, protected again: the same fields and marks, whatever their order.
        var bare = Encoding.Latin1.GetString(HeaderRestoration.Restore(
            MimeEntity.Read("Received: x\r\n\r\n"u8.ToArray(), new MimeBudget()), payload, payload, ProtectedHeaders.Read(payload.Header, payload, isSigned: false, isEncrypted: true)).ToArray());
        var again = HeaderProtectionWriter.Write(MimeEntity.Read(Ascii(bare), new MimeBudget()), ProtectionScheme.Rfc9788, encrypts: true, HeaderConfidentialityPolicy.Baseline, legacyDisplay: true);
        Assert.Equal(Sorted(payload), Sorted(MimeEntity.Read(again.Payload, new MimeBudget())));
        Assert.Equal(Encoding.Latin1.GetString(payload.RawBody.Span), Encoding.Latin1.GetString(again.PayloadBody.Span));

        static string[] Sorted(MimeEntity entity) =>
            [.. HeaderText.Read(entity.Header).Where(f => !f.IsNamed("Content-Type")).Select(f => f.Name + ": " + f.Value).Order(StringComparer.Ordinal), .. entity.MediaType.Parameters.Select(p => p.ToString()).Order(StringComparer.Ordinal)];
    }
}
