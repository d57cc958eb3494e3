namespace MilSwitch.Domain.Auditing;

/// <summary>The trails are being verified already.</summary>
public sealed class AuditBusyException() : Exception("The audit trails are being verified already.");
