using System.Buffers;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Tests.Inspection;

/// <summary>Whole messages, sound and forged: what an inspection says of each.</summary>
[Trait("Feature", "Q-01")]
public sealed class MessageInspectorTests
{
    private const string Text = "Content-Type: text/plain\r\n\r\nhello\r\n";
    private const string From = "From: signer@unit.example\r\nTo: bob@unit.example\r\nSubject: s\r\n";

    [Theory]
    [InlineData("rsa")]
    [InlineData("pss")]
    [InlineData("p384")]
    [InlineData("ed25519")]
    [InlineData("ml-dsa-65")]
    public async Task Believes_a_signature_by_whom_the_message_is_from(string signer)
    {
        foreach (var entity in new[] { await ClearAsync(Text, signer), await OpaqueAsync(Text, signer) })
        {
            using var result = await InspectAsync(Message(entity));
            Assert.Equal((InspectionVerdict.Valid, ""), (result.Verdict, string.Join(' ', result.Reasons)));
            Assert.Equal("ok", result.Report.Identity.Match);
            Assert.Equal(SignedPki.Get(signer).Certificate, result.Signer!.Encoded.ToArray());
        }
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Finds_a_changed_content_and_a_changed_signature()
    {
        var clear = Latin1(await ClearAsync(Text, "p256"));
        await ExpectAsync(Message(Octets(clear.Replace("hello", "hallo", StringComparison.Ordinal))), InspectionVerdict.Invalid, Reason.DigestMismatch);
        var cms = await CmsAsync(Text, "p256", detached: true);
        cms[^1] ^= 1;
        await ExpectAsync(Message(Clear(Text, cms)), InspectionVerdict.Invalid, Reason.SignatureInvalid);
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Takes_no_content_of_its_own_from_a_detached_signature() =>
        await ExpectAsync(Message(Clear("Content-Type: text/plain\r\n\r\nshown\r\n", await CmsAsync(Text, "p256", detached: false))), InspectionVerdict.Invalid, Reason.DigestMismatch);

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Wants_a_signer()
    {
        var bag = SignedDataWriter.CertificatesOnly([SignedPki.Get("p256").Certificate], []);
        await ExpectAsync(Message(Clear(Text, bag)), InspectionVerdict.Invalid, Reason.NoSigner);
        using var result = await InspectAsync(Message(Opaque(bag, SmimeClaim.CertsOnly)));
        Assert.Equal((InspectionVerdict.Unsigned, "certs-only"), (result.Verdict, result.Report.Layers.Single().Type));
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Judges_every_signer_and_needs_one()
    {
        var signed = SignedData.Read(await SignAsync(Text, detached: false, SignatureLayer.Only, [], "p256", "p384"), CmsBounds.Default);
        // The second one's certificate is gone: who it was is not known, and the first one is good all the same.
        using var whole = await InspectAsync(Message(Opaque(await SignAsync(Text, detached: false, SignatureLayer.Only, [], "p256", "p384"), SmimeClaim.SignedData)));
        Assert.Equal(2, whole.Report.Layers.Single().Signers.Length);
        Assert.Equal(InspectionVerdict.Valid, whole.Verdict);
        // A false signature beside a good one is no accident.
        var octets = await SignAsync(Text, detached: false, SignatureLayer.Only, [], "p256", "p384");
        var second = octets.AsSpan().IndexOf(SignedData.Read(octets, CmsBounds.Default).Signers[1].Signature.Span);
        octets[second + 40] ^= 1;
        await ExpectAsync(Message(Opaque(octets, SmimeClaim.SignedData)), InspectionVerdict.Invalid, Reason.SignatureInvalid);
        Assert.Equal(2, signed.Signers.Count);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public async Task Takes_no_label_from_a_signer_who_is_not_believed()
    {
        var label = new CmsAttribute(AttributeTypes.SecurityLabel, EssLabel.Encode(new SecurityLabel { Policy = "1.2.3", Classification = 1 }));
        var weak = SignedData.Read(await SignAsync(Text, detached: false, SignatureLayer.Only, [label], "p256"), CmsBounds.Default);
        var good = SignedData.Read(await SignAsync(Text, detached: false, SignatureLayer.Only, [], "ml-dsa-87"), CmsBounds.Default);
        using var both = await InspectAsync(Message(Opaque(Together(weak, good), SmimeClaim.SignedData)), o => o with { Trust = new TrustMaterial([Certificate.Read(SignedPki.Get("ml-dsa-87").Certificate)]), Suite = AlgorithmSuite.Cnsa2 });
        Assert.Equal((InspectionVerdict.Valid, 2), (both.Verdict, both.Report.Layers.Single().Signers.Length));
        Assert.Null(both.Report.Label);
        Assert.Null(both.Report.Layers.Single().Label);
    }

    // What anybody can do: put his own signature beside another's.
    private static byte[] Together(SignedData first, SignedData second)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(MilSwitch.Smime.Asn1.ContentTypes.SignedData);
            using (writer.PushSequence(new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 0)))
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                using (writer.PushSetOf())
                {
                    foreach (var algorithm in first.DigestAlgorithms.Concat(second.DigestAlgorithms)) algorithm.Write(writer);
                }

                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(first.ContentType);
                    using (writer.PushSequence(new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 0))) writer.WriteOctetString(first.Content!.Value.Span);
                }

                using (writer.PushSetOf(new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 0)))
                {
                    foreach (var certificate in first.Certificates.Concat(second.Certificates)) writer.WriteEncodedValue(certificate.Span);
                }

