using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Receipts;
using MilSwitch.Testing;
using static MilSwitch.Smime.Tests.Making.MakingMaterial;

namespace MilSwitch.Smime.Tests.Receipts;

[SupportedOSPlatform("linux")]
[Trait("Feature", "L-03")]
[Trait("Threat", "C13")]
public sealed class ReceiptRelayTests : IDisposable
{
    private const string Gateway = "gate@gateway.example";
    private const string Recipient = "signer@unit.example";
    private static readonly ReceiptRequest Request = new() { ContentIdentifier = new byte[] { 7, 7 }, From = ReceiptsFrom.All, To = [GeneralNames.OfAddress("ops@unit.example"), GeneralNames.OfAddress("spy@other.example")] };
    private static readonly BoundaryOpening Downstream = new() { Trust = new ArrivalTrust { Anchors = [SignedPki.Authority] } };
    private static readonly RelayedReceiptSettings Settings = new(new DepartureSigning("gate"), Gateway, "depot@base.example") { InReplyTo = "<m1@unit.example>" };
    private readonly Workspace folder = new("relay");
    private readonly ReceiptRelay relay = new(
        new KeyRing(null, new Dictionary<string, ReadOnlyMemory<byte>>(), new Dictionary<string, SoftwareKeyPair>
        {
            ["gate"] = new(KeyFile.Read(Encoding.ASCII.GetBytes(SignedPki.Get("p384").KeyPem)).Keys[0], SignedPki.Get("p384").Certificate),
        }),
        new Fixed());

    public void Dispose() => folder.Dispose();

    [RequiresFact("openssl")]
    public async Task The_originator_verifies_with_openssl_what_the_gateway_verified_for_it()
    {
        var (sent, asked, copy) = await CrossAsync();
        var receipt = await AnswerAsync(copy);
        Assert.Equal((ReceiptState.Good, "0000100000020.TAG"), await ClaimAsync(receipt, Downstream));
        Assert.Equal((ReceiptState.Bad, ""), await ClaimAsync(copy, Downstream));
        Assert.Equal((ReceiptState.Unavailable, ""), await ClaimAsync(receipt, Downstream with { Keys = ["away"] }));
        var judged = await JudgeAsync(receipt, asked);
        Assert.Equal((ReceiptState.Good, "", Recipient), (judged.State, judged.Reason, judged.Recipient));

        var made = Assert.IsType<DepartureOutcome.Protected>(await relay.MakeAsync(asked, AcknowledgmentGrade.RecipientVerified, judged, Settings, Precedence.Routine, default)).Content;
        var parts = MimeEntity.Read(made, new MimeBudget()).Parts;
        Assert.Equal(3, parts.Length);
        var text = Encoding.ASCII.GetString(made.Span);
        Assert.StartsWith("From: gate@gateway.example\r\nTo: ops@unit.example\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\r\nIn-Reply-To: <m1@unit.example>\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\r\nGrade: recipient-verified\r\nRecipient: depot@base.example\r\n", text, StringComparison.Ordinal);

        OpensslVerifies(sent, parts[1]);
        OpensslVerifies(copy, parts[2]);
        var ours = await MessageProtector.VerifyReceiptAsync(Alone(parts[1]), sent, [], OpeningOptions.Default, VerificationOptions.Default);
        Assert.True(ours.IsGood);
        Assert.Equal((AcknowledgmentGrade.RecipientVerified, "depot@base.example"), RelayedReceipt.Said(ours.Signers[0].Signer));
        Assert.Equal([SignatureType.Domain], SignatureType.Read(ours.Signers[0].Signer.SignedAttributes.Value(AttributeTypes.SignatureType)));
        // The recipient's own is for the copy, and says no grade.
        var theirs = await MessageProtector.VerifyReceiptAsync(Alone(parts[2]), sent, [], OpeningOptions.Default, VerificationOptions.Default);
        Assert.False(theirs.IsGood);
        Assert.Null(RelayedReceipt.Said(theirs.Signers[0].Signer));
    }

    [RequiresFact("openssl")]
    public async Task A_receipt_that_openssl_signs_for_the_copy_is_verified_here()
    {
        var (_, asked, copy) = await CrossAsync();
        File.WriteAllBytes(folder["copy.eml"], copy);
        Openssl("cms", "-sign_receipt", "-in", folder["copy.eml"], "-signer", SignerFile(folder, "p256"), "-out", folder["theirs.eml"]);
        Assert.Equal(ReceiptState.Good, (await JudgeAsync(File.ReadAllBytes(folder["theirs.eml"]), asked)).State);
    }

