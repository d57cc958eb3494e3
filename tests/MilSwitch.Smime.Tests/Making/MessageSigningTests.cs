using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Testing;
using static MilSwitch.Smime.Tests.Making.MakingMaterial;

namespace MilSwitch.Smime.Tests.Making;

[SupportedOSPlatform("linux")]
[Trait("Feature", "E-02")]
public sealed class MessageSigningTests
{
    public static TheoryData<string, SignatureFormat, ProtectionScheme> Forms
    {
        get
        {
            var data = new TheoryData<string, SignatureFormat, ProtectionScheme>();
            foreach (var kind in new[] { "rsa", "pss", "p256", "p384", "p521", "ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87" })
                foreach (var format in Enum.GetValues<SignatureFormat>())
                    foreach (var scheme in new[] { ProtectionScheme.None, ProtectionScheme.Rfc9788, ProtectionScheme.Rfc8551 }) data.Add(kind, format, scheme);
            return data;
        }
    }

    [RequiresTheory("openssl")]
    [MemberData(nameof(Forms))]
    public async Task Signs_what_it_says(string kind, SignatureFormat format, ProtectionScheme scheme)
    {
        using var folder = new Workspace("making");
        var made = await MessageProtector.SignAsync(Message, Signing(kind) with { Format = format, HeaderProtection = scheme });
        var root = Read(made);
        AssertGood(root);
        Assert.Equal(MimeAmbiguity.None, root.TreeAmbiguity);
        // The message's own fields stand outside as they were.
        Assert.StartsWith(Fields + "MIME-Version: 1.0\r\nContent-Type: ", Text(made), StringComparison.Ordinal);
        var (_, covered) = SignedOf(root);
        var payload = MimeEntity.Read(covered, new MimeBudget());
        Assert.EndsWith(Body, Encoding.Latin1.GetString(covered.Span), StringComparison.Ordinal);
        var read = ProtectedHeaders.Read(root.Header, payload, isSigned: true, isEncrypted: false);
        Assert.Equal(scheme, read.Scheme);
        Assert.Equal(HeaderMismatch.None, read.Mismatch);
        Assert.Equal(scheme is ProtectionScheme.None ? null : "Fuel  for the convoy", read.Protected("Subject"));
        // OpenSSL 3.0 has neither Ed25519 nor ML-DSA in CMS.
        if (!kind.StartsWith("ed", StringComparison.Ordinal) && !kind.StartsWith("ml", StringComparison.Ordinal)) Assert.Equal(Lines(covered.ToArray()), Lines(OpensslVerifies(folder, made)));
    }

    [RequiresFact("gpgsm", "openssl")]
    public async Task GnuPG_verifies_what_is_made_here()
    {
        using var folder = new Workspace("making");
        var home = folder["gnupg"];
        Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        // What stands there is believed, whatever it lacks.
        File.WriteAllText(Path.Combine(home, "trustlist.txt"), Convert.ToHexString(System.Security.Cryptography.SHA1.HashData(SignedPki.Authority)) + " S relax\n");
        string[] common = ["--homedir", home, "--batch", "--disable-dirmngr", "--disable-crl-checks"];
        try
        {
            GnuPg([.. common, "--import", folder["ca.pem"]]);
            foreach (var kind in new[] { "rsa", "rsa-sha512", "p256", "p384" })
            {
                var clear = Read(await MessageProtector.SignAsync(Message, Signing(kind)));
                File.WriteAllBytes(folder["content"], clear.Parts[0].Octets.ToArray());
                File.WriteAllBytes(folder["signature"], clear.Parts[1].Decode().ToArray());
                GnuPg([.. common, "--verify", folder["signature"], folder["content"]]);
                File.WriteAllBytes(folder["opaque"], Read(await MessageProtector.SignAsync(Message, Signing(kind) with { Format = SignatureFormat.Opaque })).Decode().ToArray());
                GnuPg([.. common, "--verify", folder["opaque"]]);
            }
        }
        finally
        {
            // The agent of this home, and no other.
            SignedPki.Run("gpgconf", "--homedir", home, "--kill", "gpg-agent");
        }

        static void GnuPg(string[] arguments)
        {
            var (exit, text) = SignedPki.Run("gpgsm", arguments);
            Assert.True(exit is 0, text);
        }
    }

    // OpenSSL writes the line ends of its own kind.
    private static string Lines(byte[] octets) => Encoding.Latin1.GetString(octets).Replace("\r\n", "\n", StringComparison.Ordinal);

    [Fact]
    public async Task The_payload_has_the_form_of_RFC_9788()
    {
        var root = Read(await MessageProtector.SignAsync(Message, Signing("p256")));
        Assert.Equal(
            Fields[(Fields.IndexOf("\r\n", StringComparison.Ordinal) + 2)..] + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii;\r\n hp=\"clear\"\r\n\r\n" + Body,
            Encoding.Latin1.GetString(SignedOf(root).Covered.Span));
    }

