using System.Buffers;
using System.Runtime.Versioning;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Receipts;
using static MilSwitch.Smime.Tests.Boundaries.BoundaryMaterial;

namespace MilSwitch.Smime.Tests.Boundaries;

/// <summary>Messages that somebody made or changed so that a boundary would believe them.</summary>
[SupportedOSPlatform("linux")]
public sealed class BoundaryAttackTests
{
    private const string Secret = "dawn";
    private const string SignerRoleMissing = "SIGNER-ROLE";

    // Field and weight, what stands outside, and what somebody puts in its place; \n is the end of a line.
    private const string Changes = """
        From | Blocking | alice@unit.origin.test | eve@unit.origin.test
        To | Blocking | To: bob@dest.test | To: eve@dest.test
        To | Blocking | To: bob@dest.test\n |
        Cc | Blocking | carol@dest.test | eve@dest.test
        SIO-Label | Blocking | SECRET | PUBLIC
        MMHS-Primary-Precedence | Blocking | 4 (flash) | 1 (routine)
        MMHS-Message-Type | Blocking | Subject: convoy | Subject: convoy\nMMHS-Message-Type: 1 (exercise)
        Bcc | Blocking | Subject: convoy | Subject: convoy\nBcc: eve@dest.test
        Subject | Suspicious | Subject: convoy | Subject: retreat
        Date | Suspicious | 10:00:00 | 11:00:00
        Reply-To | Suspicious | Subject: convoy | Subject: convoy\nReply-To: eve@evil.test
        Cc | Suspicious | Carol <carol@dest.test> | carol@dest.test
        Cc | Benign | Carol <carol@dest.test> | Carol<carol@dest.test>
        """;

