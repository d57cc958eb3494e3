namespace MilSwitch.Smime.Certificates;

/// <summary>One pair of PolicyMappings (RFC 5280 §4.2.1.5). Immutable.</summary>
/// <param name="IssuerPolicy">The issuer's policy.</param>
/// <param name="SubjectPolicy">The subject's policy that counts for it.</param>
public readonly record struct PolicyMapping(string IssuerPolicy, string SubjectPolicy);