    [Fact]
    [Trait("Feature", "F-01")]
    [Trait("Feature", "F-05")]
    public async Task Signs_the_attributes_that_were_ordered()
    {
        var label = new SecurityLabel { Policy = "1.3.26.1.3.1", Classification = 3, PrivacyMark = "NATO SECRET" };
        var settings = Signing("rsa", "p384") with
        {
            LinkSignatures = true,
            Label = label,
            EquivalentLabels = [label with { Policy = "2.16.840.1.101.2.1.8.3" }],
            ReceiptRequest = new ReceiptRequest { ContentIdentifier = new byte[] { 1, 2 }, From = ReceiptsFrom.All, To = [GeneralNames.OfAddress("ops@unit.example")] },
            SignatureTypes = [SignatureType.Originator],
            Capabilities = [new AlgorithmIdentifier("2.16.840.1.101.3.4.1.46")],
            EncryptionCertificate = EnvelopedMaterial.Rsa.Certificate,
            ContentHints = new ContentHints(ContentTypes.Data, "orders"),
            ContentIdentifier = new byte[] { 1, 2 },
        };
        var (signed, covered) = SignedOf(Read(await MessageProtector.SignAsync(Message, settings)));
        Assert.Equal(2, signed.Signers.Count);
        foreach (var signer in signed.Signers)
        {
            Assert.Empty(SignedPki.Verify(signed, signer, new ContentDigests(covered)).Reasons);
            var attributes = signer.SignedAttributes;
            Assert.Equal(label, EssLabel.Read(attributes.Value(AttributeTypes.SecurityLabel)));
            Assert.Single(EquivalentLabels.Read(attributes.Value(AttributeTypes.EquivalentLabels)));
            Assert.Equal(settings.ReceiptRequest, ReceiptRequest.Read(attributes.Value(AttributeTypes.ReceiptRequest)));
            Assert.Equal([SignatureType.Originator], SignatureType.Read(attributes.Value(AttributeTypes.SignatureType)));
            Assert.Equal(settings.Capabilities, SmimeCapabilities.Read(attributes.Value(AttributeTypes.SmimeCapabilities)));
            Assert.Equal(SignerIdentifier.Of(EnvelopedMaterial.Rsa.Certificate), EncryptionKeyPreference.Read(attributes.Value(AttributeTypes.EncryptionKeyPreference)));
            Assert.Equal("orders", ContentHints.Read(attributes.Value(AttributeTypes.ContentHints)).Description);
            Assert.Equal(new byte[] { 1, 2 }, EssOctets.Read(attributes.Value(AttributeTypes.ContentIdentifier)));
            Assert.True(MultipleSignatures.AreAllPresent(signed, signer));
        }
    }

