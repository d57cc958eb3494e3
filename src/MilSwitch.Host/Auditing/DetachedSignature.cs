using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Host.Auditing;

/// <summary>Judges detached signatures over what left the switch as evidence.</summary>
/// <param name="State"><c>good</c>: by somebody who is believed; <c>unjudged</c>: good, and no anchors say by whom; <c>bad</c>.</param>
/// <param name="Signer">Who signed, as the certificate says.</param>
/// <param name="Fault">What is bad; null: nothing is.</param>
internal sealed record DetachedSignature(string State, string? Signer, string? Fault)
{
    // What a good signature by somebody whom nothing here believes is blamed for.
    private static readonly Reason[] Unjudged = [Reason.UntrustedRoot, Reason.ChainIncomplete, Reason.RevocationUnknown];

    /// <param name="over">What was signed, in words.</param>
    /// <param name="content">What was signed.</param>
    /// <param name="signature">SignedData.</param>
    /// <param name="options">Whom is believed, and as of when.</param>
    /// <param name="hasAnchors">Somebody is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<DetachedSignature> JudgeAsync(string over, ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> signature, InspectionOptions options, bool hasAnchors, CancellationToken cancellationToken)
    {
        using var result = await MessageInspector.InspectAsync(signature.ToArray(), options with { DetachedContent = content.ToArray() }, cancellationToken);
        var signer = result.Report.Layers.SelectMany(l => l.Signers).FirstOrDefault();
        // A message that somebody signed is good as well, and so is a signature over what it brings along.
        if (!result.IsDetached) return new DetachedSignature("bad", signer?.Subject, "it is no signature over " + over);
        if (result.Verdict is InspectionVerdict.Valid) return new DetachedSignature("good", signer?.Subject, null);
        if (!hasAnchors && signer is not null && result.Reasons.Length > 0 && result.Reasons.All(r => Unjudged.Contains(r))) return new DetachedSignature("unjudged", signer.Subject, null);
        return new DetachedSignature("bad", signer?.Subject, result.Report.Reasons.IsEmpty ? result.Report.Verdict : string.Join(", ", result.Report.Reasons));
    }
}