    [Theory]
    [InlineData(AcknowledgmentGrade.GatewayAccepted, "gateway-accepted", "took the message over")]
    [InlineData(AcknowledgmentGrade.DomainDelivered, "domain-delivered", "delivered to the")]
    public async Task Lower_grades_say_so_and_carry_nothing_of_the_recipients(AcknowledgmentGrade grade, string word, string meaning)
    {
        var (sent, asked, _) = await CrossAsync();
        var made = Assert.IsType<DepartureOutcome.Protected>(await relay.MakeAsync(asked, grade, null, Settings, Precedence.Routine, default)).Content;
        var text = Encoding.ASCII.GetString(made.Span);
        Assert.Contains("\r\nSubject: Receipt: " + word + "\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Grade: " + word, text, StringComparison.Ordinal);
        Assert.Contains(meaning, text, StringComparison.Ordinal);
        Assert.DoesNotContain("verified", text, StringComparison.Ordinal);
        var parts = MimeEntity.Read(made, new MimeBudget()).Parts;
        Assert.Equal(2, parts.Length);
        var ours = await MessageProtector.VerifyReceiptAsync(Alone(parts[1]), sent, [], OpeningOptions.Default, VerificationOptions.Default);
        Assert.True(ours.IsGood);
        Assert.Equal((grade, "depot@base.example"), RelayedReceipt.Said(ours.Signers[0].Signer));
    }

