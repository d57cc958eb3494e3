using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Receipts;

/// <summary>Keeps what is needed of an originator's request: to answer it after its signature is gone, or to judge what answers it. Stateless and thread-safe.</summary>
public static class OriginalRequest
{
    /// <summary>Reads it from the message that asked, whose signature was found good.</summary>
    /// <param name="requested">As the boundary found it.</param>
    /// <param name="mayHear">May this address be sent a receipt?</param>
    /// <returns>Null: there is no such request, or nobody whom it names may hear of it. The first who may is the only one who does.</returns>
    public static ReceiptAsked? Read(RequestedReceipt requested, Func<string, bool> mayHear)
    {
        try
        {
            var root = ProtectionSource.Read(requested.Original);
            if (SmimePart.Recognise(root) is not { Kind: SmimeKind.ClearSigned or SmimeKind.Opaque } part || (part.Kind is SmimeKind.ClearSigned && !SmimePart.IsWellFormedSigned(root))) return null;
            var signed = SignedData.Read((part.Kind is SmimeKind.ClearSigned ? root.Parts[1] : root).Decode(), CmsBounds.Default);
            var request = ReceiptDecision.Agreed(signed.Signers, out var signer);
            if (request is null || signer is null || !request.ContentIdentifier.Span.SequenceEqual(requested.ContentIdentifier.Span)) return null;
            var listed = Listed(request);
            if (listed is { Length: 0 }) return null;
            if (requested.To.FirstOrDefault(mayHear) is not { } to) return null;
            var receipt = ReceiptEvidence.Expected(signed, signer);
            return new ReceiptAsked(
                receipt.ContentType, receipt.ContentIdentifier.ToArray(), receipt.OriginatorSignature.ToArray(), ReceiptEvidence.MessageSignatureDigestOf(signer), to)
            {
                From = [.. listed ?? []],
            };
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    /// <summary>Reads it from a message whose originator's signature goes on as it is, whether that holds or not.</summary>
    /// <param name="sent">The message, all of it.</param>
    /// <param name="keys">To open it with.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    /// <returns>Null: its innermost signature asks nobody for a receipt, or nobody is to answer, as the last mailing list says (RFC 2634 §2.3).</returns>
    public static async ValueTask<ReceiptAsked?> ReadAsync(ReadOnlyMemory<byte> sent, IReadOnlyList<IDecryptionKey> keys, CancellationToken cancellationToken = default)
    {
        using var collector = new LayerCollector(keys, OpeningOptions.Default);
        var walk = await LayerWalk.WalkAsync(sent, collector, ProtectionSource.Budget(sent.Length), cancellationToken).ConfigureAwait(false);
        SignedData[] signed = [.. walk.Layers.Where(l => l is { IsAtRoot: true, Type: LayerType.Signed }).Select(l => collector[l]?.Signed).OfType<SignedData>()];
        if (signed is not [var outermost, ..]) return null;
        try
        {
            var innermost = signed[^1];
            var request = ReceiptDecision.Agreed(innermost.Signers, out var signer);
            if (request is null || signer is null || IsSilenced(request, outermost)) return null;
            var listed = Listed(request);
            if (listed is { Length: 0 }) return null;
            var receipt = ReceiptEvidence.Expected(innermost, signer);
            return new ReceiptAsked(
                receipt.ContentType, receipt.ContentIdentifier.ToArray(), receipt.OriginatorSignature.ToArray(), ReceiptEvidence.MessageSignatureDigestOf(signer),
                request.To.SelectMany(t => t.Addresses).FirstOrDefault() ?? "")
            {
                From = [.. listed ?? []],
                Sent = [.. innermost.Signers.Where(s => s.SignedAttributes.CountOf(AttributeTypes.ReceiptRequest) > 0).Select(s => SentEvidence.Of(ReceiptEvidence.Of(innermost, s)))],
            };
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    // Who is asked by other names than addresses can't be told from the others here. Null: all are asked.
    private static string[]? Listed(ReceiptRequest request) =>
        request.From.List is { } list ? [.. list.SelectMany(l => l.Addresses).Where(a => Ascii.IsValid(a))] : null;

    // By a list that the message came through, or because only those were asked whom it did not reach by one.
    private static bool IsSilenced(ReceiptRequest request, SignedData outermost)
    {
        if (outermost.Signers.Select(s => s.SignedAttributes).FirstOrDefault(a => a.CountOf(AttributeTypes.MlExpansionHistory) > 0) is not { } expanded) return false;
        return MlData.ReadHistory(expanded.Value(AttributeTypes.MlExpansionHistory))[^1].Policy is MlReceiptPolicy.None || request.From.Equals(ReceiptsFrom.FirstTier);
    }
}
