using System.Runtime.Versioning;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests;

[SupportedOSPlatform("linux")]
[Trait("Feature", "F-04")]
public sealed class EssTests
{
    private static readonly byte[] Content = "Content-Type: text/plain\r\n\r\nAttack at dawn.\r\n"u8.ToArray();
    private static readonly GeneralNames Originator = GeneralNames.OfAddress("originator@unit.example");
    private static readonly GeneralNames List = GeneralNames.OfAddress("list@unit.example");

    /// <summary>Request, policy of the last mailing list (null: no history), step, recipients.</summary>
    public static TheoryData<string, string?, string, string> Steps => new()
    {
        { "", null, "0", "" },
        { "all", null, "2.1", "o" },
        { "all", "absent", "2.1", "o" },
        { "all", "none", "1.2.1", "" },
        { "all", "instead", "2.1", "l" },
        { "all", "addition", "2.1", "ol" },
        { "first", null, "2.2.2", "o" },
        { "first", "absent", "2.2.1", "" },
        { "first", "instead", "2.2.1", "" },
        { "first", "none", "1.2.1", "" },
        { "me", null, "3.1", "o" },
        { "me", "addition", "3.1", "ol" },
        { "other", null, "3.2", "" },
        { "other", "absent", "3.2", "" },
        { "me", "none", "1.2.1", "" },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void Decides_on_receipts_as_RFC_2634_has_it(string asked, string? list, string step, string recipients)
    {
        var from = asked switch
        {
            "" => null,
            "all" => ReceiptsFrom.All,
            "first" => ReceiptsFrom.FirstTier,
            "me" => ReceiptsFrom.Listed([GeneralNames.OfAddress("me@UNIT.example")]),
            _ => ReceiptsFrom.Listed([GeneralNames.OfAddress("Me@unit.example")]),
        };
        var request = from is null ? null : new ReceiptRequest { ContentIdentifier = new byte[] { 1 }, From = from, To = [Originator] };
        MlData[]? history = list is null ? null : [new MlData
        {
            List = new SignerIdentifier(default, default, new byte[] { 7 }), ExpandedAt = SignedPki.Now, Entities = list is "instead" or "addition" ? [List] : [],
            Policy = list switch { "none" => MlReceiptPolicy.None, "instead" => MlReceiptPolicy.InsteadOf, "addition" => MlReceiptPolicy.InAdditionTo, _ => MlReceiptPolicy.Absent },
        }];
        if (history is not null) Assert.Equal(history, MlData.ReadHistory(MlData.EncodeHistory(history)));
        if (request is not null) Assert.Equal(request, ReceiptRequest.Read(request.Encode()));
        var outcome = ReceiptDecision.Decide(request, history, ["me@unit.example"]);
        Assert.Equal(step, outcome.Step);
        Assert.Equal(recipients.Length > 0, outcome.IsDue);
        Assert.Equal(recipients.Select(c => c is 'o' ? Originator : List), outcome.Recipients);
    }

    [Fact]
    public async Task Makes_receipts_that_verify_for_their_message_only()
    {
        var (sent, signer) = await Asking(1);
        var (other, otherSigner) = await Asking(2);
        var octets = await SignedReceipts.MakeAsync(sent, signer, SignedPki.Verify(sent, signer), SignedPki.Signer("p384"), SignedPki.Now, AlgorithmSuite.Default);
        var receipt = SignedData.Read(octets, CmsBounds.Default);
        Assert.Equal(signer.Signature.ToArray(), SignedReceipts.Read(receipt).OriginatorSignature.ToArray());
        Assert.Empty(Judge(receipt, ReceiptEvidence.Of(sent, signer)).Reasons);
        Assert.Equal([Reason.ReceiptMismatch], Judge(receipt, ReceiptEvidence.Of(other, otherSigner)).Reasons);
        var bad = SignedPki.Verify(sent, signer, new ContentDigests(Content.AsMemory(1)));
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await SignedReceipts.MakeAsync(sent, signer, bad, SignedPki.Signer("p384"), SignedPki.Now, AlgorithmSuite.Default));
    }

