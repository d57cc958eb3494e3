using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Ess;

/// <summary>Makes and verifies signed receipts (RFC 2634 §2.4, §2.6).</summary>
public static class SignedReceipts
{
    /// <summary>Makes a receipt: SignedData over a Receipt. Whether one is due is for <see cref="ReceiptDecision"/> to say.</summary>
    /// <param name="original">The message, as received.</param>
    /// <param name="asking">Its signer who asks.</param>
    /// <param name="verdict">What that signer's signature came to: good, or no receipt may be made (§2.4 step 1).</param>
    /// <param name="signer">The recipient.</param>
    /// <param name="signingTime">When.</param>
    /// <param name="suite">What may be made.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <exception cref="CmsFormatException">The signer asks for no receipt.</exception>
    /// <exception cref="SigningRefusedException">The signature asked for is not good, or the suite makes none.</exception>
    public static async ValueTask<byte[]> MakeAsync(
        SignedData original, SignerInfo asking, SignerVerdict verdict, CmsSigner signer, DateTimeOffset signingTime, AlgorithmSuite suite, CancellationToken cancellationToken = default)
    {
        if (!verdict.IsGood) throw new SigningRefusedException("no receipt for a signature that is not good (RFC 2634 §2.4)");
        var content = ReceiptEvidence.Expected(original, asking).Encode();
        var parts = await SignedDataWriter.SignAsync(
            new SigningOrder
            {
                Content = new ContentDigests(content),
                ContentType = ContentTypes.Receipt,
                Signers = [signer],
                SigningTime = signingTime,
                Attributes = [new CmsAttribute(AttributeTypes.MsgSigDigest, EssOctets.Encode(ReceiptEvidence.MessageSignatureDigestOf(asking)))],
                Layer = SignatureLayer.Inner,
                Suite = suite,
            },
            cancellationToken);
        return parts.Join(content);
    }

    /// <summary>The Receipt in a signed receipt.</summary>
    /// <exception cref="CmsFormatException">It is none.</exception>
    public static Receipt Read(SignedData receipt) => receipt.ContentType is ContentTypes.Receipt && receipt.Content is { } content
        ? Receipt.Read(content)
        : throw new CmsFormatException("not a signed receipt");

    /// <summary>Verifies a receipt against what was kept of the message (§2.6): its signature, and that it is for that message.</summary>
    /// <param name="receipt">As received.</param>
    /// <param name="signer">One of its signers.</param>
    /// <param name="certificate">That signer's, DER.</param>
    /// <param name="key">Its public key; null: of a kind that can't be used here.</param>
    /// <param name="evidence">What was kept.</param>
    /// <param name="options">What is demanded.</param>
    /// <returns>With <see cref="Reason.ReceiptMismatch"/> where it is for something else.</returns>
    public static SignerVerdict Verify(
        SignedData receipt, SignerInfo signer, ReadOnlyMemory<byte> certificate, VerificationKey? key, ReceiptEvidence evidence, VerificationOptions options)
    {
        if (receipt.ContentType is not ContentTypes.Receipt || receipt.Content is not { } content) return new SignerVerdict { Reasons = [Reason.ReceiptMismatch] };
        var verdict = SignerVerifier.Verify(signer, receipt.ContentType, new ContentDigests(content), certificate, key, options);
        return IsFor(signer, content, evidence) ? verdict : verdict with { Reasons = [.. verdict.Reasons, Reason.ReceiptMismatch] };
    }

    private static bool IsFor(SignerInfo signer, ReadOnlyMemory<byte> content, ReceiptEvidence evidence)
    {
        try
        {
            return EssOctets.Read(signer.SignedAttributes.Value(AttributeTypes.MsgSigDigest)).AsSpan().SequenceEqual(evidence.MessageSignatureDigest.Span)
                && DigestAlgorithm.Find(signer.DigestAlgorithm) is { } digest
                && evidence.ReceiptDigests.TryGetValue(digest.Name, out var expected)
                && digest.Hash(content.Span).AsSpan().SequenceEqual(expected.Span)
                && Receipt.Read(content).ContentIdentifier.Span.SequenceEqual(evidence.ContentIdentifier.Span);
        }
        catch (CmsFormatException)
        {
            return false;
        }
    }
}
