using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Inspection;
using MilSwitch.Storage;

namespace MilSwitch.Host.Auditing;

/// <summary>How signatures over checkpoints are judged.</summary>
internal static class AuditJudge
{
    /// <summary>They hold, by whomever they are.</summary>
    public static AuditSignatureJudge Unanchored(TimeProvider time) => By(
        new InspectionOptions { Trust = new TrustMaterial([], [], [], []), At = time.GetUtcNow(), Suite = AlgorithmSuite.Default, Revocation = RevocationMode.Off }, hasAnchors: false, atTheirTime: true);

    /// <summary>By what is believed.</summary>
    /// <param name="options">Whom.</param>
    /// <param name="hasAnchors">Somebody is.</param>
    /// <param name="atTheirTime">Each as of when it says that it was made, and not as of now: certificates run out.</param>
    public static AuditSignatureJudge By(InspectionOptions options, bool hasAnchors, bool atTheirTime) => async (checkpoint, body, signature, cancellationToken) =>
    {
        var judged = await DetachedSignature.JudgeAsync("the checkpoint", body, signature, atTheirTime ? options with { At = checkpoint.At } : options, hasAnchors, cancellationToken);
        return new AuditSignature(judged.Fault, judged.Signer);
    };
}
