using System.Formats.Asn1;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

[SupportedOSPlatform("linux")]
[Trait("Feature", "E-01")]
public sealed class SignedDataReaderTests(ITestOutputHelper output)
{
    private static readonly byte[] Content = "Content-Type: text/plain\r\n\r\nAttack at dawn.\r\n"u8.ToArray();

    [RequiresTheory("openssl")]
    [InlineData("rsa", false)]
    [InlineData("rsa", true, "-stream", "-indef")]
    [InlineData("rsa", false, "-keyid")]
    [InlineData("p256", false)]
    [InlineData("p384", false, "-md", "sha384")]
    [InlineData("rsa", false, "-keyopt", "rsa_padding_mode:pss")]
    [InlineData("rsa", false, "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20")]
    [InlineData("rsa", false, "-cades")]
    public void Verifies_what_openssl_makes(string kind, bool streamed, params string[] more)
    {
        using var folder = new Workspace("signed");
        var identity = SignedPki.Get(kind);
        File.WriteAllText(folder["cert.pem"], identity.CertificatePem);
        File.WriteAllText(folder["key.pem"], identity.KeyPem);
        File.WriteAllBytes(folder["content"], Content);
        var (exit, text) = SignedPki.Run(
            "openssl", ["cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", folder["content"], "-out", folder["signed"], "-signer", folder["cert.pem"], "-inkey", folder["key.pem"], .. more]);
        Assert.True(exit is 0, text);
        var octets = File.ReadAllBytes(folder["signed"]);
        var signed = SignedData.Read(octets, CmsBounds.Default);
        Assert.Equal(streamed, octets[1] is 0x80);
        Assert.Equal(Content, signed.Content!.Value.ToArray());
        Assert.Empty(SignedPki.Verify(signed, Assert.Single(signed.Signers)).Reasons);
        Assert.Equal([Reason.DigestMismatch], SignedPki.Verify(signed, signed.Signers[0], new ContentDigests(Content.AsMemory(1))).Reasons);
    }

