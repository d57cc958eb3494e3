namespace MilSwitch.Storage;

/// <summary>What a walk along the audit trail found.</summary>
/// <param name="Records">Records that were checked, the bad one included.</param>
/// <param name="FirstBad">The number of the first record that does not follow from its predecessor; null when all do.</param>
/// <param name="Fault">What is wrong with it; null when nothing is.</param>
public sealed record AuditVerification(long Records, long? FirstBad, string? Fault)
{
    public bool IsIntact => FirstBad is null;
}