    [Fact]
    public async Task Grades_never_mix()
    {
        var (_, asked, copy) = await CrossAsync();
        var good = await JudgeAsync(await AnswerAsync(copy), asked);
        var bad = await JudgeAsync(Message, asked);
        await Assert.ThrowsAsync<ArgumentException>(async () => await relay.MakeAsync(asked, AcknowledgmentGrade.RecipientVerified, null, Settings, Precedence.Routine, default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await relay.MakeAsync(asked, AcknowledgmentGrade.RecipientVerified, bad, Settings, Precedence.Routine, default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await relay.MakeAsync(asked, AcknowledgmentGrade.DomainDelivered, good, Settings, Precedence.Routine, default));
    }

    [Fact]
    public async Task Believes_no_receipt_for_something_else_or_from_somebody_else()
    {
        var (sent, asked, copy) = await CrossAsync();
        Assert.Equal("RECEIPT-MISMATCH", (await JudgeAsync(await AnswerAsync(sent), asked)).Reason);
        Assert.Equal("RECEIPT-MISMATCH", (await JudgeAsync(copy, asked)).Reason);
        var receipt = await AnswerAsync(copy);
        Assert.Equal("SIGNER-MISMATCH", (await relay.JudgeAsync(receipt, asked, Downstream, ["depot@base.example"], Precedence.Routine, default)).Reason);
        Assert.Equal(ReceiptState.Bad, (await relay.JudgeAsync(receipt, asked, new BoundaryOpening(), [Recipient], Precedence.Routine, default)).State);
        Assert.Equal(ReceiptState.Bad, (await JudgeAsync(receipt, asked with { Sent = [] })).State);
        Assert.Equal(ReceiptState.Unavailable, (await relay.JudgeAsync(receipt, asked, Downstream with { Keys = ["away"] }, [Recipient], Precedence.Routine, default)).State);
    }

    [Fact]
    [Trait("Threat", "S13")]
    public async Task Only_the_originator_hears_of_it_and_only_one_address()
    {
        var sent = (await MessageProtector.SignAsync(Message, Signing("rsa") with { ReceiptRequest = Request })).ToArray();
        Assert.Null(relay.Read(Requested(sent), _ => false));
        Assert.Equal("ops@unit.example", relay.Read(Requested(sent), _ => true)!.To);
        Assert.Null(relay.Read(Requested(sent) with { ContentIdentifier = new byte[] { 8 } }, _ => true));
        Assert.Null(relay.Read(new RequestedReceipt(new byte[] { 7, 7 }, new byte[] { 1, 2, 3 }, ["ops@unit.example"]), _ => true));
    }

    [Fact]
    [Trait("Threat", "C5")]
    public async Task Whom_a_fetched_list_revokes_is_not_believed()
    {
        var (_, asked, copy) = await CrossAsync();
        var receipt = await AnswerAsync(copy);
        var knowing = new ReceiptRelay(new KeyRing(null, new Dictionary<string, ReadOnlyMemory<byte>>(), new Dictionary<string, SoftwareKeyPair>()), new Fixed())
        {
            Status = new Fetched(RevocationList.Read(SignedPki.Revoking(SignedPki.Get("p256").Certificate))),
        };
        Assert.Equal("CERT-REVOKED", (await knowing.JudgeAsync(receipt, asked, Downstream with { Home = "red" }, [Recipient], Precedence.Routine, default)).Reason);
        Assert.Equal(ReceiptState.Good, (await knowing.JudgeAsync(receipt, asked, Downstream, [Recipient], Precedence.Routine, default)).State);
    }

    [RequiresFact("openssl")]
    public async Task What_a_gateway_beyond_relays_counts_as_far_as_it_may_speak_for_the_recipient_and_is_relayed_on()
    {
        var (sent, asked, copy) = await CrossAsync();
        var (beyond, theirs) = await BeyondAsync(copy, AcknowledgmentGrade.RecipientVerified, Authority("unit.example"));
        Assert.Equal((ReceiptState.Good, "0000100000020.TAG"), await ClaimAsync(theirs, Downstream));
        var judged = await JudgeAsync(theirs, asked);
        Assert.Equal((ReceiptState.Good, "", Recipient, AcknowledgmentGrade.RecipientVerified, "domain-signing-authority@unit.example"), (judged.State, judged.Reason, judged.Recipient, judged.Grade, judged.Gateway));
        // As reports leave: signed once more, which changes nothing.
        var signed = (await MessageProtector.SignAsync(theirs, new SignatureSettings { Signers = [new CmsSigner(beyond.Key)], SigningTime = SignedPki.Now })).ToArray();
        Assert.Equal(ReceiptState.Good, (await JudgeAsync(signed, asked)).State);
        Assert.Equal("SIGNER-MISMATCH", (await relay.JudgeAsync(theirs, asked, Downstream, ["depot@unit.example"], Precedence.Routine, default)).Reason);

        var made = Assert.IsType<DepartureOutcome.Protected>(await relay.MakeAsync(asked, judged.Grade, judged, Settings, Precedence.Routine, default)).Content;
        Assert.Contains("A gateway beyond says", Encoding.ASCII.GetString(made.Span), StringComparison.Ordinal);
        var parts = MimeEntity.Read(made, new MimeBudget()).Parts;
        OpensslVerifies(sent, parts[1]);
        // What it said is about the copy that went to it.
        OpensslVerifies(copy, parts[2]);
    }

    [Theory]
    [InlineData("unit.example", AcknowledgmentGrade.GatewayAccepted, "", true)]
    [InlineData("unit.example", AcknowledgmentGrade.DomainDelivered, "", true)]
    [InlineData("example", AcknowledgmentGrade.RecipientVerified, "", true)]
    [InlineData("other.example", AcknowledgmentGrade.RecipientVerified, "", false)]
    [InlineData("unit.example", AcknowledgmentGrade.RecipientVerified, "base.example", false)]
    public async Task What_a_gateway_says_counts_by_its_name_and_by_what_was_agreed(string domain, AcknowledgmentGrade grade, string agreed, bool counts)
    {
        var (_, asked, copy) = await CrossAsync();
        var (_, theirs) = await BeyondAsync(copy, grade, Authority(domain));
        var opening = agreed.Length is 0 ? Downstream : Downstream with { SignerDomains = [agreed] };
        var judged = await relay.JudgeAsync(theirs, asked, opening, [Recipient], Precedence.Routine, default);
        Assert.Equal(counts ? (ReceiptState.Good, "", grade) : (ReceiptState.Bad, "SIGNER-MISMATCH", AcknowledgmentGrade.RecipientVerified), (judged.State, judged.Reason, judged.Grade));
        Assert.Equal(ReceiptState.Bad, (await relay.JudgeAsync(theirs, asked, opening with { Signers = SignerRole.Originator }, [Recipient], Precedence.Routine, default)).State);
    }

    private static SignedPki.Identity Authority(string domain) => SignedPki.DomainAuthority("domain-signing-authority", domain);

    // Another gateway, to which the copy is the original.
    private static async Task<(SignedPki.Identity Key, byte[] Receipt)> BeyondAsync(byte[] copy, AcknowledgmentGrade grade, SignedPki.Identity authority)
    {
        var pair = new SoftwareKeyPair(KeyFile.Read(Encoding.ASCII.GetBytes(authority.KeyPem)).Keys[0], authority.Certificate);
        var other = new ReceiptRelay(new KeyRing(null, new Dictionary<string, ReadOnlyMemory<byte>>(), new Dictionary<string, SoftwareKeyPair> { ["beyond"] = pair }), new Fixed());
        var asked = other.Read(new RequestedReceipt(Encoding.ASCII.GetBytes("0000100000020.TAG"), copy, [Gateway]), a => a == Gateway)!;
        var theirs = grade is AcknowledgmentGrade.RecipientVerified ? new ReceiptJudgement(ReceiptState.Good, "", Recipient, new byte[] { 0x30, 0 }) : null;
        var made = await other.MakeAsync(asked, grade, theirs, new RelayedReceiptSettings(new DepartureSigning("beyond"), "receipts@unit.example", Recipient), Precedence.Routine, default);
        return (authority, Assert.IsType<DepartureOutcome.Protected>(made).Content.ToArray());
    }

    [Fact]
    public async Task A_key_that_is_away_makes_no_receipt()
    {
        var (_, asked, _) = await CrossAsync();
        Assert.IsType<DepartureOutcome.Unavailable>(
            await relay.MakeAsync(asked, AcknowledgmentGrade.GatewayAccepted, null, Settings with { Signing = new DepartureSigning("away") }, Precedence.Routine, default));
    }

    // The original's signature is taken off, and the gateway's with a request of its own put on.
    private async Task<(byte[] Sent, ReceiptAsked Asked, byte[] Copy)> CrossAsync()
    {
        var sent = (await MessageProtector.SignAsync(Message, Signing("rsa") with { ReceiptRequest = Request })).ToArray();
        var asked = relay.Read(Requested(sent), a => a == "ops@unit.example")!;
        var request = ReceiptRequest.Read(relay.Request("0000100000020.TAG", Gateway, asked));
        Assert.Equal([Gateway], request.To.SelectMany(t => t.Addresses));
        var copy = (await MessageProtector.SignAsync(
            Message, Signing("p384") with { ReceiptRequest = request, Requested = evidence => asked = asked with { Sent = [.. evidence.Select(SentEvidence.Of)] } })).ToArray();
        Assert.Single(asked.Sent);
        // As it was stored.
        return (sent, ReceiptAsked.Read(asked.Write(MessageId.Create(1, 1, 1)).Json), copy);
    }

    private static RequestedReceipt Requested(byte[] sent) =>
        new(new byte[] { 7, 7 }, sent, ["ops@unit.example", "spy@other.example"]);

    private static async Task<byte[]> AnswerAsync(byte[] message) =>
        (await MessageProtector.MakeReceiptAsync(message, new ReceiptSettings { Signer = SignedPki.Signer("p256"), From = "depot@base.example", Now = SignedPki.Now })).Message!.Value.ToArray();

    private async Task<(ReceiptState State, string Tag)> ClaimAsync(byte[] message, BoundaryOpening opening) =>
        await relay.TagAsync(message, opening, Precedence.Routine, default) is var claimed ? (claimed.State, claimed.Tag) : default;

    private async Task<ReceiptJudgement> JudgeAsync(byte[] receipt, ReceiptAsked asked) => await relay.JudgeAsync(receipt, asked, Downstream, [Recipient], Precedence.Routine, default);

    private static byte[] Alone(MimeEntity part) => [.. "MIME-Version: 1.0\r\n"u8, .. part.Octets.Span];

    private void OpensslVerifies(byte[] sent, MimeEntity receipt)
    {
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllBytes(folder["sent.eml"], sent);
        File.WriteAllBytes(folder["receipt.eml"], Alone(receipt));
        Openssl("cms", "-verify_receipt", folder["receipt.eml"], "-in", folder["sent.eml"], "-CAfile", folder["ca.pem"], "-attime", $"{SignedPki.Now.ToUnixTimeSeconds()}");
    }

    private sealed class Fetched(RevocationList list) : IFetchedStatus
    {
        public IReadOnlyList<RevocationList> ListsOf(string domain) => domain is "red" ? [list] : [];
    }

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => SignedPki.Now;
    }
}
