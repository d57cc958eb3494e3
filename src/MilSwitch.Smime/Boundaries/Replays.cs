using System.Collections.Immutable;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Boundaries;

/// <summary>
/// By what a signed message is known again, whatever was put around it since and whatever Message-ID it bears now (threat C10):
/// signer, message digest and signing time of the signature nearest to the content. Pure.
/// </summary>
internal static class Replays
{
    /// <summary>SHA-256; empty: nobody signed well.</summary>
    public static ReadOnlyMemory<byte> KeyOf(ImmutableArray<(Layer Layer, LayerFinding Finding)> layers)
    {
        if (layers.LastOrDefault(l => l.Finding.IsSignature).Finding is not { } inner) return default;
        byte[]? least = null;
        // Whoever changes the order of parallel signatures makes no new message.
        foreach (var signer in inner.Signers.Where(s => s.IsGood))
        {
            // Both are encoded with their lengths, so that none can look like the other. Without a time the digest decides alone.
            var key = SHA256.HashData(
            [
                .. Convert.FromHexString(signer.Certificate!.Thumbprint), .. signer.Info.SignedAttributes.Value(AttributeTypes.MessageDigest).Span,
                .. signer.Info.SignedAttributes.Value(AttributeTypes.SigningTime).Span,
            ]);
            if (least is null || key.AsSpan().SequenceCompareTo(least) < 0) least = key;
        }

        return least;
    }
}
