namespace MilSwitch.Domain.Auditing;

/// <summary>The key that signs what leaves the audit trail can't be used now.</summary>
public sealed class AuditKeyException(Exception cause) : Exception("The key that signs for the audit trail can't be used now.", cause);
