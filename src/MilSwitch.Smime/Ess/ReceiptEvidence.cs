using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// What a sender keeps to judge receipts by, instead of the message (RFC 2634 §2.2.2): the message signature digest, and the
/// digests that the Receipt must have. Immutable.
/// </summary>
/// <param name="ContentIdentifier">Finds it when a receipt comes.</param>
/// <param name="MessageSignatureDigest">Of the signed attributes, by the originator's digest.</param>
/// <param name="ReceiptDigests">Of the Receipt that must come, by the names of the digests that its signer may choose.</param>
public sealed record ReceiptEvidence(
    ReadOnlyMemory<byte> ContentIdentifier, ReadOnlyMemory<byte> MessageSignatureDigest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ReceiptDigests)
{
    /// <summary>Of a sent message.</summary>
    /// <param name="sent">The innermost SignedData.</param>
    /// <param name="signer">The signer who asked.</param>
    /// <exception cref="CmsFormatException">It asks for no receipt.</exception>
    public static ReceiptEvidence Of(SignedData sent, SignerInfo signer)
    {
        var receipt = Expected(sent, signer);
        var encoded = receipt.Encode();
        return new ReceiptEvidence(
            receipt.ContentIdentifier,
            MessageSignatureDigestOf(signer),
            DigestAlgorithm.All.Where(d => d != DigestAlgorithm.Md5).ToDictionary(d => d.Name, d => (ReadOnlyMemory<byte>)d.Hash(encoded)));
    }

    /// <summary>The Receipt for a message (RFC 2634 §2.4 step 2).</summary>
    internal static Receipt Expected(SignedData sent, SignerInfo signer)
    {
        var request = ReceiptRequest.Read(signer.SignedAttributes.Value(AttributeTypes.ReceiptRequest));
        return new Receipt(sent.ContentType, request.ContentIdentifier, signer.Signature);
    }

    /// <summary>Of the signed attributes as they were signed (RFC 2634 §2.4 step 1.2).</summary>
    internal static byte[] MessageSignatureDigestOf(SignerInfo signer) =>
        (DigestAlgorithm.Find(signer.DigestAlgorithm) ?? throw new CmsFormatException("an unknown digest")).Hash(signer.SignedAttributes.SetOf);
}
