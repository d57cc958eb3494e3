using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Receipts;

/// <summary>What a receipt must have, as it is kept and as it is used.</summary>
internal static class SentEvidence
{
    public static SentReceiptEvidence Of(ReceiptEvidence evidence) =>
        new(evidence.ContentIdentifier.ToArray(), evidence.MessageSignatureDigest.ToArray(), evidence.ReceiptDigests.ToImmutableDictionary());

    public static ReceiptEvidence Read(SentReceiptEvidence kept) => new(kept.ContentIdentifier, kept.MessageSignatureDigest, kept.ReceiptDigests);
}