    [Theory]
    [InlineData("4.1.bin")]
    [InlineData("4.2.bin")]
    [InlineData("4.4.bin")]
    [InlineData("4.5.bin")]
    [InlineData("4.6.bin")]
    [InlineData("4.7.bin")]
    [InlineData("4.10.bin")]
    public void Verifies_the_examples_of_RFC_4134_as_old_mail(string name)
    {
        if (Vector("rfc4134/" + name) is not { } octets) return;
        var signed = SignedData.Read(octets, CmsBounds.Default);
        Assert.NotEmpty(signed.Signers);
        // Certificates that an object leaves out, and issuers whose DSA parameters are inherited, are beside it.
        var known = signed.Certificates.Concat(SharedVectors.Files("rfc4134", "*.cer", output).Select(f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f))).ToArray();
        var keys = new VerificationKeys();
        foreach (var signer in signed.Signers)
        {
            var certificate = known.First(signer.Identifier.Names);
            var key = keys.Get(certificate) ?? keys.Get(certificate, Vector("rfc4134/CarlDSSSelf.cer"));
            Assert.NotNull(key);
            var verdict = SignerVerifier.Verify(signer, signed.ContentType, new ContentDigests(signed.Content!.Value), certificate, key, VerificationOptions.Legacy);
            Assert.Empty(verdict.Reasons);
            var strict = SignerVerifier.Verify(signer, signed.ContentType, new ContentDigests(signed.Content.Value), certificate, key, VerificationOptions.Default);
            Assert.Contains(Reason.WeakAlgorithm, strict.Reasons);
        }
    }

    [Theory]
    [InlineData("ess/rfc2634-SignedMessage-signed_message.der")]
    [InlineData("ess/rfc6211-SignedMessage-signed_message.der")]
    [InlineData("ess/rfc5752-MultipleSignatures.der")]
    public void Verifies_the_objects_of_ESS(string name)
    {
        if (Vector(name) is not { } octets) return;
        var signed = SignedData.Read(octets, CmsBounds.Default);
        Assert.NotEmpty(signed.Signers);
        Assert.Contains(signed.Signers, s => !signed.CertificateOf(s).IsEmpty && SignedPki.Verify(signed, s).IsGood);
    }

    [Fact]
    [Trait("Feature", "F-05")]
    public void Decodes_label_and_receipt_request_of_a_message_of_others()
    {
        if (Vector("ess/rfc2634-SignedMessage-signed_message.der") is not { } octets) return;
        var attributes = SignedData.Read(octets, CmsBounds.Default).Signers[0].SignedAttributes;
        var label = EssLabel.Read(attributes.Value(AttributeTypes.SecurityLabel));
        Assert.Equal("1.3.6.1.4.1.22112.1.1", label.Policy);
        Assert.Equal(1, label.Classification);
        Assert.Equal("Boagus Privacy Mark", label.PrivacyMark);
        Assert.Equal("C74F210F", Convert.ToHexString(ReceiptRequest.Read(attributes.Value(AttributeTypes.ReceiptRequest)).ContentIdentifier.Span[..4]));
    }

    [Fact]
    public async Task Reads_constructed_strings_of_indefinite_length_and_hashes_attributes_in_DER()
    {
        var der = (await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer("p256")] })).Join(Content);
        var signed = SignedData.Read(der, CmsBounds.Default);
        var reversed = Reversed(signed.Signers[0]);
        Assert.False(reversed.SignedAttributes.Encoded.Span.SequenceEqual(signed.Signers[0].SignedAttributes.Encoded.Span));
        Assert.True(reversed.SignedAttributes.SetOf.SequenceEqual(signed.Signers[0].SignedAttributes.SetOf));
        var certificate = signed.Certificates[0];
        Assert.Empty(SignerVerifier.Verify(reversed, signed.ContentType, new ContentDigests(Content), certificate, new VerificationKeys().Get(certificate), VerificationOptions.Default).Reasons);
    }

    [Theory]
    [Trait("Threat", "C4")]
    [InlineData("rsa")]
    [InlineData("p384")]
    [InlineData("ml-dsa-44")]
    public async Task Mutations_never_crash_and_never_pass(string kind)
    {
        var label = EssLabel.Encode(new SecurityLabel { Policy = "1.3.26.0.4406.4.1", Classification = 3, PrivacyMark = "Nur für Übung" });
        var sound = (await SignedDataWriter.SignAsync(new SigningOrder
        {
            Content = new ContentDigests(Content), Signers = [SignedPki.Signer(kind)], SigningTime = SignedPki.Now, Attributes = [new CmsAttribute(AttributeTypes.SecurityLabel, label)],
        })).Join(Content);
        var original = SignedData.Read(sound, CmsBounds.Default);
        var random = new Random(200);
        for (var round = 0; round < 400; round++)
        {
            var mutant = (byte[])sound.Clone();
            mutant[random.Next(mutant.Length)] ^= (byte)random.Next(1, 256);
            SignedData signed;
            try
            {
                signed = SignedData.Read(mutant, CmsBounds.Default);
            }
            catch (CmsFormatException)
            {
                continue;
            }

            foreach (var signer in signed.Signers)
            {
                var certificate = signed.CertificateOf(signer);
                if (certificate.IsEmpty) continue;
                SignerVerdict verdict;
                try
                {
                    verdict = SignedPki.Verify(signed, signer);
                }
                catch (CmsFormatException)
                {
                    continue;
                }

                // What is not covered by the signature may change: versions, digestAlgorithms, unsigned octets of frames.
                if (!verdict.IsGood) continue;
                Assert.True(original.Content!.Value.Span.SequenceEqual(signed.Content!.Value.Span));
                Assert.True(original.Signers[0].SignedAttributes.SetOf.SequenceEqual(signer.SignedAttributes.SetOf));
                Assert.True(original.Certificates[0].Span.SequenceEqual(certificate.Span));
                Assert.Equal(original.ContentType, signed.ContentType);
            }
        }
    }

    private static SignerInfo Reversed(SignerInfo signer)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        var old = new AsnReader(signer.Encoded, AsnEncodingRules.BER).ReadSequence();
        using (writer.PushSequence())
        {
            for (var i = 0; i < 3; i++) writer.WriteEncodedValue(old.ReadEncodedValue().Span);
            old.ReadEncodedValue();
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                foreach (var attribute in signer.SignedAttributes.Reverse()) attribute.Write(writer);
            }

            while (old.HasData) writer.WriteEncodedValue(old.ReadEncodedValue().Span);
        }

        return SignerInfo.Read(new AsnReader(writer.Encode(), AsnEncodingRules.BER), CmsBounds.Default);
    }

    private byte[]? Vector(string name) => SharedVectors.File(name, output);
}
