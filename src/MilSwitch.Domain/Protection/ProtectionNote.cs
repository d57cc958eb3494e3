using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Protection;

/// <summary>One thing that was done to a message, for its audit trail.</summary>
/// <param name="Kind">What.</param>
/// <param name="Detail">With which key and what result; short, printable, never content.</param>
public readonly record struct ProtectionNote(AuditKind Kind, string Detail);
