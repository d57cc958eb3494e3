using System.Collections.Immutable;
using MilSwitch.Smime.Headers;

namespace MilSwitch.Smime.Inspection;

/// <summary>How the header is protected.</summary>
/// <param name="Scheme">One of <c>rfc9788 rfc8551 rfc7508 protected-headers-v1 none</c>.</param>
/// <param name="Fields">Protected ones, then those that are only outside.</param>
public sealed record HeaderProtectionReport(string Scheme, ImmutableArray<HeaderFieldReport> Fields)
{
    public static HeaderProtectionReport Of(ProtectedHeaders headers) => new(
        headers.Scheme switch
        {
            ProtectionScheme.Rfc9788 => "rfc9788",
            ProtectionScheme.Rfc8551 => "rfc8551",
            ProtectionScheme.Rfc7508 => "rfc7508",
            ProtectionScheme.ProtectedHeadersV1 => "protected-headers-v1",
            _ => "none",
        },
        [.. headers.Fields.Select(HeaderFieldReport.Of)]);
}
