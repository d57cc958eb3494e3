using MilSwitch.Smime.Certificates;

namespace MilSwitch.Host.Configuration;

/// <summary>How certificates of persons are looked up in revocation lists. Immutable.</summary>
/// <param name="Trust">Whom they must lead to, and the lists.</param>
/// <param name="Mode">What it means that no list tells.</param>
public sealed record ClientRevocation(TrustMaterial Trust, RevocationMode Mode);
