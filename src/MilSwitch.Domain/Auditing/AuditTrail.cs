namespace MilSwitch.Domain.Auditing;

/// <summary>One chain of audit records: of a store in a folder there is one, of a shared one there is one for each start of a node.</summary>
/// <param name="Number">Of the trail; 0 in a folder, else the run.</param>
/// <param name="Anchor">The last record that was pruned; null: nothing was.</param>
/// <param name="Head">The record that was written last; null: there is none, or nobody knows.</param>
public sealed record AuditTrail(int Number, AuditPoint? Anchor, AuditPoint? Head);
