using MilSwitch.Domain.Auditing;

namespace MilSwitch.Storage;

/// <summary>What a walk along the audit trails found, in short.</summary>
/// <param name="Records">Records that were checked, the bad one included.</param>
/// <param name="FirstBad">The number of the first record that does not follow from its predecessor; null when all do.</param>
/// <param name="Fault">What is wrong with it; null when nothing is.</param>
public sealed record AuditVerification(long Records, long? FirstBad, string? Fault)
{
    public bool IsIntact => FirstBad is null;
}

/// <summary>The chain alone, without anything that somebody signed.</summary>
public static class AuditVerifications
{
    /// <summary>Walks along the trails and names the first record that does not follow from the one before.</summary>
    public static async ValueTask<AuditVerification> VerifyAuditAsync(this IAuditSource source, CancellationToken cancellationToken = default)
    {
        var report = await new AuditVerifier(source) { IgnoresCheckpoints = true }.VerifyAsync(cancellationToken).ConfigureAwait(false);
        var fault = report.Trails.Select(t => t.Fault).FirstOrDefault(f => f is not null);
        return new AuditVerification(report.Records, fault?.Sequence, fault?.Text);
    }
}
