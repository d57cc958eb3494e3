namespace MilSwitch.Domain.Auditing;

/// <summary>One place of a trail.</summary>
/// <param name="Sequence">The record's number.</param>
/// <param name="Hash">Its hash, lower-case hexadecimal.</param>
public readonly record struct AuditPoint(long Sequence, string Hash);
