using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Status;

/// <summary>Which addresses may be asked, and what of an LDAP address is used (RFC 4516). Pure.</summary>
internal static class StatusAddress
{
    private const string UsualAttribute = "certificateRevocationList;binary";

    // RFC 4523 §2.2: nothing else is ever read, whatever an address says.
    private static readonly FrozenSet<string> ListAttributes =
        FrozenSet.ToFrozenSet(["certificateRevocationList", "authorityRevocationList", "deltaRevocationList"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The scheme is one that is spoken, there is a host, and no name or secret of a user.</summary>
    public static bool IsGood(Uri address, bool isResponder) => address.IsAbsoluteUri && address.Host.Length > 0 && address.UserInfo.Length is 0 && address.Fragment.Length is 0
        && (address.Scheme is "http" or "https" || (!isResponder && address.Scheme is "ldap" or "ldaps" && Search(address, 1) is not null));

    /// <summary>An operator listed the host, for this port.</summary>
    public static bool IsAllowed(Uri address, ImmutableArray<string> allow)
    {
        var withPort = string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{Port(address)}");
        return allow.Any(a => a.Equals(withPort, StringComparison.OrdinalIgnoreCase) || (a.Equals(address.Host, StringComparison.OrdinalIgnoreCase) && Port(address) == UsualPort(address.Scheme)));
    }

    public static LdapEndpoint Endpoint(Uri address) => new(address.DnsSafeHost, Port(address));

    /// <summary>The entry and its attribute; null: the address asks for something else.</summary>
    public static LdapSearch? Search(Uri address, int mostOctets)
    {
        var text = address.OriginalString;
        var slash = text.IndexOf('/', text.IndexOf("://", StringComparison.Ordinal) + 3);
        if (slash < 0) return null;
        var parts = text[(slash + 1)..].Split('?');
        if (parts[0].Length is 0 || parts.Length > 4) return null;
        var attribute = parts.Length > 1 && parts[1].Length > 0 ? Uri.UnescapeDataString(parts[1]) : UsualAttribute;
        if (!ListAttributes.Contains(attribute.Split(';')[0])) return null;
        if (parts.Length > 2 && parts[2] is not ("" or "base")) return null;
        if (parts.Length > 3 && !parts[3].Equals("(objectClass=*)", StringComparison.OrdinalIgnoreCase) && parts[3].Length > 0) return null;
        return new LdapSearch(Uri.UnescapeDataString(parts[0]), false, new LdapFilter.Present("objectClass"), [attribute], 1, mostOctets);
    }

    private static int Port(Uri address) => address.Port > 0 ? address.Port : UsualPort(address.Scheme);

    private static int UsualPort(string scheme) => scheme switch
    {
        "http" => 80, "https" => 443, "ldap" => 389, _ => 636,
    };
}
