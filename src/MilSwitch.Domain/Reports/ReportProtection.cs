using System.Collections.Immutable;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Reports;

/// <summary>How reports of this switch are protected when they leave, whatever their route does to other mail. Immutable.</summary>
public sealed record ReportProtection
{
    /// <summary>Key and form of a signature of the domain (RFC 3183 §3.1) over the report and its header; null: as the route says.</summary>
    public DepartureSigning? Sign { get; init; }

    /// <summary>How reports on what came encrypted are encrypted; null: as the route says, and then they return nothing of it.</summary>
    public DepartureEncryption? Encrypt { get; init; }

    /// <summary>
    /// The same by the security domain that a report is in, where certificates are looked for as well, with the sources of that
    /// domain. Made once for each: what reads the certificates of the settings knows them again.
    /// </summary>
    public ImmutableDictionary<string, DepartureEncryption> Finding { get; init; } = ImmutableDictionary<string, DepartureEncryption>.Empty;

    /// <summary>What is done to a message before it leaves over a route.</summary>
    /// <param name="envelope">The message's.</param>
    /// <param name="route">What the route does.</param>
    public DepartureProtection? For(Envelope envelope, DepartureProtection? route)
    {
        if (!envelope.ReversePath.IsNull || !envelope.Origin.IsOwnText) return route;
        var sign = Sign is { } own ? own with { SignatureType = "domain", HeaderProtection = HeaderProtection.Rfc9788 } : route?.Sign;
        var ours = envelope.Domain is { } domain && Finding.TryGetValue(domain, out var found) ? found : Encrypt;
        var encrypt = envelope.OpenedHere ? ours ?? route?.Encrypt : route?.Encrypt;
        return sign is null && encrypt is null ? route : (route ?? new DepartureProtection()) with { Sign = sign, Encrypt = encrypt };
    }
}
