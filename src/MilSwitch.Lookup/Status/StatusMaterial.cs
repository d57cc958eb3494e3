using System.Collections.Immutable;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Status;

/// <summary>What helps to judge whether certificates are revoked. Whether it is believed is judged with the path. Immutable.</summary>
/// <param name="Lists">Revocation lists.</param>
/// <param name="Responses">OCSP responses.</param>
/// <param name="Failures">What was not to be had, for an operator.</param>
public sealed record StatusMaterial(ImmutableArray<RevocationList> Lists, ImmutableArray<OcspResponse> Responses, ImmutableArray<StatusFailure> Failures)
{
    public static StatusMaterial Empty { get; } = new([], [], []);
}
