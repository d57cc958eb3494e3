using System.Collections.Immutable;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Boundaries;

/// <summary>One security domain: whose mail it is and whom is believed in it. Immutable.</summary>
/// <param name="Name">Unique, as listeners, routes and boundaries name it.</param>
public sealed record SecurityDomain(string Name)
{
    /// <summary>Mail domains whose addresses are the domain's, as in routes: <c>name</c> or <c>*.name</c>; canonical.</summary>
    public ImmutableArray<string> MailDomains { get; init; } = [];

    /// <summary>Object identifier of its label policy; null: it has none.</summary>
    public string? LabelPolicy { get; init; }

    /// <summary>By whom signatures are believed here.</summary>
    public ArrivalTrust Trust { get; init; } = ArrivalTrust.None;

    /// <summary>Is an address of this domain one of the domain's own?</summary>
    /// <param name="mailDomain">Canonical.</param>
    public bool Owns(string mailDomain)
    {
        foreach (var own in MailDomains)
        {
            if (own[0] is '*' ? mailDomain.EndsWith(own[1..], StringComparison.OrdinalIgnoreCase) : mailDomain.Equals(own, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
