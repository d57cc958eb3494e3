using System.Buffers;
using System.Runtime.Versioning;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Boundaries;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;
using static MilSwitch.Smime.Making.SigningSurroundings;
using static MilSwitch.Smime.Tests.Boundaries.BoundaryMaterial;

namespace MilSwitch.Smime.Tests.Boundaries;

/// <summary>Signatures and encryption on behalf of a domain (RFC 3183).</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "K-05")]
public sealed class DomainSigningTests
{
    private static readonly SmimeProtection Protection = new(Ring, TimeProvider.System);

    [Theory]
    [InlineData("domain", SignatureType.Domain, SignerRole.Domain, ProtectionScheme.None)]
    [InlineData("domain", SignatureType.Domain, SignerRole.Domain, ProtectionScheme.Rfc9788)]
    [InlineData("review", SignatureType.Review, SignerRole.Review, ProtectionScheme.Rfc9788)]
    [InlineData("attribute", SignatureType.AdditionalAttributes, SignerRole.Attribute, ProtectionScheme.None)]
    public async Task Encapsulates_what_nobody_signed_in_an_object_without_signers(string owner, string type, SignerRole role, ProtectionScheme scheme)
    {
        foreach (var format in Enum.GetValues<SignatureFormat>())
        {
            var settings = Signing(owner, type) with { Format = format, HeaderProtection = scheme };
            var made = (await DomainSigning.SignAsync(Octets(Plain), settings)).ToArray();
            var opened = await OpenAsync(made, Opening with { Signers = role });
            Assert.Equal((SignatureState.Good, role, Plain), (opened.Signature.State, opened.Signature.Roles, Text(opened.Content)));
            Assert.Single(opened.Signature.Signers);
            var hidden = await DomainSigning.SignAndEncryptAsync(
                Octets(Plain), settings, Encrypting(ContentCipherChoice.Aes256Gcm, "bob") with { HeaderPolicy = scheme is ProtectionScheme.None ? HeaderConfidentialityPolicy.None : HeaderConfidentialityPolicy.Shy });
            opened = await OpenAsync(hidden.ToArray(), Opening with { Signers = role });
            Assert.Equal((SignatureState.Good, EncryptionState.Opened, Plain), (opened.Signature.State, opened.Encryption, Text(opened.Content)));
        }
    }

    [Fact]
    public async Task Wraps_the_originators_signature_and_is_never_beside_it()
    {
        var signed = (await MessageProtector.SignAsync(Octets(Plain), Signing("alice"))).ToArray();
        var opened = await OpenAsync((await DomainSigning.SignAsync(signed, Signing("domain", SignatureType.Domain))).ToArray());
        Assert.Equal("domain domain-signing-authority@origin.test, originator alice@unit.origin.test", string.Join(", ", opened.Signature.Signers));
        opened = await OpenAsync((await DomainSigning.SignAndEncryptAsync(signed, Signing("domain", SignatureType.Domain), Encrypting(ContentCipherChoice.Aes256Gcm, "bob"))).ToArray());
        Assert.Equal((2, EncryptionState.Opened), (opened.Signature.Signers.Length, opened.Encryption));
    }

