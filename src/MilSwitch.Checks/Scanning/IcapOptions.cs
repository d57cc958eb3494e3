namespace MilSwitch.Checks.Scanning;

/// <summary>What a service says about itself (RFC 3507 §4.10.2). Immutable.</summary>
/// <param name="Tag">ISTag: changes when the service or its signatures do (RFC 3507 §4.7); empty when it gives none.</param>
/// <param name="Preview">Octets that it wants to see before the rest; null: no previews.</param>
/// <param name="Allows204">It may answer without content when nothing is changed.</param>
/// <param name="Until">When it is to be asked again.</param>
public sealed record IcapOptions(string Tag, int? Preview, bool Allows204, DateTimeOffset Until);
