using System.Buffers;
using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>Sign, encrypt, sign (RFC 2634 §1.1) without MIME between, beside the sum of the primitives.</summary>
internal static class TripleWrapFigures
{
    private static readonly EnvelopedRecipient[] Recipients = [SmimeMaterial.Recipient.AsRecipient()];

    public static IEnumerable<Figure> All =>
    [
        Wrap(SmimeMaterial.Small, 0.92), Wrap(SmimeMaterial.Middle, 0.90), Wrap(SmimeMaterial.Large, 0.80),
    ];

    private static Figure Wrap(int size, double wanted)
    {
        var signer = SmimeMaterial.Rsa2048;
        var content = SmimeMaterial.Content(size);
        var (attributes, bare) = (new byte[400], SmimeMaterial.Content(size));
        return new Figure("triple wrap RSA-2048", SmimeMaterial.Name(size), "primitives", wanted, () => WrapAsync(content), () =>
        {
            signer.Hash(content);
            signer.Sign(attributes);
            EnvelopingFigures.EncryptBare(bare);
            signer.Hash(bare);
            signer.Sign(attributes);
        })
        {
            MostGarbage = 16_000,
        };
    }

    // What comes out lies in pieces around the sealed body: a caller writes them one after the other.
    private static async ValueTask WrapAsync(byte[] content)
    {
        var inner = await SigningFigures.SignAsync(SmimeMaterial.Rsa2048, new ContentDigests(content));
        var buffer = ArrayPool<byte>.Shared.Rent((int)inner.Length + EnvelopedWriter.Expansion);
        try
        {
            inner.Prefix.CopyTo(buffer);
            content.CopyTo(buffer, inner.Prefix.Length);
            inner.Suffix.CopyTo(buffer.AsMemory(inner.Prefix.Length + content.Length));
            var body = EnvelopedWriter.Seal(buffer, (int)inner.Length, ContentTypes.Data, Recipients, SealingOptions.Default);
            await SignedDataWriter.SignAsync(new SigningOrder
            {
                Content = Digest(body), Signers = [SmimeMaterial.Rsa2048.Cms], SigningTime = SmimeMaterial.Now, Layer = SignatureLayer.Outer,
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ContentDigests Digest(SealedContent body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(body.Prefix.Span);
        hash.AppendData(body.Body.Span);
        hash.AppendData(body.Suffix.Span);
        return new ContentDigests(body.Length, (DigestAlgorithm.Sha256, hash.GetHashAndReset()));
    }
}
