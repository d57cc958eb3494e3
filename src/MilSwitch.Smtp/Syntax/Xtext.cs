using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MilSwitch.Smtp.Syntax;

/// <summary>
/// RFC 3461 §4: octets that an ESMTP value may not hold travel as <c>+</c> and two upper-case hexadecimal digits.
/// </summary>
public static class Xtext
{
    private const string Digits = "0123456789ABCDEF";

    /// <summary>
    /// Decodes to printable US-ASCII. False when the text is not xtext, or hides an octet that is not printable
    /// (§4.2, §4.4): what comes out can stand in a header field or a log line. Never throws.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out string? decoded)
    {
        decoded = null;
        var buffer = encoded.Length <= 512 ? stackalloc char[encoded.Length] : new char[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var octet = encoded[i];
            if (octet == '+')
            {
                if (i + 2 >= encoded.Length) return false;
                int high = Digit(encoded[i + 1]), low = Digit(encoded[i + 2]);
                if (high < 0 || low < 0) return false;
                octet = (byte)((high << 4) | low);
                i += 2;
                if (octet is < 0x20 or > 0x7e) return false;
            }
            else if (octet is < 0x21 or > 0x7e or (byte)'=')
            {
                return false;
            }

            buffer[length++] = (char)octet;
        }

        decoded = new string(buffer[..length]);
        return true;
    }

    /// <summary>Encodes printable US-ASCII; throws <see cref="ArgumentException"/> for anything else.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        var encoded = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (c is < ' ' or > '~') throw new ArgumentException("Only printable US-ASCII has an xtext form.", nameof(text));
            if (c is '+' or '=' or ' ') encoded.Append('+').Append(Digits[c >> 4]).Append(Digits[c & 15]);
            else encoded.Append(c);
        }

        return encoded.ToString();
    }

    // Upper case only: the grammar says so, and two spellings of one octet are one too many.
    private static int Digit(byte octet) => octet switch
    {
        >= (byte)'0' and <= (byte)'9' => octet - '0',
        >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
        _ => -1,
    };
}
