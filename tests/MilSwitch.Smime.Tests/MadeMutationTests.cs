using System.Buffers;
using System.Runtime.Versioning;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Tests;

/// <summary>Everything that is made here, with one octet changed: never another exception, never more believed than before.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
[Trait("Threat", "C4")]
[Trait("Threat", "C6")]
public sealed class MadeMutationTests
{
    private static readonly byte[] Content = "Content-Type: text/plain; hp=\"clear\"\r\nSubject: Orders\r\nFrom: signer@unit.example\r\n\r\nAttack at dawn.\r\n"u8.ToArray();
    private static readonly OpeningOptions Opening = new() { SharedKeys = [EnvelopedMaterial.Shared], Password = EnvelopedMaterial.Password, MaximumIterations = 2_000 };

    public static TheoryData<string> Signatures => [.. (string[])["rsa", "pss", "pss-sha384", "rsa-sha512", "p256", "p384", "p521", "ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"]];

    public static TheoryData<string> Recipients => [.. (string[])["rsa", "p256", "p384", "p521", "x25519", "ml-kem-512", "ml-kem-768", "ml-kem-1024", "shared", "password", "all"]];

    [Theory]
    [MemberData(nameof(Signatures))]
    public async Task Believes_no_more_of_a_mutated_signature(string kind)
    {
        foreach (var (layer, attributes) in new[] { (SignatureLayer.Inner, EssSamples.Inner), (SignatureLayer.Outer, EssSamples.Outer) })
        {
            var order = new SigningOrder { Content = new ContentDigests(Content), Signers = [EssSamples.Signer(kind)], SigningTime = SignedPki.Now, Attributes = attributes, Layer = layer };
            await HoldAsync($"{kind} {layer}", (await SignedDataWriter.SignAsync(order)).Join(Content), 1, (belief, octets) => belief.ReadAsync(octets));
        }
    }

