using System.Collections.Immutable;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>One signature, judged. Immutable.</summary>
/// <param name="Info">As read.</param>
/// <param name="Certificate">The signer's; null when it is not at hand.</param>
/// <param name="Signature">What the octets come to; null without a certificate.</param>
/// <param name="Reasons">Everything that is wrong; none: the signature is good and its signer is believed.</param>
/// <param name="Countersigners">Those who signed the signature.</param>
internal sealed record SignerFinding(
    SignerInfo Info, Certificate? Certificate, SignerVerdict? Signature, ImmutableArray<Reason> Reasons, ImmutableArray<SignerFinding> Countersigners)
{
    // What can't come of an honest signer whom we only don't know or whose algorithm we don't take.
    private static readonly Reason[] Tampering =
        [Reason.SignatureInvalid, Reason.DigestMismatch, Reason.SignedAttributesInvalid, Reason.AlgorithmMismatch, Reason.DuplicateAttribute, Reason.AttributePlacement];

    public bool IsGood => Reasons.IsEmpty;

    /// <summary>The octets contradict themselves.</summary>
    public bool IsTampered => !Reasons.IsEmpty && Reasons.Any(Tampering.Contains);
}
