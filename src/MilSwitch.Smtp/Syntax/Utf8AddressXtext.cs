using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace MilSwitch.Smtp.Syntax;

/// <summary>
/// RFC 6533 §3: the <c>utf-8</c> address type of ORCPT, in which characters travel as themselves or as <c>\x{HEX}</c>.
/// </summary>
public static class Utf8AddressXtext
{
    /// <summary>
    /// Decodes any of the three forms of §3. False for bad syntax, bad UTF-8, control characters and line separators in
    /// any spelling, or octets beyond ASCII that are not allowed here. Never throws.
    /// </summary>
    /// <param name="encoded">What followed <c>utf-8;</c>.</param>
    /// <param name="allowUtf8">The transaction said SMTPUTF8.</param>
    /// <param name="decoded">The address.</param>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, bool allowUtf8, [NotNullWhen(true)] out string? decoded)
    {
        decoded = null;
        var text = new StringBuilder(encoded.Length);
        while (!encoded.IsEmpty)
        {
            if (encoded[0] == '\\')
            {
                if (!TryReadEmbedded(ref encoded, out var embedded)) return false;
                text.Append(embedded.ToString());
                continue;
            }

            if (Rune.DecodeFromUtf8(encoded, out var rune, out var consumed) != OperationStatus.Done) return false;
            if (rune.Value is <= 0x20 or '+' or '=' || IsForbidden(rune) || (!rune.IsAscii && !allowUtf8)) return false;
            text.Append(rune.ToString());
            encoded = encoded[consumed..];
        }

        if (text.Length is 0) return false;
        decoded = text.ToString();
        return true;
    }

    /// <summary>The seven-bit form <c>utf-8-addr-xtext</c>, fit for any next hop that offers DSN.</summary>
    public static string Encode(string address)
    {
        var encoded = new StringBuilder(address.Length + 16);
        foreach (var rune in address.EnumerateRunes())
        {
            if (rune.Value is > 0x20 and < 0x7f and not ('\\' or '+' or '=')) encoded.Append((char)rune.Value);
            else encoded.Append("\\x{").Append(rune.Value.ToString("X2", CultureInfo.InvariantCulture)).Append('}');
        }

        return encoded.ToString();
    }

    private static bool TryReadEmbedded(ref ReadOnlySpan<byte> encoded, out Rune rune)
    {
        rune = default;
        if (encoded.Length < 6 || encoded[1] != 'x' || encoded[2] != '{') return false;
        var end = encoded[..Math.Min(encoded.Length, 10)].IndexOf((byte)'}');
        if (end is < 5 or > 9) return false;
        var value = 0;
        foreach (var octet in encoded[3..end])
        {
            int digit = octet switch
            {
                >= (byte)'0' and <= (byte)'9' => octet - '0',
                >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
                _ => -1,
            };
            if (digit < 0) return false;
            value = (value << 4) | digit;
        }

        // HEXPOINT has no leading zero beyond the two-digit forms, and no plain ASCII except the specials.
        if (end > 5 && encoded[3] == '0') return false;
        if (value is > 0x20 and < 0x7f and not ('\\' or '+' or '=')) return false;
        if (!Rune.TryCreate(value, out rune) || IsForbidden(rune)) return false;
        encoded = encoded[(end + 1)..];
        return true;
    }

    private static bool IsForbidden(Rune rune) => rune.Value is < 0x20 or (>= 0x7f and <= 0x9f) or 0x2028 or 0x2029
        or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) or 0xfeff or 0xfffd;
}