    public static TheoryData<string, DifferenceWeight, string, string> Outside
    {
        get
        {
            var rows = new TheoryData<string, DifferenceWeight, string, string>();
            foreach (var line in Changes.Split('\n'))
            {
                var cells = line.Split('|', StringSplitOptions.TrimEntries);
                rows.Add(cells[0], Enum.Parse<DifferenceWeight>(cells[1]), Lines(cells[2]), Lines(cells[3]));
            }

            return rows;

            static string Lines(string cell) => cell.Replace("\\n", "\r\n", StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Outside))]
    [Trait("Feature", "G-04")]
    [Trait("Threat", "C10")]
    public async Task Weighs_what_was_changed_outside_and_shows_what_was_signed(string field, DifferenceWeight weight, string before, string after)
    {
        var signed = Text((await MessageProtector.SignAsync(Octets(Plain), Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 })).ToArray());
        var opened = await OpenAsync(Octets(Once(signed, before, after)));
        Assert.Equal(new HeaderDifference(field, weight), Assert.Single(opened.Differences));
        Assert.Equal(SignatureState.Good, opened.Signature.State);
        Assert.Equal(Plain, Text(opened.Content));
    }

    [Theory]
    [InlineData("Cc: Carol <carol@dest.test>", "Cc: \"a b\"@dest.test", "Cc: \"ab\"@dest.test", DifferenceWeight.Blocking)]
    [InlineData("Cc: Carol <carol@dest.test>", "Cc: Carol B <carol@dest.test>", "Cc: CarolB <carol@dest.test>", DifferenceWeight.Suspicious)]
    [InlineData("Cc: Carol <carol@dest.test>", "Cc: \"a b\" <carol@dest.test>", "Cc: \"ab\" <carol@dest.test>", DifferenceWeight.Suspicious)]
    [InlineData("Cc: Carol <carol@dest.test>", "Cc: carol@dest.test, dave@dest.test", "Cc: carol@dest.test,dave@dest.test", DifferenceWeight.Benign)]
    [InlineData("Cc: Carol <carol@dest.test>", "Cc: carol @dest.test", "Cc: carol@dest.test", DifferenceWeight.Benign)]
    [InlineData("Subject: convoy", "Subject: at tack", "Subject: attack", DifferenceWeight.Suspicious)]
    [Trait("Feature", "G-04")]
    [Trait("Threat", "C10")]
    public async Task Takes_white_space_for_nothing_only_where_it_is_none(string plain, string before, string after, DifferenceWeight weight)
    {
        var signed = Text((await MessageProtector.SignAsync(Octets(Once(Plain, plain, before)), Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 })).ToArray());
        var opened = await OpenAsync(Octets(Once(signed, before, after)));
        Assert.Equal(new HeaderDifference(before[..before.IndexOf(':', StringComparison.Ordinal)], weight), Assert.Single(opened.Differences));
    }

    [Fact]
    [Trait("Feature", "G-05")]
    public async Task Sees_what_was_changed_outside_of_a_triple_wrap_without_the_key()
    {
        var made = Text((await MessageProtector.WrapAsync(
            Octets(Plain), Signing("alice"), Encrypting(ContentCipherChoice.Aes256Gcm, "bob"), Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 })).ToArray());
        var opened = await OpenAsync(Octets(Once(made, "4 (flash)", "5 (override)")), Opening with { KeepsInner = true });
        Assert.Equal(new HeaderDifference("MMHS-Primary-Precedence", DifferenceWeight.Blocking), Assert.Single(opened.Differences));
    }

    [Fact]
    [Trait("Threat", "C10")]
    public async Task Knows_for_whom_a_message_was_when_it_is_sent_to_others()
    {
        // Bob opens what Alice signed and encrypts that for the boundary, as if she had.
        var signed = await MessageProtector.SignAsync(Octets(Plain), Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 });
        var forwarded = (await MessageProtector.EncryptAsync(signed.ToArray(), Encrypting(ContentCipherChoice.Aes256Gcm, "bob"))).ToArray();
        var opened = await OpenAsync(Octets(Once(Once(Text(forwarded), "To: bob@dest.test", "To: general@dest.test"), "Cc: Carol <carol@dest.test>\r\n", "")));
        Assert.Equal(SignatureState.Good, opened.Signature.State);
        Assert.Equal("bob@dest.test carol@dest.test", string.Join(' ', opened.ProtectedRecipients));
        Assert.Contains(new HeaderDifference("To", DifferenceWeight.Blocking), opened.Differences);
    }

    [Fact]
    [Trait("Threat", "C10")]
    public async Task Knows_a_message_again_whatever_is_put_around_it()
    {
        var signed = (await MessageProtector.SignAsync(Octets(Plain), Signing("alice"))).ToArray();
        var first = await OpenAsync(signed);
        var renamed = Octets(Once(Text(signed), "<1@origin.test>", "<2@origin.test>"));
        var wrapped = (await MessageProtector.SignAsync(renamed, Signing("domain", SignatureType.Domain))).ToArray();
        var encrypted = (await MessageProtector.EncryptAsync(wrapped, Encrypting(ContentCipherChoice.Aes256Gcm, "bob"))).ToArray();
        foreach (var again in new[] { renamed, wrapped, encrypted }) Assert.Equal(first.ReplayKey.ToArray(), (await OpenAsync(again)).ReplayKey.ToArray());
        var other = (await MessageProtector.SignAsync(Octets(Plain), Signing("alice") with { SigningTime = Now.AddSeconds(-5) })).ToArray();
        Assert.NotEqual(first.ReplayKey.ToArray(), (await OpenAsync(other)).ReplayKey.ToArray());
    }

    [Theory]
    [InlineData("unsigned")]
    [InlineData("signed by another")]
    [InlineData("signed outside")]
    [InlineData("changed")]
    [Trait("Threat", "C8")]
    [Trait("Threat", "C9")]
    public async Task Says_the_same_of_CBC_that_nobody_vouches_for_as_of_what_does_not_open(string how)
    {
        var cbc = Encrypting(ContentCipherChoice.Aes256Cbc, "bob");
        var made = (how switch
        {
            "signed by another" => await MessageProtector.SignAndEncryptAsync(Octets(Plain), Signing("mallory"), cbc),
            "signed outside" => await MessageProtector.SignAsync((await MessageProtector.EncryptAsync(Octets(Plain), cbc)).ToArray(), Signing("alice")),
            _ => await MessageProtector.EncryptAsync(Octets(Plain), cbc),
        }).ToArray();
        if (how is "changed") made = Octets(Changed(Text(made)));
        var opened = await OpenAsync(made, Opening with { AuthservId = "us.test" });
        Assert.Equal((EncryptionState.Closed, false), (opened.Encryption, opened.IsAuthenticated));
        Assert.Equal(how is "signed outside" ? SignatureState.Good : SignatureState.None, opened.Signature.State);
        Assert.Equal(Text(made), Text(opened.Content));
        Assert.Equal("left as it came: it does not open, or its encryption is not authenticated", opened.Notes[^1].Detail);
        Assert.True(opened is { Fault: null, ProtectedRecipients.IsDefault: true, Receipt: null, Labels.IsEmpty: true, Differences.IsEmpty: true, Result.IsEmpty: true });
    }

    [Theory]
    [InlineData("alice", null, AuthorityNaming.Rfc3183, "", SignerRole.Originator, "")]
    [InlineData("mallory", null, AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("nobody", null, AuthorityNaming.Rfc3183, "", SignerRole.None, "NO-ADDRESS")]
    [InlineData("domain", null, AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("domain", SignatureType.Domain, AuthorityNaming.Rfc3183, "", SignerRole.Domain, "")]
    [InlineData("domain", SignatureType.Domain, AuthorityNaming.Rfc3183, "*.origin.test", SignerRole.Domain, "")]
    [InlineData("domain", SignatureType.Domain, AuthorityNaming.Rfc3183, "other.test", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("alice", SignatureType.Domain, AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("other-domain", SignatureType.Domain, AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("false-domain", SignatureType.Domain, AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("false-domain", SignatureType.Domain, AuthorityNaming.MailAddress, "", SignerRole.Domain, "")]
    [InlineData("components", SignatureType.Domain, AuthorityNaming.Rfc3183, "", SignerRole.Domain, "")]
    [InlineData("organization", SignatureType.Domain, AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("organization", SignatureType.Domain, AuthorityNaming.CommonName, "unit.origin.test", SignerRole.Domain, "")]
    [InlineData("server", SignatureType.Domain, AuthorityNaming.Uri, "*.origin.test", SignerRole.Domain, "")]
    [InlineData("server", SignatureType.Domain, AuthorityNaming.Rfc3183, "*.origin.test", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("review", SignatureType.Review, AuthorityNaming.Rfc3183, "", SignerRole.None, SignerRoleMissing)]
    [InlineData("domain", SignatureType.Review, AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNER-MISMATCH")]
    [InlineData("domain", "1.2.3.4", AuthorityNaming.Rfc3183, "", SignerRole.None, "SIGNED-ATTRIBUTES-INVALID")]
    [Trait("Feature", "K-01")]
    [Trait("Threat", "C3")]
    public async Task Believes_those_who_may_sign_for_the_originator(string owner, string? type, AuthorityNaming naming, string domains, SignerRole roles, string reason)
    {
        var signed = await MessageProtector.SignAsync(Octets(Plain), Signing(owner, type is null ? [] : [type]));
        var opened = await OpenAsync(signed.ToArray(), Opening with { SignerNaming = naming, SignerDomains = domains.Length is 0 ? [] : [domains] });
        Assert.Equal((roles, reason), (opened.Signature.Roles, opened.Signature.Reason));
        Assert.Equal(roles is SignerRole.None ? SignatureState.Bad : SignatureState.Good, opened.Signature.State);
    }

    [Fact]
    [Trait("Feature", "K-04")]
    public async Task Tells_the_roles_of_all_who_signed_and_believes_none_of_them_if_one_may_not()
    {
        var signed = (await MessageProtector.SignAsync(Octets(Plain), Signing("alice"))).ToArray();
        var reviewed = (await MessageProtector.SignAsync(signed, Signing("review", SignatureType.Review))).ToArray();
        var added = (await MessageProtector.SignAsync(reviewed, Signing("attribute", SignatureType.AdditionalAttributes))).ToArray();
        var released = (await MessageProtector.SignAsync(added, Signing("domain", SignatureType.Domain))).ToArray();
        var opened = await OpenAsync(released);
        Assert.Equal(SignerRole.Originator | SignerRole.Review | SignerRole.Attribute | SignerRole.Domain, opened.Signature.Roles);
        Assert.Equal(4, opened.Signature.Signers.Length);
        Assert.Equal(Plain, Text(opened.Content));
        var bad = await OpenAsync((await MessageProtector.SignAsync(reviewed, Signing("other-domain", SignatureType.Domain))).ToArray());
        Assert.Equal((SignatureState.Bad, "SIGNER-MISMATCH"), (bad.Signature.State, bad.Signature.Reason));
        Assert.True(bad.ReplayKey.IsEmpty);
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Believes_no_signature_over_a_part_and_none_that_nobody_made()
    {
        var signed = Text((await MessageProtector.SignAsync(Octets(Plain), Signing("alice"))).ToArray());
        var entity = signed[signed.IndexOf("Content-Type", StringComparison.Ordinal)..];
        var mixed = await OpenAsync(Octets($"{Fields}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nadded\r\n--m\r\n{entity}\r\n--m--\r\n"));
        Assert.Equal((SignatureState.Bad, "PARTIAL-COVERAGE"), (mixed.Signature.State, mixed.Signature.Reason));
        var empty = await OpenAsync(Octets(Fields + "MIME-Version: 1.0\r\n" + Text(DomainSigning.Empty(new ReadOnlySequence<byte>(Octets("Content-Type: text/plain\r\n\r\nx\r\n"))).ToArray())));
        Assert.Equal((SignatureState.Bad, "NO-SIGNER"), (empty.Signature.State, empty.Signature.Reason));
        var changed = await OpenAsync(Octets(signed.Replace("dawn", "dusk", StringComparison.Ordinal)));
        Assert.Equal((SignatureState.Bad, "DIGEST-MISMATCH", false), (changed.Signature.State, changed.Signature.Reason, changed.IsAuthenticated));
    }

    [Theory]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\nContent-Type: text/plain\r\n\r\n--a\r\n\r\none\r\n--a--\r\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\n\r\nnothing\r\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=\"a\\b\"\r\n\r\n--ab\r\n\r\none\r\n--ab--\r\n")]
    [InlineData("Content-Type: multipart/mixed (; boundary=b); boundary=a\r\n\r\n--a\r\n\r\none\r\n--a--\r\n")]
    [InlineData("Content-Type: text/plain\r\nContent-Transfer-Encoding: base65\r\n\r\nxx\r\n")]
    [InlineData("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n")]
    [InlineData("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n")]
    [InlineData("From: eve@evil.test\r\nContent-Type: text/plain\r\n\r\ntwo senders\r\n")]
    [Trait("Threat", "M2")]
    public async Task Says_that_a_message_can_be_read_in_two_ways(string rest)
    {
        var message = Fields + "MIME-Version: 1.0\r\n" + rest;
        foreach (var octets in new[] { Octets(message), (await SignAsync(message)) })
        {
            if (octets.Length is 0) continue;
            var opened = await OpenAsync(octets);
            Assert.NotNull(opened.Fault);
            Assert.NotEqual(SignatureState.Good, opened.Signature.State);
            Assert.Equal(Text(octets), Text(opened.Content));
        }

        // What our own tools refuse to sign is not the point here.
        static async Task<byte[]> SignAsync(string message)
        {
            try
            {
                return (await MessageProtector.SignAsync(Octets(message), Signing("alice") with { Tolerated = ~Smime.Messages.MimeAmbiguity.None })).ToArray();
            }
            catch (MakingRefusedException)
            {
                return [];
            }
        }
    }

    [Fact]
    [Trait("Threat", "M1")]
    public async Task Says_that_a_message_is_nested_without_end()
    {
        var deep = string.Concat(Enumerable.Range(0, 40).Select(i => $"Content-Type: multipart/mixed; boundary=b{i}z\r\n\r\n--b{i}z\r\n"));
        Assert.Equal("it is nested deeper than is read", (await OpenAsync(Octets(Fields + "MIME-Version: 1.0\r\n" + deep + "\r\nx\r\n"))).Fault);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public async Task Lists_labels_from_the_content_outwards_and_believes_those_of_who_may_sign()
    {
        var inner = new SecurityLabel { Policy = "1.3.26.1.3.1", Classification = 3 };
        var signed = (await MessageProtector.SignAsync(Octets(Plain), Signing("alice") with { Label = inner })).ToArray();
        var domain = await OpenAsync((await MessageProtector.SignAsync(signed, Signing("domain", SignatureType.Domain) with { Label = inner with { Classification = 1 } })).ToArray());
        Assert.Equal([3, 1], domain.Labels.Select(l => EssLabel.Read(l.Encoded).Classification!.Value));
        Assert.All(domain.Labels, l => Assert.True(l.IsBelieved));
        var other = await OpenAsync((await MessageProtector.SignAsync(signed, Signing("mallory") with { Label = inner with { Classification = 1 } })).ToArray());
        Assert.Equal([true, false], other.Labels.Select(l => l.IsBelieved));
    }

    [Fact]
    [Trait("Threat", "C8")]
    public async Task Believes_an_outer_label_whatever_sender_stands_in_what_must_not_be_known_to_have_opened()
    {
        const string other = "From: Mallory <mallory@evil.test>\r\n";
        var hidden = Once(Plain, "From: Alice <alice@unit.origin.test>\r\n", other);
        var closed = await MessageProtector.EncryptAsync(Octets(hidden), Encrypting(ContentCipherChoice.Aes256Cbc, "bob") with { HeaderProtection = ProtectionScheme.Rfc9788 });
        var outside = Once(Text(closed.ToArray()), other, "From: Alice <alice@unit.origin.test>\r\n");
        var made = await MessageProtector.SignAsync(Octets(outside), Signing("alice") with { Label = new SecurityLabel { Policy = "1.3.26.1.3.1", Classification = 3 } });
        var opened = await OpenAsync(made.ToArray());
        Assert.Equal((SignatureState.Good, EncryptionState.Closed), (opened.Signature.State, opened.Encryption));
        Assert.True(Assert.Single(opened.Labels).IsBelieved);
    }

    [Fact]
    [Trait("Feature", "F-04")]
    public async Task Says_what_receipt_is_asked_for()
    {
        var request = new ReceiptRequest { ContentIdentifier = "id"u8.ToArray(), From = ReceiptsFrom.All, To = [GeneralNames.OfAddress("alice@unit.origin.test")] };
        var made = await MessageProtector.SignAndEncryptAsync(Octets(Plain), Signing("alice") with { ReceiptRequest = request }, Encrypting(ContentCipherChoice.Aes256Gcm, "bob"));
        var receipt = (await OpenAsync(made.ToArray())).Receipt!;
        Assert.Equal(("id", "alice@unit.origin.test"), (Text(receipt.ContentIdentifier), receipt.To.Single()));
        // What is kept of it is a message of its own, and receipts can be made from it.
        var kept = await OpenAsync(receipt.Original);
        Assert.Equal((SignatureState.Good, Plain), (kept.Signature.State, Text(kept.Content)));
        Assert.Equal("alice@unit.origin.test", new ReceiptRelay(Ring, TimeProvider.System).Read(receipt, _ => true)!.To);
        Assert.Null((await OpenAsync((await MessageProtector.SignAsync(Octets(Plain), Signing("mallory") with { ReceiptRequest = request })).ToArray())).Receipt);
    }

    [Theory]
    [InlineData("signed")]
    [InlineData("gcm")]
    [InlineData("cbc")]
    [InlineData("cbc unsigned")]
    [InlineData("triple")]
    [Trait("Threat", "C1")]
    [Trait("Threat", "C8")]
    public async Task Never_throws_for_a_mutant_and_never_shows_what_it_does_not_vouch_for(string kind)
    {
        var hidden = Encrypting(kind is "cbc" or "cbc unsigned" ? ContentCipherChoice.Aes256Cbc : ContentCipherChoice.Aes256Gcm, "bob") with { HeaderPolicy = HeaderConfidentialityPolicy.Shy, HeaderProtection = ProtectionScheme.Rfc9788 };
        var signing = Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 };
        var sound = (kind switch
        {
            "signed" => await MessageProtector.SignAsync(Octets(Plain), signing),
            "cbc unsigned" => await MessageProtector.EncryptAsync(Octets(Plain), hidden),
            "triple" => await MessageProtector.WrapAsync(Octets(Plain), signing, hidden, signing),
            _ => await MessageProtector.SignAndEncryptAsync(Octets(Plain), signing, hidden),
        }).ToArray();
        await Mutations.ForEachAsync("boundary " + kind, sound, async mutant =>
        {
            var opened = await OpenAsync(mutant);
            var text = Text(opened.Content);
            if (opened.Encryption is not (EncryptionState.Opened or EncryptionState.None)) Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
            if (kind is "cbc unsigned") Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
            if (opened is not { Signature.State: SignatureState.Good, Fault: null, Encryption: EncryptionState.None or EncryptionState.Opened }) return;
            // What is believed is what was signed, by whom it was signed.
            Assert.EndsWith(Body, text, StringComparison.Ordinal);
            Assert.Contains("From: Alice <alice@unit.origin.test>\r\n", text, StringComparison.Ordinal);
            Assert.Contains("Subject: convoy\r\n", text, StringComparison.Ordinal);
        });
    }

    private static string Once(string text, string before, string after)
    {
        var at = text.IndexOf(before, StringComparison.Ordinal);
        Assert.True(at >= 0, before);
        return text[..at] + after + text[(at + before.Length)..];
    }

    // A letter of the ciphertext, well before its end.
    private static string Changed(string text)
    {
        var at = text.LastIndexOf("\r\n", text.Length - 100, StringComparison.Ordinal) - 5;
        return text[..at] + (text[at] is 'A' ? 'B' : 'A') + text[(at + 1)..];
    }
}
