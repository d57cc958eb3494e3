using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;
using static MilSwitch.Smime.Tests.Making.MakingMaterial;

namespace MilSwitch.Smime.Tests.Making;

[SupportedOSPlatform("linux")]
[Trait("Feature", "F-02")]
[Trait("Feature", "F-03")]
public sealed class MessageReceiptTests : IDisposable
{
    private static readonly ReceiptRequest Request = new() { ContentIdentifier = new byte[] { 7, 7 }, From = ReceiptsFrom.All, To = [GeneralNames.OfAddress("ops@unit.example")] };
    private static readonly ReceiptSettings Answering = new() { Signer = SignedPki.Signer("p384"), From = "depot@base.example", Now = SignedPki.Now };
    private readonly Workspace folder = new("making");

    public void Dispose() => folder.Dispose();

    [RequiresTheory("openssl")]
    [InlineData("rsa", SignatureFormat.Clear)]
    [InlineData("rsa", SignatureFormat.Opaque)]
    [InlineData("p256", SignatureFormat.Opaque)]
    public async Task Openssl_verifies_a_receipt_made_here_and_makes_one_that_is_verified_here(string kind, SignatureFormat format)
    {
        var sent = await MessageProtector.SignAsync(Message, Signing(kind) with { Format = format, ReceiptRequest = Request });
        var answer = await MessageProtector.MakeReceiptAsync(sent.ToArray(), Answering);
        Assert.True(answer.Outcome.IsDue);
        Assert.Equal(["ops@unit.example"], answer.Addresses);
        var text = Text(answer.Message!.Value);
        Assert.StartsWith("From: depot@base.example\r\nTo: ops@unit.example\r\nDate: Wed, 04 Mar 2026 05:06:07 +0000\r\nMessage-ID: <", text, StringComparison.Ordinal);
        Assert.Contains("\r\nIn-Reply-To: <m1@unit.example>\r\n", text, StringComparison.Ordinal);
        Assert.Contains("smime-type=signed-receipt", text, StringComparison.Ordinal);
        await AssertVerifiesAsync(answer.Message.Value.ToArray(), sent.ToArray());

        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllBytes(folder["sent.eml"], sent.ToArray());
        File.WriteAllBytes(folder["receipt.eml"], answer.Message.Value.ToArray());
        string[] trust = ["-CAfile", folder["ca.pem"], "-attime", $"{SignedPki.Now.ToUnixTimeSeconds()}"];
        Openssl(["cms", "-verify_receipt", folder["receipt.eml"], "-in", folder["sent.eml"], .. trust]);

        Openssl("cms", "-sign_receipt", "-in", folder["sent.eml"], "-signer", SignerFile(folder, "rsa-sha512"), "-out", folder["theirs.eml"]);
        await AssertVerifiesAsync(File.ReadAllBytes(folder["theirs.eml"]), sent.ToArray());
    }

    [RequiresTheory("openssl")]
    [InlineData("-receipt_request_all", true)]
    [InlineData("-receipt_request_first", true)]
    [InlineData("-receipt_request_from depot@base.example", true)]
    [InlineData("-receipt_request_from other@base.example", false)]
    public async Task Answers_the_requests_of_openssl(string from, bool isDue)
    {
        File.WriteAllText(folder["inside"], "Content-Type: text/plain\r\n\r\n" + Body);
        Openssl(["cms", "-sign", "-in", folder["inside"], "-out", folder["sent.eml"], "-signer", SignerFile(folder, "rsa"), "-receipt_request_to", "ops@unit.example", .. from.Split(' ')]);
        var sent = File.ReadAllBytes(folder["sent.eml"]);
        var answer = await MessageProtector.MakeReceiptAsync(sent, Answering);
        Assert.Equal(isDue, answer.Outcome.IsDue);
        Assert.Equal(isDue, answer.Message is not null);
        if (!isDue) return;
        await AssertVerifiesAsync(answer.Message!.Value.ToArray(), sent);
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllBytes(folder["receipt.eml"], answer.Message.Value.ToArray());
        Openssl("cms", "-verify_receipt", folder["receipt.eml"], "-in", folder["sent.eml"], "-CAfile", folder["ca.pem"], "-attime", $"{SignedPki.Now.ToUnixTimeSeconds()}");
    }

