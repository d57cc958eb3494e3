using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// SignedData without signers around a message that nobody had signed, made so that a signature on somebody's behalf has one to
/// encapsulate (RFC 3183 §3 (1)). It is no signature; anywhere else it is one that nobody made. Pure.
/// </summary>
internal static class EmptySignature
{
    /// <param name="around">The layer that holds it.</param>
    /// <param name="inside">The one in question.</param>
    public static bool IsWithin(LayerFinding around, (Layer Layer, LayerFinding Finding) inside) =>
        inside.Finding is { Type: LayerType.Signed, Signed: { Signers.Count: 0, ContentType: ContentTypes.Data, Content: not null } } && !inside.Layer.ContradictsClaim
        && !inside.Layer.Entity.MediaType.IsMultipart
        && around.Type is LayerType.Signed && around.Signers.Any(s => s.IsGood && LayerReports.Types(s.Info).Any(t => t is SignatureType.Domain or SignatureType.Review or SignatureType.AdditionalAttributes));

    public static LayerFinding Accept(LayerFinding finding) => finding with { IsEmptySignature = true, Reasons = finding.Reasons.Remove(Reason.NoSigner) };
}
