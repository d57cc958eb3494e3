using System.Globalization;
using System.Text;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime;

/// <summary>The forms of an address of type <c>utf-8</c> (RFC 6533 §3).</summary>
internal static class Utf8Address
{
    /// <summary>
    /// In a global report the embedded characters <c>\x{…}</c> become what they stand for; an address that does not follow
    /// the syntax, and any in a traditional report, stays as it is.
    /// </summary>
    public static string Decode(OriginalRecipient original, bool global)
    {
        if (!global || !original.AddressType.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return original.Address;
        var text = original.Address.AsSpan();
        var decoded = new StringBuilder(text.Length);
        while (text.Length > 0)
        {
            var at = text.IndexOf("\\x{", StringComparison.Ordinal);
            if (at < 0) break;
            decoded.Append(text[..at]);
            text = text[(at + 3)..];
            var close = text.IndexOf('}');
            if (close is < 2 or > 6 || !int.TryParse(text[..close], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
                || !Rune.IsValid(point))
                return original.Address;
            decoded.Append(new Rune(point));
            text = text[(close + 1)..];
        }

        return decoded.Append(text).ToString();
    }
}