    [Fact]
    public async Task Answers_an_encrypted_message_under_encryption_that_says_what_it_is()
    {
        var sent = (await MessageProtector.WrapAsync(Message, Signing("rsa") with { ReceiptRequest = Request }, Encrypting(EnvelopedMaterial.P256.Recipient), Signing("rsa"))).ToArray();
        Assert.Equal(MakingRefusal.NotOpened, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.MakeReceiptAsync(sent, Answering))).Reason);
        var settings = Answering with { Keys = [EnvelopedMaterial.P256.Key] };
        Assert.Equal(MakingRefusal.EncryptionNeeded, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.MakeReceiptAsync(sent, settings))).Reason);
        Assert.NotNull((await MessageProtector.MakeReceiptAsync(sent, settings with { AllowOpenAnswer = true })).Message);

        var answer = await MessageProtector.MakeReceiptAsync(sent, settings with { Encryption = Encrypting(EnvelopedMaterial.Rsa.Recipient) });
        Assert.True(answer.WasEncrypted);
        var root = Read(answer.Message!.Value);
        AssertGood(root);
        var (signed, covered) = SignedOf(root);
        Assert.Equal(ContentTypes.Receipt, ContentHints.Read(signed.Signers[0].SignedAttributes.Value(AttributeTypes.ContentHints)).ContentType);
        Assert.Equal("authEnveloped-data", MimeEntity.Read(covered, new MimeBudget()).MediaType.Parameter("smime-type"));
        var evidence = await MessageProtector.EvidenceAsync(sent, [EnvelopedMaterial.P256.Key], OpeningOptions.Default);
        var receipt = answer.Message.Value.ToArray();
        Assert.Equal([Reason.NoKey], (await MessageProtector.VerifyReceiptAsync(receipt, evidence, [], OpeningOptions.Default, VerificationOptions.Default)).Reasons);
        Assert.True((await MessageProtector.VerifyReceiptAsync(receipt, evidence, [EnvelopedMaterial.Rsa.Key], OpeningOptions.Default, VerificationOptions.Default)).IsGood);
    }

    [Fact]
    [Trait("Feature", "F-04")]
    public async Task Answers_only_who_may_ask()
    {
        Assert.Equal("0", (await MessageProtector.MakeReceiptAsync(Message, Answering)).Outcome.Step);
        Assert.Equal("0", (await MessageProtector.MakeReceiptAsync((await MessageProtector.SignAsync(Message, Signing("rsa"))).ToArray(), Answering)).Outcome.Step);
        var sent = Text(await MessageProtector.SignAsync(Message, Signing("rsa") with { ReceiptRequest = Request }));
        // A request under a signature that does not hold is none.
        Assert.Equal("0", (await MessageProtector.MakeReceiptAsync(Ascii(sent.Replace("Attack", "Attick", StringComparison.Ordinal)), Answering)).Outcome.Step);
        Assert.Equal("0", (await MessageProtector.MakeReceiptAsync(Ascii(sent), Answering with { Believes = _ => false })).Outcome.Step);
        Assert.True((await MessageProtector.MakeReceiptAsync(Ascii(sent), Answering with { Believes = _ => true })).Outcome.IsDue);
        // A mailing list says no, in a signature around it.
        var history = new[] { new MlData { List = SignerIdentifier.Of(SignedPki.Get("rsa").Certificate), ExpandedAt = SignedPki.Now, Policy = MlReceiptPolicy.None } };
        var expanded = (await MessageProtector.SignAsync(Ascii(sent), Signing("p256") with { ExpansionHistory = history })).ToArray();
        Assert.Equal("1.2.1", (await MessageProtector.MakeReceiptAsync(expanded, Answering)).Outcome.Step);
        // And one whose signature does not hold is not heard, but nothing is answered either.
        var broken = Encoding.Latin1.GetString(expanded).Replace("\r\nX-Odd:\tvalue \r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=\"sha-256\"; hp", "\r\nX-Odd:\tother \r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=\"sha-256\"; hp", StringComparison.Ordinal);
        if (broken != Encoding.Latin1.GetString(expanded))
            Assert.Equal(MakingRefusal.SignatureNotGood, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.MakeReceiptAsync(Ascii(broken), Answering))).Reason);
    }

    [Fact]
    public async Task Sends_nothing_to_addresses_that_would_break_a_header()
    {
        var request = Request with { To = [GeneralNames.OfAddress("a@b.example>\r\nBcc: all@b.example")] };
        var sent = await MessageProtector.SignAsync(Message, Signing("rsa") with { ReceiptRequest = request });
        Assert.Equal(MakingRefusal.NoAddress, (await Assert.ThrowsAsync<MakingRefusedException>(async () => await MessageProtector.MakeReceiptAsync(sent.ToArray(), Answering))).Reason);
    }

    [Fact]
    public async Task Sees_a_receipt_for_something_else()
    {
        var sent = (await MessageProtector.SignAsync(Message, Signing("rsa") with { ReceiptRequest = Request })).ToArray();
        var other = (await MessageProtector.SignAsync(Message, Signing("rsa") with { ReceiptRequest = Request with { ContentIdentifier = new byte[] { 8 } } })).ToArray();
        var receipt = (await MessageProtector.MakeReceiptAsync(sent, Answering)).Message!.Value.ToArray();
        var verified = await MessageProtector.VerifyReceiptAsync(receipt, other, [], OpeningOptions.Default, VerificationOptions.Default);
        Assert.Equal([Reason.ReceiptMismatch], verified.Reasons);
        Assert.Equal(new byte[] { 7, 7 }, verified.Receipt!.ContentIdentifier.ToArray());
        Assert.Equal([Reason.ReceiptMismatch], (await MessageProtector.VerifyReceiptAsync(Message, sent, [], OpeningOptions.Default, VerificationOptions.Default)).Reasons);
        Assert.Equal([Reason.ReceiptMismatch], (await MessageProtector.VerifyReceiptAsync(receipt, Message, [], OpeningOptions.Default, VerificationOptions.Default)).Reasons);
    }

    private static async Task AssertVerifiesAsync(byte[] receipt, byte[] sent)
    {
        var verified = await MessageProtector.VerifyReceiptAsync(receipt, sent, [], OpeningOptions.Default, VerificationOptions.Default);
        Assert.Empty(verified.Reasons);
        Assert.True(verified.IsGood);
        Assert.Single(verified.Signers);
    }
}
