using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Lookup.Service.Web;

/// <summary>A look-up as it stands in path and query, read strictly: what is unknown or there twice is no look-up.</summary>
internal sealed record WebQuery(Mailbox Recipient, Mailbox? Originator, SecurityLabel? Label, string? Format)
{
    private const int Longest = 4_096;

    /// <summary>Null: it is none.</summary>
    public static WebQuery? Read(string path, string query)
    {
        if (path.Length + query.Length > Longest || !path.StartsWith(ProxyLookup.Path, StringComparison.Ordinal)) return null;
        if (!TryReadParameters(query, out var parameters)) return null;
        var (address, found) = (parameters.GetValueOrDefault("email"), path[ProxyLookup.Path.Length..].TrimEnd('/'));
        if (found.Length > 0)
        {
            // /DOMAIN/LOCAL-PART, the latter with percent-encoding.
            var parts = found.Split('/');
            if (address is not null || parts is not ["", { Length: > 0 } domain, { Length: > 0 } local] || Unescape(local) is not { } decoded) return null;
            address = decoded + "@" + domain;
        }

        if (Address(address) is not { } recipient) return null;
        Mailbox? originator = null;
        SecurityLabel? label = null;
        if (parameters.TryGetValue("from", out var from) && (originator = Address(from)) is null) return null;
        if (parameters.TryGetValue("label", out var encoded) && (label = ReadLabel(encoded)) is null) return null;
        var format = parameters.GetValueOrDefault("format");
        return format is null or "der" or "pem" or "json" ? new WebQuery(recipient, originator, label, format) : null;
    }

    private static bool TryReadParameters(string query, out Dictionary<string, string> parameters)
    {
        parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        var text = query.StartsWith('?') ? query[1..] : query;
        if (text.Length is 0) return true;
        foreach (var pair in text.Split('&'))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || pair[..equals] is not ("email" or "from" or "label" or "format") || Unescape(pair[(equals + 1)..]) is not { } value) return false;
            if (!parameters.TryAdd(pair[..equals], value)) return false;
        }

        return true;
    }

    // A plus stays one: addresses have it, and RFC 3986 knows no other meaning.
    private static string? Unescape(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])) return null;
        var decoded = Uri.UnescapeDataString(text);
        // Octets that are no UTF-8 stay escaped there.
        return decoded.Contains('%', StringComparison.Ordinal) && !text.Contains("%25", StringComparison.Ordinal) ? null : decoded;
    }

    private static Mailbox? Address(string? text) => text is not null && Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out _) && mailbox.Domain.Length > 0 ? mailbox : null;

    private static SecurityLabel? ReadLabel(string encoded)
    {
        try
        {
            return EssLabel.Read(System.Buffers.Text.Base64Url.DecodeFromChars(encoded));
        }
        catch (Exception fault) when (fault is FormatException or LabelRefusedException)
        {
            return null;
        }
    }
}
