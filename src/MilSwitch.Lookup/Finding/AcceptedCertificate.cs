using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Finding;

/// <summary>A certificate that mail for the recipient may be encrypted to. Immutable.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Source">Who had it.</param>
/// <param name="Domain">It is that of the authority that decrypts for this domain (RFC 3183 §4); null: the recipient's own.</param>
/// <param name="BelievedBecause">Why, for an operator.</param>
public sealed record AcceptedCertificate(Certificate Certificate, string Source, string? Domain, string BelievedBecause);
