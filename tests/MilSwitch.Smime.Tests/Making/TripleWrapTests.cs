using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Testing;
using static MilSwitch.Smime.Tests.Making.MakingMaterial;

namespace MilSwitch.Smime.Tests.Making;

[SupportedOSPlatform("linux")]
[Trait("Feature", "E-07")]
public sealed class TripleWrapTests : IDisposable
{
    private static readonly SecurityLabel Label = new() { Policy = "1.3.26.1.3.1", Classification = 3 };
    private readonly Workspace folder = new("making");

    public void Dispose() => folder.Dispose();

    [RequiresTheory("openssl")]
    [InlineData(SignatureFormat.Clear, SignatureFormat.Clear, ProtectionScheme.Rfc9788)]
    [InlineData(SignatureFormat.Clear, SignatureFormat.Opaque, ProtectionScheme.Rfc9788)]
    [InlineData(SignatureFormat.Opaque, SignatureFormat.Clear, ProtectionScheme.None)]
    [InlineData(SignatureFormat.Opaque, SignatureFormat.Opaque, ProtectionScheme.None)]
    public async Task Openssl_opens_it_layer_by_layer(SignatureFormat innerFormat, SignatureFormat outerFormat, ProtectionScheme outerScheme)
    {
        var inner = Signing("rsa") with { Format = innerFormat, Label = Label };
        var outer = Signing("p384") with { Format = outerFormat, HeaderProtection = outerScheme };
        var made = await MessageProtector.WrapAsync(Message, inner, Encrypting(EnvelopedMaterial.P384.Recipient), outer);
        AssertGood(Read(made));
        Assert.Equal(MimeAmbiguity.None, Read(made).TreeAmbiguity);
        Assert.DoesNotContain("convoy", Text(made), StringComparison.Ordinal);
        var encrypted = OpensslVerifies(folder, made);
        // What stands outside can be compared without the key.
        var compared = ProtectedHeaders.Read(Read(made).Header, MimeEntity.Read(encrypted, new MimeBudget()), isSigned: true, isEncrypted: false);
        Assert.Equal(outerScheme, compared.Scheme);
        Assert.Equal(HeaderMismatch.None, compared.Mismatch);
        var signed = OpensslDecrypts(folder, new ReadOnlySequence<byte>(encrypted), EnvelopedMaterial.P384);
        var content = Encoding.Latin1.GetString(OpensslVerifies(folder, new ReadOnlySequence<byte>(signed))).Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.EndsWith(Body, content, StringComparison.Ordinal);
        Assert.Contains("hp=\"cipher\"", content, StringComparison.Ordinal);
        Assert.Contains("HP-Outer: Subject: [...]\r\n", content, StringComparison.Ordinal);

        using var opened = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.P384.Key], OpeningOptions.Default);
        Assert.Equal([LayerType.Signed, LayerType.AuthEncrypted], opened.Removed.Select(r => r.Type));
        AssertGood(Read(opened.Message));
        Assert.StartsWith(Fields, Text(opened.Message), StringComparison.Ordinal);
        using var bare = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.P384.Key], OpeningOptions.Default, DecryptionExtent.Everything);
        Assert.Equal(Encoding.Latin1.GetString(Message), Text(bare.Message));
    }

    [RequiresFact("openssl")]
    public async Task Opens_what_openssl_wraps()
    {
        File.WriteAllText(folder["inside"], "Content-Type: text/plain\r\n\r\n" + Body);
        File.WriteAllText(folder["key.pem"], EnvelopedMaterial.Rsa.Pem);
        var signer = SignerFile(folder, "p256");
        Openssl("cms", "-sign", "-in", folder["inside"], "-out", folder["1"], "-signer", signer);
        Openssl("cms", "-encrypt", "-in", folder["1"], "-out", folder["2"], "-aes-256-gcm", "-recip", folder["key.pem"], "-keyopt", "rsa_padding_mode:oaep");
        Openssl("cms", "-sign", "-in", folder["2"], "-out", folder["3"], "-signer", signer, "-nodetach", "-from", "ops@unit.example", "-subject", "outside");
        using var opened = await MessageProtector.DecryptAsync(File.ReadAllBytes(folder["3"]), [EnvelopedMaterial.Rsa.Key], OpeningOptions.Default);
        Assert.Equal(DecryptionOutcome.Opened, opened.Outcome);
        AssertGood(Read(opened.Message));
        Assert.Contains("Subject: outside\r\n", Text(opened.Message), StringComparison.Ordinal);
        using var bare = await MessageProtector.DecryptAsync(File.ReadAllBytes(folder["3"]), [EnvelopedMaterial.Rsa.Key], OpeningOptions.Default, DecryptionExtent.Everything);
        Assert.EndsWith("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + Body, Text(bare.Message), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SignatureFormat.Clear, SignatureFormat.Clear)]
    [InlineData(SignatureFormat.Clear, SignatureFormat.Opaque)]
    [InlineData(SignatureFormat.Opaque, SignatureFormat.Opaque)]
    public async Task Replaces_the_outer_signature_and_not_an_octet_inside(SignatureFormat before, SignatureFormat after)
    {
        var made = await MessageProtector.WrapAsync(Message, Signing("rsa"), Encrypting(EnvelopedMaterial.P384.Recipient), Signing("p384") with { Format = before });
        var replaced = await MessageProtector.ReplaceOuterAsync(made.ToArray(), Signing("p521") with { Format = after, Label = Label });
        var (old, covered) = SignedOf(Read(made));
        var (signed, coveredNow) = SignedOf(Read(replaced));
        AssertGood(Read(replaced));
        Assert.True(covered.Span.SequenceEqual(coveredNow.Span));
        Assert.Equal(SignedPki.Get("p384").Certificate, old.CertificateOf(old.Signers[0]).ToArray());
        Assert.Equal(SignedPki.Get("p521").Certificate, signed.CertificateOf(Assert.Single(signed.Signers)).ToArray());
        Assert.Equal(Label, EssLabel.Read(signed.Signers[0].SignedAttributes.Value(AttributeTypes.SecurityLabel)));
        Assert.Equal(Text(made)[..Text(made).IndexOf("Content-Type", StringComparison.Ordinal)], Text(replaced)[..Text(replaced).IndexOf("Content-Type", StringComparison.Ordinal)]);
        using var bare = await MessageProtector.DecryptAsync(replaced.ToArray(), [EnvelopedMaterial.P384.Key], OpeningOptions.Default, DecryptionExtent.Everything);
        Assert.Equal(Encoding.Latin1.GetString(Message), Text(bare.Message));
    }

    [Fact]
    public async Task Refuses_to_make_binary_content_clear_or_to_replace_what_is_not_outer()
    {
        var opaque = await MessageProtector.WrapAsync(Message, Signing("rsa"), Encrypting(EnvelopedMaterial.P384.Recipient) with { EncodeInside = false }, Signing("p384") with { Format = SignatureFormat.Opaque });
        Assert.Equal(MakingRefusal.NotSevenBit, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.ReplaceOuterAsync(opaque.ToArray(), Signing("p521")))).Reason);
        var signed = await MessageProtector.SignAsync(Message, Signing("rsa"));
        Assert.Equal(MakingRefusal.NotProtected, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.ReplaceOuterAsync(signed.ToArray(), Signing("p521")))).Reason);
        Assert.Equal(MakingRefusal.NotProtected, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.ReplaceOuterAsync(Message, Signing("p521")))).Reason);
    }

    [Fact]
    [Trait("Feature", "F-09")]
    public async Task Keeps_attributes_in_their_layer()
    {
        var request = new ReceiptRequest { ContentIdentifier = new byte[] { 1 }, From = ReceiptsFrom.All, To = [GeneralNames.OfAddress("a@b.example")] };
        var history = new[] { new MlData { List = SignerIdentifier.Of(SignedPki.Get("rsa").Certificate), ExpandedAt = SignedPki.Now } };
        var encryption = Encrypting(EnvelopedMaterial.P256.Recipient);
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await MessageProtector.WrapAsync(Message, Signing("rsa"), encryption, Signing("rsa") with { ReceiptRequest = request }));
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await MessageProtector.WrapAsync(Message, Signing("rsa") with { ExpansionHistory = history }, encryption, Signing("rsa")));
        AssertGood(Read(await MessageProtector.WrapAsync(Message, Signing("rsa") with { ReceiptRequest = request }, encryption, Signing("rsa") with { ExpansionHistory = history })));
        // Signing what is encrypted makes an outer signature.
        var encrypted = await MessageProtector.EncryptAsync(Message, encryption);
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await MessageProtector.SignAsync(encrypted.ToArray(), Signing("rsa") with { ReceiptRequest = request }));
        AssertGood(Read(await MessageProtector.SignAsync(encrypted.ToArray(), Signing("rsa"))));
    }

    [Fact]
    public async Task Leaves_encoding_out_inside_where_that_is_ordered()
    {
        foreach (var format in Enum.GetValues<SignatureFormat>())
        {
            var made = await MessageProtector.WrapAsync(
                Message, Signing("rsa") with { Format = format, EncodeInside = false }, Encrypting(EnvelopedMaterial.P384.Recipient) with { EncodeInside = false }, Signing("p384") with { Format = SignatureFormat.Opaque });
            var encoded = await MessageProtector.WrapAsync(Message, Signing("rsa") with { Format = format }, Encrypting(EnvelopedMaterial.P384.Recipient), Signing("p384") with { Format = SignatureFormat.Opaque });
            Assert.True(made.Length < encoded.Length - 500);
            Assert.Equal(ContentEncoding.Binary, MimeEntity.Read(SignedOf(Read(made)).Covered, new MimeBudget()).Encoding);
            using var bare = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.P384.Key], OpeningOptions.Default, DecryptionExtent.Everything);
            Assert.Equal(Encoding.Latin1.GetString(Message), Text(bare.Message));
        }
    }

    [Fact]
    public async Task Wraps_around_a_signature_that_is_there()
    {
        var signed = await MessageProtector.SignAsync(Message, Signing("rsa"));
        var encryption = Encrypting(EnvelopedMaterial.P256.Recipient) with { HeaderPolicy = HeaderConfidentialityPolicy.None };
        var made = await MessageProtector.WrapAsync(signed.ToArray(), null, encryption, Signing("p256"));
        using var opened = await MessageProtector.DecryptAsync(made.ToArray(), [EnvelopedMaterial.P256.Key], OpeningOptions.Default);
        Assert.Equal(Text(signed), Text(opened.Message));
        Assert.Equal(MakingRefusal.NotProtected, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.WrapAsync(Message, null, encryption, Signing("p256")))).Reason);
        Assert.Equal(MakingRefusal.AlreadyProtected, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.WrapAsync(signed.ToArray(), Signing("rsa"), encryption, Signing("p256")))).Reason);
    }
}