    [RequiresFact("openssl")]
    [Trait("Feature", "F-02")]
    public async Task Exchanges_receipts_with_openssl_both_ways()
    {
        using var folder = new Workspace("receipts");
        var identity = SignedPki.Get("rsa");
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllText(folder["cert.pem"], identity.CertificatePem);
        File.WriteAllText(folder["key.pem"], identity.KeyPem);
        File.WriteAllBytes(folder["content"], Content);
        string[] judge = ["-CAfile", folder["ca.pem"], "-attime", $"{SignedPki.Now.ToUnixTimeSeconds()}"];

        // It asks, we answer, it verifies.
        Good("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", folder["content"], "-out", folder["asked"], "-signer", folder["cert.pem"], "-inkey", folder["key.pem"], "-receipt_request_all", "-receipt_request_to", "originator@unit.example");
        var asked = SignedData.Read(File.ReadAllBytes(folder["asked"]), CmsBounds.Default);
        var asking = asked.Signers[0];
        File.WriteAllBytes(folder["answer"], await SignedReceipts.MakeAsync(asked, asking, SignedPki.Verify(asked, asking), SignedPki.Signer("p256"), SignedPki.Now, AlgorithmSuite.Default));
        Good(["cms", "-verify_receipt", folder["answer"], "-rctform", "DER", "-inform", "DER", "-in", folder["asked"], .. judge]);

        // We ask, it answers, we verify.
        var (sent, signer) = await Asking(3);
        File.WriteAllBytes(folder["sent"], sentOctets!);
        Good("cms", "-sign_receipt", "-inform", "DER", "-in", folder["sent"], "-outform", "DER", "-out", folder["receipt"], "-signer", folder["cert.pem"], "-inkey", folder["key.pem"]);
        var receipt = SignedData.Read(File.ReadAllBytes(folder["receipt"]), CmsBounds.Default);
        Assert.Empty(Judge(receipt, ReceiptEvidence.Of(sent, signer)).Reasons);

        static void Good(params string[] arguments)
        {
            var (exit, text) = SignedPki.Run("openssl", arguments);
            Assert.True(exit is 0, text);
        }
    }

    [Fact]
    [Trait("Feature", "F-08")]
    public void Values_come_back_as_they_were_written()
    {
        var random = new Random(2634);
        for (var round = 0; round < 200; round++)
        {
            var octets = new byte[random.Next(1, 40)];
            random.NextBytes(octets);
            var label = new SecurityLabel
            {
                Policy = $"1.3.26.0.4406.{random.Next(1000)}", Classification = random.Next(3) is 0 ? null : random.Next(257),
                PrivacyMark = random.Next(3) switch { 0 => null, 1 => "Mark " + round, _ => "Marqué " + round },
                Categories = [.. Enumerable.Range(0, random.Next(4)).Select(i => new UnknownCategory($"1.2.{i}.{random.Next(9999)}", EssOctets.Encode(octets)))],
            };
            Assert.Equal(label, EssLabel.Read(EssLabel.Encode(label)));
            Assert.Equal([label, label], EquivalentLabels.Read(EquivalentLabels.Encode([label, label])));
            Assert.Equal(octets, EssOctets.Read(EssOctets.Encode(octets)));
            var hints = new ContentHints(ContentTypes.Receipt, random.Next(2) is 0 ? null : "hint " + round);
            Assert.Equal(hints, ContentHints.Read(hints.Encode()));
            var reference = new ContentReference(ContentTypes.Data, octets, octets);
            Assert.Equal(reference, ContentReference.Read(reference.Encode()));
            var receipt = new Receipt(ContentTypes.Data, octets, octets);
            Assert.Equal(receipt, Receipt.Read(receipt.Encode()));
            var fields = new SecureHeaderFields(random.Next(2) is 0, [new SecureHeaderField("Subject", "Übung " + round, (SecureHeaderFieldStatus)random.Next(3))]);
            Assert.Equal(fields, SecureHeaderFields.Read(fields.Encode()));
        }

        Assert.Equal([SignatureType.Domain], SignatureType.Read(SignatureType.Encode(SignatureType.Domain)));
        var identifier = SignerIdentifier.Of(SignedPki.Authority);
        Assert.Equal(identifier, EncryptionKeyPreference.Read(EncryptionKeyPreference.Encode(identifier)));
        var certificate = new SigningCertificate(true, [EssCertId.Of(SignedPki.Authority, DigestAlgorithm.Sha384)], []);
        Assert.Equal(certificate, SigningCertificate.Read(certificate.Encode(), isSecondVersion: true));
        Assert.True(certificate.Names(SignedPki.Authority));
        Assert.False(certificate.Names(SignedPki.Get("p256").Certificate));
    }

    private byte[]? sentOctets;

    private async Task<(SignedData Sent, SignerInfo Signer)> Asking(byte identifier)
    {
        var request = new ReceiptRequest { ContentIdentifier = new[] { identifier }, From = ReceiptsFrom.All, To = [Originator] };
        sentOctets = (await SignedDataWriter.SignAsync(new SigningOrder
        {
            Content = new ContentDigests(Content), Signers = [SignedPki.Signer("rsa")], SigningTime = SignedPki.Now, Attributes = [new CmsAttribute(AttributeTypes.ReceiptRequest, request.Encode())],
        })).Join(Content);
        var sent = SignedData.Read(sentOctets, CmsBounds.Default);
        Assert.Equal(request, ReceiptDecision.Agreed(sent.Signers, out var asking));
        return (sent, asking!);
    }

    private static SignerVerdict Judge(SignedData receipt, ReceiptEvidence evidence)
    {
        var signer = Assert.Single(receipt.Signers);
        var certificate = receipt.CertificateOf(signer);
        return SignedReceipts.Verify(receipt, signer, certificate, new VerificationKeys().Get(certificate), evidence, VerificationOptions.Default);
    }
}