    [Fact]
    [Trait("Feature", "E-08")]
    [Trait("Feature", "E-14")]
    public async Task Signs_twice_for_the_transition_and_only_CNSA_where_that_is_ordered()
    {
        var both = Signing("p384", "ml-dsa-87") with { LinkSignatures = true };
        AssertGood(Read(await MessageProtector.SignAsync(Message, both)));
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await MessageProtector.SignAsync(Message, both with { Suite = AlgorithmSuite.Cnsa2 }));
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await MessageProtector.SignAsync(Message, Signing("ml-dsa-65") with { Suite = AlgorithmSuite.Cnsa2 }));
        AssertGood(Read(await MessageProtector.SignAsync(Message, Signing("ml-dsa-87") with { Suite = AlgorithmSuite.Cnsa2 })));
    }

    [Fact]
    public async Task Gives_files_of_this_machine_the_line_ends_of_mail()
    {
        var local = Ascii(Encoding.Latin1.GetString(Message).Replace("\r\n", "\n", StringComparison.Ordinal));
        var root = Read(await MessageProtector.SignAsync(local, Signing("p256")));
        AssertGood(root);
        Assert.EndsWith(Body, Encoding.Latin1.GetString(SignedOf(root).Covered.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("From: a@b.example\n\none\r\ntwo\r\n", true)]
    [InlineData("From: a@b.example\n\none\ntwo\n", true)]
    [InlineData("From: a@b.example\r\n\r\none\r\ntwo\r\n", false)]
    public void Takes_a_header_of_local_lines_for_a_local_file(string message, bool local)
    {
        // OpenSSL writes signed content with CRLF, and all around it with LF.
        var entity = MimeEntity.Read(Ascii(message), new MimeBudget());
        Assert.Equal((local, MimeAmbiguity.None), (entity.HadLocalLineEnds, entity.TreeAmbiguity));
        Assert.Equal("From: a@b.example\r\n\r\none\r\ntwo\r\n", Encoding.Latin1.GetString(entity.Octets.Span));
    }

    [Theory]
    [InlineData("From: a@b.example\r\nSubject: x\r\n\r\none\r\ntwo\nthree\r\n", MakingRefusal.NotCanonical)]
    [InlineData("From: a@b.example\n\none\rtwo\r\n", MakingRefusal.NotCanonical)]
    [InlineData("From: a@b.example\r\nSubject: x\r\n\r\none\rtwo\r\n", MakingRefusal.NotCanonical)]
    [InlineData("From: a@b.example\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx", MakingRefusal.Ambiguous)]
    [InlineData("From: a@b.example\r\nSubject : x\r\n\r\nx", MakingRefusal.Ambiguous)]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx", MakingRefusal.Ambiguous)]
    [InlineData("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!", MakingRefusal.Ambiguous)]
    public async Task Refuses_what_it_would_have_to_repair(string message, MakingRefusal reason)
    {
        foreach (var format in Enum.GetValues<SignatureFormat>())
            Assert.Equal(reason, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.SignAsync(Ascii(message), Signing("p256") with { Format = format }))).Reason);
        Assert.Equal(reason, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.EncryptAsync(Ascii(message), Encrypting(EnvelopedMaterial.P256.Recipient)))).Reason);
    }

    [Fact]
    public async Task Treats_eight_bits_as_ordered()
    {
        var message = Encoding.UTF8.GetBytes("From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe\r\n");
        var settings = Signing("p256") with { HeaderProtection = ProtectionScheme.None };
        var encoded = Read(await MessageProtector.SignAsync(message, settings));
        AssertGood(encoded);
        Assert.Equal(ContentEncoding.QuotedPrintable, encoded.Parts[0].Encoding);
        Assert.Equal("Gr\u00fc\u00dfe\r\n", Encoding.UTF8.GetString(encoded.Parts[0].Decode().Span));
        var kept = Read(await MessageProtector.SignAsync(message, settings with { EightBit = EightBitContent.Keep }));
        AssertGood(kept);
        Assert.Equal(ContentEncoding.EightBit, kept.Parts[0].Encoding);
        Assert.Equal(MakingRefusal.NotSevenBit, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.SignAsync(message, settings with { EightBit = EightBitContent.Refuse }))).Reason);
        // In base64 they are safe.
        var opaque = Read(await MessageProtector.SignAsync(message, settings with { Format = SignatureFormat.Opaque, EightBit = EightBitContent.Refuse }));
        AssertGood(opaque);
        Assert.EndsWith("Gr\u00fc\u00dfe\r\n", Encoding.UTF8.GetString(SignedOf(opaque).Covered.Span), StringComparison.Ordinal);
    }

    [RequiresFact("openssl")]
    [Trait("Feature", "E-09")]
    public async Task Countersigns_every_signer_and_leaves_the_rest()
    {
        using var folder = new Workspace("making");
        foreach (var format in Enum.GetValues<SignatureFormat>())
        {
            var signed = await MessageProtector.SignAsync(Message, Signing("rsa", "p256") with { Format = format });
            var made = await MessageProtector.CountersignAsync(signed.ToArray(), new CountersignatureSettings { Signer = SignedPki.Signer("p384"), SigningTime = SignedPki.Now });
            var (before, content) = SignedOf(Read(signed));
            var (after, covered) = SignedOf(Read(made));
            AssertGood(Read(made));
            Assert.True(content.Span.SequenceEqual(covered.Span));
            Assert.All(after.Signers, s => Assert.Single(s.Countersignatures));
            Assert.Equal(before.Signers.Select(s => Convert.ToHexString(s.Signature.Span)).Order(StringComparer.Ordinal), after.Signers.Select(s => Convert.ToHexString(s.Signature.Span)).Order(StringComparer.Ordinal));
            Assert.StartsWith(Fields, Text(made), StringComparison.Ordinal);
            OpensslVerifies(folder, made);
            // And a countersignature on the first of them.
            var twice = await MessageProtector.CountersignAsync(made.ToArray(), new CountersignatureSettings { Signer = SignedPki.Signer("p521"), Path = [0, 0] });
            Assert.Single(SignedOf(Read(twice)).Signed.Signers, s => s.Countersignatures[0].Countersignatures.Count is 1);
        }
    }

    [Fact]
    [Trait("Feature", "E-09")]
    public async Task Countersigns_nothing_that_does_not_hold()
    {
        var signed = Text(await MessageProtector.SignAsync(Message, Signing("rsa"))).Replace("Attack", "Attick", StringComparison.Ordinal);
        var settings = new CountersignatureSettings { Signer = SignedPki.Signer("p384") };
        Assert.Equal(MakingRefusal.SignatureNotGood, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.CountersignAsync(Ascii(signed), settings))).Reason);
        Assert.Equal(MakingRefusal.NotProtected, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.CountersignAsync(Message, settings))).Reason);
    }

    [Fact]
    public async Task Copies_no_large_body_to_sign_it_clear()
    {
        var message = new byte[8 << 20];
        Fields.Select(c => (byte)c).Concat("MIME-Version: 1.0\r\n\r\n"u8.ToArray()).ToArray().CopyTo(message, 0);
        var start = Fields.Length + 21;
        for (var i = start; i < message.Length; i++) message[i] = (i - start) % 64 is 62 ? (byte)'\r' : (i - start) % 64 is 63 ? (byte)'\n' : (byte)'a';
        message[^2] = (byte)'\r';
        message[^1] = (byte)'\n';
        var entity = MimeEntity.Read(message, new MimeBudget());
        await MessageProtector.SignAsync(entity, Signing("p256"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var made = await MessageProtector.SignAsync(entity, Signing("p256"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
        Assert.InRange(made.Length, message.Length, message.Length + 8_192);
    }
}
