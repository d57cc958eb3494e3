using System.Formats.Asn1;
using System.Text;
using MilSwitch.Labels.Decisions;

namespace MilSwitch.Lookup.Service;

/// <summary>Ranges of <see cref="ProxyAuthoritySettings"/>.</summary>
internal static class ProxySettingsCheck
{
    /// <summary>The settings, with the ceiling's classifications listed as certificates have them.</summary>
    /// <exception cref="ProxyAuthorityException">One is out of its range.</exception>
    public static ProxyAuthoritySettings Check(ProxyAuthoritySettings settings)
    {
        if (settings.ForeignDomains.IsDefaultOrEmpty || settings.ForeignDomains.Any(d => d.Text is null)) throw Bad("there is no foreign domain");
        if (settings.GatewayKeys.IsDefaultOrEmpty || settings.GatewayKeys.Length > 2) throw Bad("the gateway has one or two keys");
        if (settings.Lifetime < ProxyAuthoritySettings.ShortestLifetime || settings.Lifetime > ProxyAuthoritySettings.LongestLifetime) throw Bad("a lifetime is from 10 minutes to 7 days");
        if (settings.MostPerMinute is < 1 or > 10_000 || settings.MostPerMinuteOfClient is < 1 or > 10_000) throw Bad("from 1 to 10000 certificates are issued in a minute");
        if (settings.CacheCapacity is < 1 or > 1_000_000) throw Bad("certificates of 1 to 1000000 recipients are kept");
        if (settings.BoundaryName.Length is 0 or > 64 || settings.BoundaryName.Any(char.IsControl)) throw Bad("the boundary's name has from 1 to 64 characters and no control characters");
        if (settings.Capabilities.Length is 0 or > 100) throw Bad("from 1 to 100 capabilities are told");
        if (!IsIdentifier(settings.Policy)) throw Bad("the certificate policy is no object identifier");
        // RFC 5280 §4.2.1.6: a scheme and something behind it, in ASCII.
        if (settings.GatewayUri.Length > 255 || !Ascii.IsValid(settings.GatewayUri) || !Uri.TryCreate(settings.GatewayUri, UriKind.Absolute, out _)) throw Bad("the gateway's URI is none");
        return settings.Ceiling is { } ceiling ? settings with { Ceiling = Listed(ceiling, settings) } : settings;
    }

    private static Clearance Listed(Clearance ceiling, ProxyAuthoritySettings settings)
    {
        if (settings.Policies.Find(ceiling.Policy) is not { } policy) throw Bad($"the policy {ceiling.Policy} of the ceiling is not loaded");
        return ceiling.Listed(policy);
    }

    private static bool IsIdentifier(string text)
    {
        try
        {
            new AsnWriter(AsnEncodingRules.DER).WriteObjectIdentifier(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static ProxyAuthorityException Bad(string message) => new(message);
}
