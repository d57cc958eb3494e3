using System.Buffers;
using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Boundaries;

/// <summary>The signed receipt that a message asks for (RFC 2634 §2.2, §2.3), as far as it can be said without knowing the recipient. Pure.</summary>
internal static class AskedReceipt
{
    /// <summary>Null: nobody asks, not with one voice, or a mailing list on the way asked that none is sent.</summary>
    /// <param name="root">The message.</param>
    /// <param name="layers">All at the root; every signature is believed.</param>
    /// <param name="source">What carries the protected fields.</param>
    /// <param name="header">How the header is protected.</param>
    /// <param name="judge">Says who signed a layer.</param>
    /// <param name="settings">For whom an authority may speak.</param>
    public static RequestedReceipt? Of(
        MimeEntity root, ImmutableArray<(Layer Layer, LayerFinding Finding)> layers, MimeEntity? source, ProtectedHeaders header, SignatureJudge judge, BoundaryOpening settings)
    {
        var signatures = layers.Where(l => l.Finding.IsSignature).ToArray();
        if (signatures.Length is 0) return null;
        var (inner, finding) = signatures[^1];
        if (ReceiptDecision.Agreed(finding.Signers.Where(s => s.IsGood).Select(s => s.Info), out _) is not { } request) return null;
        var last = History(signatures[0].Finding) is [.., var list] ? list : null;
        var to = last?.Policy switch
        {
            MlReceiptPolicy.None => [],
            MlReceiptPolicy.InsteadOf => last.Entities,
            MlReceiptPolicy.InAdditionTo => [.. request.To, .. last.Entities.Except(request.To)],
            _ => request.To,
        };
        // RFC 2634 §2.3 step 2.2: behind a list nobody is of the first tier.
        if (last is not null && request.From.Equals(ReceiptsFrom.FirstTier)) return null;
        ImmutableArray<string> addresses = [.. to.SelectMany(t => t.Addresses).Distinct(StringComparer.Ordinal)];
        return addresses.IsEmpty ? null : new RequestedReceipt(request.ContentIdentifier.ToArray(), HeaderRestoration.Around(root, inner.Entity, source, header).ToArray(), addresses)
        {
            OnBehalf = judge.Judge(finding) is { Role: SignerRole.Domain, Signer.Certificate: { } authority } ? [.. addresses.Where(a => MaySpeak(authority, a, settings))] : [],
        };
    }

    private static bool MaySpeak(Certificate authority, string address, BoundaryOpening settings) =>
        Mailbox.TryParse(address, allowUtf8: true, out var to, out _) && AuthorityToSign.IsGiven(authority, SignerRole.Domain, to, settings.SignerNaming, settings.SignerDomains);

    private static IReadOnlyList<MlData>? History(LayerFinding outermost) =>
        outermost.Signers.Where(s => s.IsGood).Select(s => LayerReports.Value(s.Info.SignedAttributes, AttributeTypes.MlExpansionHistory, MlData.ReadHistory)).FirstOrDefault(h => h is not null);
}
