using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Configuration;

/// <summary>A person who comes with a certificate. One of the four says which.</summary>
/// <param name="Name">Who it is; appears in the audit trail.</param>
/// <param name="Roles">What they are.</param>
/// <param name="Subject">The distinguished name, as .NET writes it.</param>
/// <param name="Email">A mail address among the alternative names.</param>
/// <param name="Uri">An address among the alternative names.</param>
/// <param name="Thumbprint">SHA-256 of the certificate.</param>
public sealed record AdminCertificate(string Name, OperatorRoles Roles, string? Subject, string? Email, string? Uri, string? Thumbprint);
