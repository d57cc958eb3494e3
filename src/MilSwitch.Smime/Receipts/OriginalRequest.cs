using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Receipts;

/// <summary>Keeps what is needed to answer an originator's request after its signature is gone. Pure.</summary>
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
            // Who is asked by other names than addresses can't be told from the others here.
            string[]? listed = request.From.List is { } list ? [.. list.SelectMany(l => l.Addresses).Where(a => Ascii.IsValid(a))] : null;
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
}