    [Fact]
    [Trait("Feature", "K-03")]
    public async Task Signs_additional_attributes_in_no_other_role() =>
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await DomainSigning.SignAsync(Octets(Plain), Signing("attribute", SignatureType.AdditionalAttributes, SignatureType.Domain)));

    [Fact]
    [Trait("Feature", "K-01")]
    public async Task Says_on_whose_behalf_a_signature_is_beside_the_result()
    {
        foreach (var (key, type, encapsulates) in new (string, string?, bool)[] { ("alice", null, false), ("domain", "domain", false), ("domain", "domain", true) })
        {
            var departure = new DepartureProtection { Sign = new DepartureSigning(key) { SignatureType = type, Encapsulates = encapsulates } };
            var made = Assert.IsType<DepartureOutcome.Protected>(await Protection.ProtectAsync(Octets(Plain), departure, [Mailbox.Parse("bob@dest.test")], null, Precedence.Routine, default)).Content;
            var accepted = Assert.IsType<ArrivalOutcome.Accepted>(
                await Protection.ExamineAsync(made, new ArrivalProtection { AuthservId = "us.test", Verify = true, Trust = Trust }, Precedence.Routine, default));
            Assert.Contains("smime=pass", Text(accepted.Trace), StringComparison.Ordinal);
            Assert.EndsWith($"\r\nX-MilSwitch-Signature-Role: {type ?? "originator"}\r\n", Text(accepted.Trace), StringComparison.Ordinal);
        }
    }

    /// <summary>Cases (a) to (d) of RFC 3183 §4: who encrypts makes no difference to who opens.</summary>
    [Theory]
    [InlineData("alice", "bob")]
    [InlineData("alice", "confidentiality")]
    [InlineData("domain", "bob")]
    [InlineData("domain", "confidentiality")]
    [Trait("Feature", "K-02")]
    public async Task Domains_encrypt_and_decrypt_for_their_people(string signer, string opener)
    {
        // A recipient without a certificate of its own has its domain's authority.
        var found = new RecipientDirectory([CertificateOf(opener)]).Find(Mailbox.Parse("bob@dest.test"), Now)!;
        var encryption = Encrypting(ContentCipherChoice.Aes256Gcm) with { Recipients = [found] };
        var made = signer is "alice"
            ? await MessageProtector.SignAndEncryptAsync(Octets(Plain), Signing(signer), encryption)
            : await DomainSigning.SignAndEncryptAsync(Octets(Plain), Signing(signer, SignatureType.Domain), encryption);
        var opened = await OpenAsync(made.ToArray(), Opening with { Keys = [opener] });
        Assert.Equal((SignatureState.Good, EncryptionState.Opened, Plain), (opened.Signature.State, opened.Encryption, Text(opened.Content)));
        Assert.Equal(EncryptionState.ForOthers, (await OpenAsync(made.ToArray(), Opening with { Keys = ["mallory"] })).Encryption);
    }

    /// <summary>What a mailing list says of receipts counts before what the originator asked for (RFC 2634 §4.4).</summary>
    [Theory]
    [InlineData(MlReceiptPolicy.Absent, "alice@unit.origin.test")]
    [InlineData(MlReceiptPolicy.None, null)]
    [InlineData(MlReceiptPolicy.InsteadOf, "desk@origin.test")]
    [InlineData(MlReceiptPolicy.InAdditionTo, "alice@unit.origin.test desk@origin.test")]
    [Trait("Feature", "K-06")]
    public async Task Heeds_what_a_mailing_list_says_of_receipts(MlReceiptPolicy policy, string? to)
    {
        var request = ReceiptRequests.New(CertificateOf("alice"), Now, ReceiptsFrom.All, ["alice@unit.origin.test"]);
        var signed = (await MessageProtector.SignAsync(Octets(Plain), Signing("alice") with { ReceiptRequest = request })).ToArray();
        var history = new MlData
        {
            List = SignerIdentifier.Of(CertificateOf("mallory")), ExpandedAt = Now, Policy = policy,
            Entities = policy is MlReceiptPolicy.InsteadOf or MlReceiptPolicy.InAdditionTo ? [GeneralNames.OfAddress("desk@origin.test")] : [],
        };
        var expanded = (await MessageProtector.SignAsync(signed, Signing("list") with { ExpansionHistory = [history] })).ToArray();
        // The ring of this switch has every key of this class but one.
        var boundary = new SmimeBoundary(RingWithout("mallory"), TimeProvider.System);
        var opened = Assert.IsType<Domain.Boundaries.OpeningOutcome.Read>(await boundary.OpenAsync(expanded, Opening with { Lists = ["tac@origin.test"] }, Precedence.Routine, default)).Message;
        Assert.Equal("list tac@origin.test, originator alice@unit.origin.test", string.Join(", ", opened.Signature.Signers));
        Assert.Equal(to, opened.Receipt is { } asked ? string.Join(' ', asked.To) : null);
        Assert.Equal(["tac@origin.test"], opened.Lists.AsEnumerable());
        Assert.Equal("it went through a mailing list of this switch before: a loop", (await OpenAsync(expanded, Opening with { Lists = ["tac@origin.test"] })).Fault);
        Assert.Equal("SIGNER-MISMATCH", (await OpenAsync(expanded)).Signature.Reason);
    }

    [Fact]
    [Trait("Feature", "K-06")]
    public async Task Keeps_signatures_only_as_far_as_no_list_agent_would_take_them_off()
    {
        var signed = (await MessageProtector.SignAsync(Octets(Plain), Signing("alice"))).ToArray();
        var encrypted = (await MessageProtector.EncryptAsync(signed, Encrypting(ContentCipherChoice.Aes256Gcm, "bob"))).ToArray();
        var reviewed = (await MessageProtector.SignAsync(encrypted, Signing("review", SignatureType.Review))).ToArray();
        var opened = await OpenAsync(reviewed, Opening with { KeepsSignatures = true });
        Assert.Equal(2, opened.Signature.Signers.Length);
        Assert.Equal(Plain, Text(opened.Content));
        // Only the originator's: the reviewer signed what is encrypted, which is not there any more.
        Assert.StartsWith("Content-Type: multipart/signed", Text(opened.Kept!.Signed), StringComparison.Ordinal);
        Assert.False(opened.Kept.MustEncrypt);
        var departure = new DepartureProtection { Sign = new DepartureSigning("domain") { SignatureType = "domain" }, Kept = opened.Kept };
        var made = Assert.IsType<DepartureOutcome.Protected>(await Protection.ProtectAsync(opened.Content, departure, [], null, Precedence.Routine, default)).Content;
        Assert.Equal("domain domain-signing-authority@origin.test, originator alice@unit.origin.test", string.Join(", ", (await OpenAsync(made)).Signature.Signers));
        var changed = Octets(Text(opened.Content).Replace("dawn", "dusk", StringComparison.Ordinal));
        Assert.Contains("its text was changed here", Assert.IsType<DepartureOutcome.Impossible>(await Protection.ProtectAsync(changed, departure, [], null, Precedence.Routine, default)).Reason, StringComparison.Ordinal);
        var twice = (await MessageProtector.SignAsync(encrypted, Signing("alice"))).ToArray();
        twice = (await MessageProtector.EncryptAsync(twice, Encrypting(ContentCipherChoice.Aes256Gcm, "bob"))).ToArray();
        var inner = await OpenAsync(twice, Opening with { KeepsSignatures = true });
        Assert.True(inner.Kept!.MustEncrypt);
        Assert.Contains("RFC 3183 §5", Assert.IsType<DepartureOutcome.Impossible>(await Protection.ProtectAsync(inner.Content, departure with { Kept = inner.Kept }, [], null, Precedence.Routine, default)).Reason, StringComparison.Ordinal);
    }

    /// <summary>The examples of RFC 3183 §5.1, and what they leave open.</summary>
    public static TheoryData<SigningSurroundings[], DomainSigningPlan, int?> Examples => new()
    {
        { [Signed], new DomainSigningPlan(0, false, false, false), null },
        { [Signed, Signed, Signed], new DomainSigningPlan(0, false, false, false), null },
        { [Encrypted, Signed], new DomainSigningPlan(0, true, false, false), null },
        { [SignedWithHistory, Encrypted, Signed], new DomainSigningPlan(1, true, false, true), 0 },
        { [Signed, Signed, Encrypted, Signed], new DomainSigningPlan(2, true, false, false), null },
        { [SignedWithHistory, Signed, Encrypted, Signed], new DomainSigningPlan(2, true, false, true), 0 },
        { [SignedWithHistory, Signed], new DomainSigningPlan(1, false, false, true), 0 },
        { [Signed, SignedWithHistory, Signed], new DomainSigningPlan(2, false, false, true), 1 },
        { [Encrypted, Signed, Encrypted], new DomainSigningPlan(0, true, true, false), null },
        { [Encrypted, SignedWithHistory], new DomainSigningPlan(0, true, false, false), null },
        { [], new DomainSigningPlan(0, false, false, false), null },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    [Trait("Feature", "K-06")]
    public void Plans_around_mailing_lists(SigningSurroundings[] layers, DomainSigningPlan expected, int? historyAt)
    {
        var plan = DomainSigningPlan.For(layers);
        Assert.Equal(historyAt, plan.HistoryAt);
        Assert.Equal((expected.Stripped, expected.Opens, expected.MustEncrypt, expected.KeepsHistory), (plan.Stripped, plan.Opens, plan.MustEncrypt, plan.KeepsHistory));
    }
}