    [Fact]
    public async Task Believes_no_more_of_mutated_countersignatures_and_linked_signatures()
    {
        var order = new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer("p256"), SignedPki.Signer("p384", byKeyIdentifier: true)], LinkSignatures = true, Certificates = [SignedPki.Authority] };
        var once = SignedData.Read((await SignedDataWriter.SignAsync(order)).Join(Content), CmsBounds.Default);
        var twice = SignedData.Read((await SignedDataWriter.CountersignAsync(once, [0], SignedPki.Signer("p256"), SignedPki.Now, AlgorithmSuite.Default)).Join(Content), CmsBounds.Default);
        // Signers are a set, in the order of their octets, which the countersignature changed.
        var index = twice.Signers.ToList().FindIndex(s => s.Countersignatures.Count > 0);
        var all = (await SignedDataWriter.CountersignAsync(twice, [index, 0], SignedPki.Signer("ed25519"), SignedPki.Now, AlgorithmSuite.Default)).Join(Content);
        await HoldAsync("countersigned", all, 4, (belief, octets) => belief.ReadAsync(octets));
    }

    [Fact]
    [Trait("Feature", "F-02")]
    public async Task Believes_no_more_of_a_mutated_receipt()
    {
        var sent = SignedData.Read((await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer("p256")], Attributes = EssSamples.Inner, Layer = SignatureLayer.Inner })).Join(Content), CmsBounds.Default);
        var evidence = ReceiptEvidence.Of(sent, sent.Signers[0]);
        var receipt = await SignedReceipts.MakeAsync(sent, sent.Signers[0], SignedPki.Verify(sent, sent.Signers[0]), SignedPki.Signer("p384"), SignedPki.Now, AlgorithmSuite.Default);
        await HoldAsync("receipt", receipt, 1, (belief, octets) => belief.ReadAsync(octets));

        var sound = SignedData.Read(receipt, CmsBounds.Default);
        Assert.True(Judge(sound).IsGood);
        await Mutations.ForEachAsync("receipt for a message", receipt, mutant =>
        {
            try
            {
                var read = SignedData.Read(mutant, CmsBounds.Default);
                if (read.Signers.Count is not 1 || !Judge(read).IsGood) return;
                Assert.True(read.Content!.Value.Span.SequenceEqual(sound.Content!.Value.Span));
                Assert.True(read.Signers[0].SignedAttributes.SetOf.SequenceEqual(sound.Signers[0].SignedAttributes.SetOf));
            }
            catch (CmsFormatException)
            {
                // An outcome like others.
            }
        });

        SignerVerdict Judge(SignedData read)
        {
            var certificate = read.CertificateOf(read.Signers[0]);
            return SignedReceipts.Verify(read, read.Signers[0], certificate, certificate.IsEmpty ? null : new VerificationKeys().Get(certificate), evidence, VerificationOptions.Default);
        }
    }

    [Theory]
    [MemberData(nameof(Recipients))]
    [Trait("Threat", "C8")]
    public async Task Believes_no_more_of_a_mutated_envelope(string kind)
    {
        string[] owners = kind switch { "shared" or "password" => [], "all" => ["rsa", "p256", "x25519", "ml-kem-512"], _ => [kind] };
        List<EnvelopedRecipient> recipients = [.. owners.Select(o => EnvelopedMaterial.Named(o).Recipient)];
        if (kind is "shared" or "all") recipients.Add(EnvelopedRecipient.For(EnvelopedMaterial.Shared));
        if (kind is "password" or "all") recipients.Add(EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password));
        foreach (var cipher in new[] { ContentCipherChoice.Aes128Gcm, ContentCipherChoice.Aes128Cbc })
        {
            var made = EnvelopedMaterial.Seal(Content, new SealingOptions { Cipher = cipher, PasswordIterations = 1_000 }, [.. recipients]);
            // Of all recipients one key is at hand, so that no other opens what the mutation closed.
            var keys = owners.Take(1).Select(o => EnvelopedMaterial.Named(o).Key).ToArray();
            var sound = new CmsBelief(keys, [], Opening);
            await sound.ReadAsync(made);
            Assert.Equal(Content, sound.Plaintext);
            await Mutations.ForEachAsync($"{kind} {cipher}", made, async mutant =>
            {
                var belief = new CmsBelief(keys, [], Opening);
                await belief.ReadAsync(mutant);
                Assert.Empty(belief.Beyond(sound));
            });
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Feature", "E-10")]
    public async Task Believes_no_more_of_a_mutated_triple_wrap(bool compressed)
    {
        var innermost = await SignAsync("p384", Content, SignatureLayer.Inner, detached: true);
        var inner = Entity(w => SmimeWriter.WriteClearSigned(w, Content, innermost, "sha-384"));
        if (compressed) inner = Entity(w => SmimeWriter.WriteOpaque(w, SmimeClaim.CompressedData, Sequence(CompressedContent.Write(ContentTypes.Data, inner).ToArray()), binary: true));
        var middle = Entity(w => SmimeWriter.WriteOpaque(w, SmimeClaim.AuthEnvelopedData, Sequence(EnvelopedMaterial.Seal(inner, SealingOptions.Default, EnvelopedMaterial.P256.Recipient)), binary: true));
        var outermost = await SignAsync("p256", middle, SignatureLayer.Outer, detached: false);
        var outer = Entity(w => SmimeWriter.WriteOpaque(w, SmimeClaim.SignedData, outermost, binary: false));
        var message = Entity(w => SmimeWriter.WriteMessage(w, "From: signer@unit.example\r\nSubject: [...]\r\n"u8, outer));
        await HoldAsync($"triple wrap {compressed}", message, 2, (belief, octets) => belief.ReadMessageAsync(octets), EnvelopedMaterial.P256.Key);
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Believes_no_more_of_a_mutated_clear_signature()
    {
        var signature = await SignAsync("p256", Content, SignatureLayer.Only, detached: true);
        var entity = Entity(w => SmimeWriter.WriteClearSigned(w, Content, signature, "sha-256"));
        var message = Entity(w => SmimeWriter.WriteMessage(w, "From: signer@unit.example\r\nSubject: [...]\r\n"u8, entity));
        await HoldAsync("clear", message, 1, (belief, octets) => belief.ReadMessageAsync(octets));
    }

    private static async Task<ReadOnlySequence<byte>> SignAsync(string kind, byte[] content, SignatureLayer layer, bool detached)
    {
        var parts = await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(content), Signers = [SignedPki.Signer(kind)], SigningTime = SignedPki.Now, Layer = layer, IsDetached = detached });
        return Sequence(parts.Join(detached ? [] : content));
    }

    private static byte[] Entity(Action<ArrayBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static ReadOnlySequence<byte> Sequence(byte[] octets) => new(octets);

    private static async Task HoldAsync(string name, byte[] sound, int good, Func<CmsBelief, byte[], Task> read, params Keys.IDecryptionKey[] keys)
    {
        var original = new CmsBelief(keys, []);
        await read(original, sound);
        Assert.Equal(good, original.Signed.Count);
        await Mutations.ForEachAsync(name, sound, async mutant =>
        {
            var belief = new CmsBelief(keys, []);
            await read(belief, mutant);
            Assert.Empty(belief.Beyond(original));
        });
    }
}
