using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Boundaries;

/// <summary>What signatures that are believed say of the mailing lists that a message went through (RFC 2634 §4). Immutable.</summary>
/// <param name="Encoded">The attribute of the outermost layer that has one, DER; empty: there is none.</param>
/// <param name="History">Who expanded it, oldest first.</param>
/// <param name="Addresses">In the certificates of the agents that signed; where a domain signed for them, of all that are agreed.</param>
internal sealed record ListLayers(ReadOnlyMemory<byte> Encoded, ImmutableArray<SignerIdentifier> History, ImmutableArray<string> Addresses)
{
    private static readonly ListLayers None = new(default, [], []);

    /// <param name="layers">Outermost first.</param>
    /// <param name="facts">What the signatures came to.</param>
    /// <param name="agreed">Addresses of the lists that are believed.</param>
    public static ListLayers Of(ImmutableArray<(Layer Layer, LayerFinding Finding)> layers, SignatureFacts facts, ImmutableArray<string> agreed)
    {
        if (facts.State is not SignatureState.Good) return None;
        var agents = layers.Select(l => l.Finding).Where(HasHistory).ToArray();
        if (agents.Length is 0) return None;
        var encoded = Signers(agents[0]).Select(s => s.Info.SignedAttributes.Value(AttributeTypes.MlExpansionHistory)).First(v => !v.IsEmpty).ToArray();
        return new ListLayers(
            encoded,
            [.. LayerReports.Value(Signers(agents[0]).First().Info.SignedAttributes, AttributeTypes.MlExpansionHistory, MlData.ReadHistory)!.Select(d => d.List)],
            [.. agents.SelectMany(Signers).SelectMany(s => IsProxy(s) ? agreed : s.Certificate!.MailAddresses).Distinct(StringComparer.OrdinalIgnoreCase)]);
    }

    private static bool IsProxy(SignerFinding signer) => signer.Info.SignedAttributes.CountOf(AttributeTypes.SignatureType) > 0;

    /// <summary>A believed layer that has such an attribute.</summary>
    public bool Contains(LayerFinding finding) => !Encoded.IsEmpty && HasHistory(finding);

    private static bool HasHistory(LayerFinding finding) => finding.IsSignature && Signers(finding).Any();

    private static IEnumerable<SignerFinding> Signers(LayerFinding finding) =>
        finding.Signers.Where(s => s.IsGood && LayerReports.Value(s.Info.SignedAttributes, AttributeTypes.MlExpansionHistory, MlData.ReadHistory) is not null);
}