                using (writer.PushSetOf())
                {
                    foreach (var signer in first.Signers.Concat(second.Signers)) writer.WriteEncodedValue(signer.Encoded.Span);
                }
            }
        }

        return writer.Encode();
    }

    [Theory]
    [InlineData("From: other@unit.example\r\n", "mismatch", Reason.SignerMismatch)]
    [InlineData("From: signer@unit.example\r\nFrom: other@unit.example\r\n", "ambiguous", Reason.FromAmbiguous)]
    [InlineData("From: signer@unit.example, other@unit.example\r\n", "ambiguous", Reason.FromAmbiguous)]
    [InlineData("From: signer@unit.example <x\r\n", "ambiguous", Reason.FromAmbiguous)]
    [InlineData("Subject: nobody\r\n", "ambiguous", Reason.FromAmbiguous)]
    [InlineData("From: \"chief@unit.example\" <signer@unit.example>\r\n", "ok", Reason.DisplayNameSpoof)]
    [InlineData("From: =?utf-8?q?chief=40unit=2Eexample?= <signer@unit.example>\r\n", "ok", Reason.DisplayNameSpoof)]
    [InlineData("From: Signer@unit.example\r\n", "mismatch", Reason.SignerMismatch)]
    [InlineData("From: signer@un\u0131t.example\r\n", "mismatch", Reason.SignerMismatch)]
    [Trait("Threat", "C3")]
    public async Task Holds_the_signer_against_who_is_shown(string fields, string match, Reason reason)
    {
        using var result = await InspectAsync([.. Encoding.UTF8.GetBytes(fields + "MIME-Version: 1.0\r\n"), .. await ClearAsync(Text, "p256")]);
        Assert.Equal((InspectionVerdict.Invalid, match), (result.Verdict, result.Report.Identity.Match));
        Assert.Contains(reason, result.Reasons);
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Says_that_a_signature_covers_a_part_only()
    {
        var part = Latin1(await ClearAsync(Text, "p256"));
        await ExpectAsync(Message(Octets(Mixed(part, "Content-Type: text/plain\r\n\r\nadded"))), InspectionVerdict.Partial, Reason.PartialCoverage);
        await ExpectAsync(Message(Octets(Mixed(part.Replace("hello", "hallo", StringComparison.Ordinal), "\r\nadded"))), InspectionVerdict.Invalid, Reason.PartialCoverage);
        // A signature that stands beside what it signs, with a third part between.
        var broken = part.Replace("\r\nContent-Type: application/pkcs7-signature", "\r\n\r\nthird\r\n" + part.Split("\r\n")[3] + "\r\nContent-Type: application/pkcs7-signature", StringComparison.Ordinal);
        using var result = await InspectAsync(Message(Octets(broken)));
        Assert.NotEqual(InspectionVerdict.Valid, result.Verdict);
    }

    [Fact]
    [Trait("Threat", "C8")]
    public async Task Opens_nothing_below_the_root()
    {
        var encrypted = Latin1(Opaque(Encrypt(Text, ContentCipherChoice.Aes256Gcm), SmimeClaim.AuthEnvelopedData));
        var mail = Message(Octets(Mixed("Content-Type: text/html\r\n\r\n<img src=\"http://x/", encrypted)));
        using var result = await InspectAsync(mail, o => o with { Keys = [EnvelopedMaterial.Rsa.Key] });
        Assert.Equal((InspectionVerdict.Unsigned, Reason.EncryptedNotAtRoot), (result.Verdict, result.Reasons.Single()));
        Assert.Empty(result.Report.Layers);
    }

    [Fact]
    [Trait("Threat", "C8")]
    public async Task May_demand_authenticated_encryption()
    {
        var cbc = Message(Opaque(Encrypt(Text, ContentCipherChoice.Aes256Cbc), SmimeClaim.EnvelopedData));
        using var open = await InspectAsync(cbc, o => o with { Keys = [EnvelopedMaterial.Rsa.Key] });
        Assert.Equal((InspectionVerdict.Unsigned, "aes256-cbc"), (open.Verdict, open.Report.Layers.Single().ContentEncryption));
        await ExpectAsync(cbc, InspectionVerdict.Invalid, Reason.WeakAlgorithm, o => o with { Keys = [EnvelopedMaterial.Rsa.Key], RequireAuthenticatedEncryption = true });
    }

    [Fact]
    [Trait("Feature", "E-07")]
    public async Task Checks_the_outside_of_a_triple_wrap_without_the_key_and_all_of_it_with_one()
    {
        var label = new SecurityLabel { Policy = "1.2.3", Classification = 3 };
        var inner = Clear(Text, await SignAsync(Text, detached: true, SignatureLayer.Inner, [new CmsAttribute(AttributeTypes.SecurityLabel, EssLabel.Encode(label))], "p256"));
        var wrapped = await TripleAsync(inner, label);
        using (var closed = await InspectAsync(Message(wrapped)))
        {
            Assert.Equal((InspectionVerdict.Undecryptable, Reason.NoKey), (closed.Verdict, closed.Reasons.Single()));
            Assert.Equal(["signed valid", "auth-encrypted undecryptable"], closed.Report.Layers.Select(l => $"{l.Type} {l.Verdict}"));
        }

        using (var open = await InspectAsync(Message(wrapped), o => o with { Keys = [EnvelopedMaterial.Rsa.Key] }))
        {
            Assert.Equal(InspectionVerdict.Valid, open.Verdict);
            Assert.Equal(["signed valid", "auth-encrypted valid", "signed valid"], open.Report.Layers.Select(l => $"{l.Type} {l.Verdict}"));
            Assert.Equal((3, true), (open.Report.Label!.Classification, open.Report.Label.Agree));
            Assert.True(open.Report.Layers[1].Recipients.Single().Opened);
        }

        var other = await TripleAsync(inner, label with { Classification = 1 });
        await ExpectAsync(Message(other), InspectionVerdict.Invalid, Reason.LabelMismatch, o => o with { Keys = [EnvelopedMaterial.Rsa.Key] });
    }

    [Fact]
    [Trait("Feature", "F-15")]
    public async Task Reports_an_attribute_that_stands_in_the_wrong_layer()
    {
        var request = new ReceiptRequest { ContentIdentifier = "id"u8.ToArray(), From = ReceiptsFrom.All, To = [GeneralNames.OfAddress("signer@unit.example")] };
        var attribute = new CmsAttribute(AttributeTypes.ReceiptRequest, request.Encode());
        var once = Opaque(await SignAsync(Text, detached: false, SignatureLayer.Only, [attribute], "p256"), SmimeClaim.SignedData);
        using var alone = await InspectAsync(Message(once));
        Assert.Equal(InspectionVerdict.Valid, alone.Verdict);
        // The same around another signature: RFC 2634 §1.3.4 has requests in the inner one only.
        var inner = Latin1(await ClearAsync(Text, "p256"));
        await ExpectAsync(Message(Opaque(await SignAsync(inner, detached: false, SignatureLayer.Only, [attribute], "p256"), SmimeClaim.SignedData)), InspectionVerdict.Invalid, Reason.AttributePlacement);
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Believes_no_part_that_says_it_is_something_else() =>
        await ExpectAsync(Message(Opaque(await CmsAsync(Text, "p256", detached: false), SmimeClaim.EnvelopedData)), InspectionVerdict.Malformed, Reason.Malformed);

    [Fact]
    [Trait("Threat", "M2")]
    public async Task Believes_no_message_that_can_be_read_in_two_ways()
    {
        var twice = "Content-Type: multipart/mixed; boundary=a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--a\r\n\r\none\r\n--a--\r\n--b\r\n\r\ntwo\r\n--b--\r\n";
        await ExpectAsync(Message(await ClearAsync(twice, "p256")), InspectionVerdict.Invalid, Reason.Malformed);
    }

    [Fact]
    public async Task Finds_an_outer_field_that_is_not_the_protected_one()
    {
        const string Payload = "From: signer@unit.example\r\nSubject: attack at dawn\r\nContent-Type: text/plain; hp=\"clear\"\r\n\r\nhello\r\n";
        var entity = await ClearAsync(Payload, "p256");
        using var same = await InspectAsync([.. Octets("From: signer@unit.example\r\nSubject: attack at dawn\r\nMIME-Version: 1.0\r\n"), .. entity]);
        Assert.Equal((InspectionVerdict.Valid, "rfc9788"), (same.Verdict, same.Report.HeaderProtection.Scheme));
        using var other = await InspectAsync([.. Octets("From: signer@unit.example\r\nSubject: retreat\r\nMIME-Version: 1.0\r\n"), .. entity]);
        Assert.Equal((InspectionVerdict.Invalid, Reason.HeaderMismatch), (other.Verdict, other.Reasons.Single()));
        Assert.True(other.Report.HeaderProtection.Fields.Single(f => f.Name is "Subject").Mismatch);
    }

    [Theory]
    [InlineData(0, Reason.CertNotYetValid)]
    [InlineData(40, Reason.CertExpired)]
    [Trait("Threat", "C5")]
    public async Task Judges_as_of_the_time_given_and_not_as_of_the_time_claimed(int years, Reason reason) =>
        await ExpectAsync(Message(await ClearAsync(Text, "p256")), InspectionVerdict.Invalid, reason, o => o with { At = SignedPki.Now.AddYears(years - 8) });

    [Fact]
    [Trait("Threat", "C5")]
    public async Task Believes_nobody_without_an_anchor()
    {
        using var result = await InspectAsync(Message(await ClearAsync(Text, "p256")), o => o with { Trust = new TrustMaterial([]) });
        Assert.Equal(InspectionVerdict.Invalid, result.Verdict);
        Assert.Contains(result.Reasons, r => r is Reason.ChainIncomplete or Reason.UntrustedRoot);
    }

    [Fact]
    public async Task Accepts_what_the_suite_accepts()
    {
        await ExpectAsync(Message(await ClearAsync(Text, "p256")), InspectionVerdict.Invalid, Reason.WeakAlgorithm, o => o with { Suite = AlgorithmSuite.Cnsa2 });
        await ExpectAsync(Message(Opaque(Encrypt(Text, ContentCipherChoice.Aes256Gcm), SmimeClaim.AuthEnvelopedData)), InspectionVerdict.Invalid, Reason.WeakAlgorithm, o => o with { Keys = [EnvelopedMaterial.Rsa.Key], Suite = AlgorithmSuite.Cnsa2 });
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("0")]
    [InlineData("-----BEGIN CMS-----\nMII=\n-----END CMS-----\n")]
    [InlineData("MIIB")]
    [InlineData("Content-Type: application/pkcs7-mime\r\n\r\nxx")]
    [InlineData("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nxx\r\n--b--\r\n")]
    public async Task Never_throws_and_never_believes_what_is_nothing(string text)
    {
        using var result = await InspectAsync(Octets(text));
        Assert.NotEqual(InspectionVerdict.Valid, result.Verdict);
        Assert.Equal(result.Report.ToJson(), InspectionReport.FromJson(result.Report.ToJson()).ToJson());
    }

    [Fact]
    [Trait("Threat", "C6")]
    public async Task Stops_at_layers_without_end()
    {
        var octets = Octets(Text);
        for (var i = 0; i < 30; i++) octets = Opaque(await SignAsync(Latin1(octets), detached: false, SignatureLayer.Only, [], "p256"), SmimeClaim.SignedData, binary: true);
        await ExpectAsync(Message(octets), InspectionVerdict.Malformed, Reason.TooDeep);
    }

    [Fact]
    public async Task Copies_nothing_of_a_large_message_that_is_signed_in_clear()
    {
        var entity = "Content-Type: application/octet-stream; name=big\r\nContent-Transfer-Encoding: base64\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('A', 76) + "\r\n", 673_000));
        var message = Message(await ClearAsync(entity, "p256"));
        Assert.True(message.Length > 50 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var result = await InspectAsync(message);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(InspectionVerdict.Valid, result.Verdict);
        // Without keys nothing waits, so all of it was done on this thread; with the message itself it stays far below 64 MiB.
        Assert.True(allocated < 8 << 20, $"{allocated} octets");
    }

    [Fact]
    [Trait("Threat", "C1")]
    public async Task Changing_any_octet_of_a_signed_message_never_makes_another_valid_message()
    {
        var message = Message(await ClearAsync(Text, "p256"));
        var random = new Random(20261128);
        for (var i = 0; i < 200; i++)
        {
            var mutant = message.ToArray();
            var at = random.Next(mutant.Length);
            mutant[at] ^= (byte)(1 << random.Next(8));
            using var result = await InspectAsync(mutant);
            if (result.Verdict is not InspectionVerdict.Valid) continue;
            // What is shown is what was signed, and who is shown signed it.
            Assert.Equal("hello\r\n", Latin1(result.Walk!.Payload!.RawBody.ToArray()));
            Assert.Equal("signer@unit.example", result.Report.Identity.From.Single());
        }
    }

    private static async Task ExpectAsync(byte[] message, InspectionVerdict verdict, Reason reason, Func<InspectionOptions, InspectionOptions>? with = null)
    {
        using var result = await InspectAsync(message, with);
        Assert.True(verdict == result.Verdict && result.Reasons.Contains(reason), result.Report.ToJson());
    }

    private static Task<InspectionResult> InspectAsync(byte[] message, Func<InspectionOptions, InspectionOptions>? with = null)
    {
        var options = new InspectionOptions { Trust = new TrustMaterial([Certificate.Read(SignedPki.Authority)]), At = SignedPki.Now };
        return MessageInspector.InspectAsync(message, with?.Invoke(options) ?? options);
    }

    private static byte[] Message(byte[] entity) => [.. Octets(From + "MIME-Version: 1.0\r\n"), .. entity];

    private static async Task<byte[]> ClearAsync(string entity, string signer) => Clear(entity, await CmsAsync(entity, signer, detached: true));

    private static async Task<byte[]> OpaqueAsync(string entity, string signer) => Opaque(await CmsAsync(entity, signer, detached: false), SmimeClaim.SignedData);

    private static Task<byte[]> CmsAsync(string entity, string signer, bool detached) => SignAsync(entity, detached, SignatureLayer.Only, [], signer);

    private static async Task<byte[]> SignAsync(string entity, bool detached, SignatureLayer layer, IReadOnlyList<CmsAttribute> attributes, params string[] signers)
    {
        var octets = Octets(entity);
        var parts = await SignedDataWriter.SignAsync(new SigningOrder
        {
            Content = new ContentDigests(octets), Signers = [.. signers.Select(s => SignedPki.Signer(s))], IsDetached = detached, SigningTime = SignedPki.Now, Attributes = attributes, Layer = layer,
        });
        return parts.Join(detached ? [] : octets);
    }

    private static byte[] Clear(string entity, byte[] cms)
    {
        var into = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteClearSigned(into, Octets(entity), new ReadOnlySequence<byte>(cms), "sha-256");
        return into.WrittenSpan.ToArray();
    }

    private static byte[] Opaque(byte[] cms, SmimeClaim claim, bool binary = false)
    {
        var into = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteOpaque(into, claim, new ReadOnlySequence<byte>(cms), binary);
        return into.WrittenSpan.ToArray();
    }

    private static byte[] Encrypt(string entity, ContentCipherChoice cipher) =>
        EnvelopedMaterial.Seal(Octets(entity), SealingOptions.Default with { Cipher = cipher }, EnvelopedRecipient.For(RecipientCertificate.Read(EnvelopedMaterial.Rsa.Certificate)));

    private static async Task<byte[]> TripleAsync(byte[] inner, SecurityLabel label)
    {
        var encrypted = Latin1(Opaque(Encrypt(Latin1(inner), ContentCipherChoice.Aes256Gcm), SmimeClaim.AuthEnvelopedData));
        return Opaque(await SignAsync(encrypted, detached: false, SignatureLayer.Outer, [new CmsAttribute(AttributeTypes.SecurityLabel, EssLabel.Encode(label))], "p384"), SmimeClaim.SignedData);
    }

    private static string Mixed(string first, string second) => $"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n{first}\r\n--m\r\n{second}\r\n--m--\r\n";

    private static byte[] Octets(string text) => Encoding.Latin1.GetBytes(text);

    private static string Latin1(byte[] octets) => Encoding.Latin1.GetString(octets);
}
