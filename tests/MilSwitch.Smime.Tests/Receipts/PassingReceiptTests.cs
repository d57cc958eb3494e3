using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Receipts;
using MilSwitch.Testing;
using static MilSwitch.Smime.Tests.Making.MakingMaterial;

namespace MilSwitch.Smime.Tests.Receipts;

/// <summary>Receipts for messages that go on with their originators' signatures: what is kept of those, and what is good for them.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "L-03")]
[Trait("Threat", "C13")]
public sealed class PassingReceiptTests : IDisposable
{
    private const string Recipient = "signer@unit.example";
    private static readonly ReceiptRequest Request = new() { ContentIdentifier = new byte[] { 0, 7, 255 }, From = ReceiptsFrom.All, To = [GeneralNames.OfAddress("ops@unit.example")] };
    private static readonly BoundaryOpening Home = new() { Trust = new ArrivalTrust { Anchors = [SignedPki.Authority] }, Signers = SignerRole.Originator };
    private readonly Workspace folder = new("passing");
    private readonly ReceiptRelay relay = new(KeyRing.Empty, new Fixed());

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(SignatureFormat.Clear)]
    [InlineData(SignatureFormat.Opaque)]
    public async Task Keeps_of_a_signature_what_a_receipt_for_it_must_have(SignatureFormat format)
    {
        var sent = await SignAsync(Signing("rsa") with { ReceiptRequest = Request, Format = format });
        var asked = await KeptAsync(sent);
        Assert.Equal((true, true), (asked.IsAsked(Recipient), asked.IsAsked("anybody@unit.example")));
        var receipt = await AnswerAsync(sent);
        Assert.Equal(Request.ContentIdentifier.ToArray(), (await relay.IdentifierAsync(receipt, default)).ToArray());
        Assert.Equal((ReceiptState.Good, Recipient, AcknowledgmentGrade.RecipientVerified), await JudgeAsync(receipt, asked) is var good ? (good.State, good.Recipient, good.Grade) : default);
        // One more signature around it, of a gateway on the way, changes nothing of what was asked.
        var around = (await MessageProtector.SignAsync(sent, Signing("p384"))).ToArray();
        Assert.Equal(asked.MessageSignatureDigest.ToArray(), (await KeptAsync(around)).MessageSignatureDigest.ToArray());
        Assert.Equal(ReceiptState.Good, (await JudgeAsync(await AnswerAsync(around), asked)).State);
    }

    [RequiresFact("openssl")]
    public async Task What_openssl_asks_for_and_answers_is_good()
    {
        File.WriteAllText(folder["inside"], "Content-Type: text/plain\r\n\r\nSail at dawn.\r\n");
        Openssl("cms", "-sign", "-in", folder["inside"], "-out", folder["sent.eml"], "-signer", SignerFile(folder, "rsa"), "-receipt_request_to", "ops@unit.example", "-receipt_request_from", Recipient);
        var asked = await KeptAsync(File.ReadAllBytes(folder["sent.eml"]));
        Assert.Equal((true, false), (asked.IsAsked(Recipient), asked.IsAsked("depot@base.example")));
        Openssl("cms", "-sign_receipt", "-in", folder["sent.eml"], "-signer", SignerFile(folder, "p256"), "-out", folder["receipt.eml"]);
        var receipt = File.ReadAllBytes(folder["receipt.eml"]);
        Assert.Equal(asked.ContentIdentifier.ToArray(), (await relay.IdentifierAsync(receipt, default)).ToArray());
        Assert.Equal(ReceiptState.Good, (await JudgeAsync(receipt, asked)).State);
    }

    [Fact]
    public async Task Believes_no_receipt_for_something_else_or_of_anybody_else()
    {
        var sent = await SignAsync(Signing("rsa") with { ReceiptRequest = Request });
        var asked = await KeptAsync(sent);
        // The same identifier in the request for another message.
        var other = (await MessageProtector.SignAsync(Ascii(Text(new(Message)).Replace("Attack", "Attick", StringComparison.Ordinal)), Signing("p384") with { ReceiptRequest = Request })).ToArray();
        var theirs = await AnswerAsync(other);
        Assert.Equal(Request.ContentIdentifier.ToArray(), (await relay.IdentifierAsync(theirs, default)).ToArray());
        Assert.Equal("RECEIPT-MISMATCH", (await JudgeAsync(theirs, asked)).Reason);
        var receipt = await AnswerAsync(sent);
        Assert.Equal("SIGNER-MISMATCH", (await relay.JudgeAsync(receipt, asked, Home, ["depot@base.example"], Precedence.Routine, default)).Reason);
        Assert.Equal(ReceiptState.Bad, (await relay.JudgeAsync(receipt, asked, new BoundaryOpening(), [Recipient], Precedence.Routine, default)).State);
    }

    [Fact]
    public async Task Opens_what_is_encrypted_with_the_keys_of_its_way_only()
    {
        var signed = Signing("rsa") with { ReceiptRequest = Request };
        var sent = (await MessageProtector.SignAndEncryptAsync(Message, signed, Encrypting(EnvelopedMaterial.P256.Recipient))).ToArray();
        Assert.Null(await relay.ReadAsync(sent, [], Precedence.Routine, default));
        // A key that is away leaves it as it is.
        Assert.Null(await relay.ReadAsync(sent, ["away"], Precedence.Routine, default));
        Assert.Equal(Request.ContentIdentifier.ToArray(), (await OriginalRequest.ReadAsync(sent, [EnvelopedMaterial.P256.Key]))!.ContentIdentifier.ToArray());
    }

    [Fact]
    public async Task Keeps_nothing_where_nobody_is_to_answer()
    {
        Assert.Null(await relay.ReadAsync(Message, [], Precedence.Routine, default));
        Assert.Null(await relay.ReadAsync(new byte[] { 1, 2, 3 }, [], Precedence.Routine, default));
        Assert.Null(await relay.ReadAsync(await SignAsync(Signing("rsa")), [], Precedence.Routine, default));
        Assert.Empty((await relay.IdentifierAsync(Message, default)).ToArray());
        Assert.Empty((await relay.IdentifierAsync(await SignAsync(Signing("rsa") with { ReceiptRequest = Request }), default)).ToArray());

        // Those whom the message reached by no list, and then it goes through one; or one that wants no answers.
        var sent = await SignAsync(Signing("rsa") with { ReceiptRequest = Request });
        var first = await SignAsync(Signing("rsa") with { ReceiptRequest = Request with { From = ReceiptsFrom.FirstTier } });
        Assert.NotNull(await relay.ReadAsync(first, [], Precedence.Routine, default));
        Assert.Null(await relay.ReadAsync(await ExpandAsync(first, MlReceiptPolicy.Absent), [], Precedence.Routine, default));
        Assert.NotNull(await relay.ReadAsync(await ExpandAsync(sent, MlReceiptPolicy.Absent), [], Precedence.Routine, default));
        Assert.Null(await relay.ReadAsync(await ExpandAsync(sent, MlReceiptPolicy.None), [], Precedence.Routine, default));
    }

    private static async Task<byte[]> SignAsync(SignatureSettings settings) => (await MessageProtector.SignAsync(Message, settings)).ToArray();

    private static async Task<byte[]> ExpandAsync(byte[] message, MlReceiptPolicy policy) => (await MessageProtector.SignAsync(message, Signing("p256") with
    {
        ExpansionHistory = [new MlData { List = SignerIdentifier.Of(SignedPki.Get("p256").Certificate), ExpandedAt = SignedPki.Now, Policy = policy }],
    })).ToArray();

    // As it is stored.
    private async Task<ReceiptAsked> KeptAsync(byte[] sent)
    {
        var asked = await relay.ReadAsync(sent, [], Precedence.Routine, default);
        Assert.NotNull(asked);
        var document = asked.Write(MessageId.Create(1, 1, 1), ReceiptAsked.Awaited);
        Assert.Equal(ReceiptAsked.Awaited, document.Kind);
        return ReceiptAsked.Read(document.Json);
    }

    private static async Task<byte[]> AnswerAsync(byte[] message) =>
        (await MessageProtector.MakeReceiptAsync(message, new ReceiptSettings { Signer = SignedPki.Signer("p256"), From = Recipient, Now = SignedPki.Now })).Message!.Value.ToArray();

    private async Task<ReceiptJudgement> JudgeAsync(byte[] receipt, ReceiptAsked asked) => await relay.JudgeAsync(receipt, asked, Home, [Recipient], Precedence.Routine, default);

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => SignedPki.Now;
    }
}
