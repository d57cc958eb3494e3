using System.Buffers;
using System.Buffers.Text;

namespace MilSwitch.Smime.Messages;

/// <summary>
/// Strict base64 and quoted-printable (RFC 2045 §6.7, §6.8): what decodes here decodes to the same octets everywhere. One
/// pass measures and judges without memory of its own, a second one decodes. Pure.
/// </summary>
internal static class PartDecoding
{
    private const sbyte Padding = -3;
    private const sbyte Space = -2;
    private const sbyte Other = -1;
    private static readonly sbyte[] Values = MakeValues();
    private static readonly SearchValues<byte> Sextets = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    /// <summary>Octets that decoding gives; -1 when the text is not sound.</summary>
    public static int MeasureBase64(ReadOnlySpan<byte> text)
    {
        long sextets = 0;
        var padding = 0;
        // Line by line without looking at each octet, until there is anything but line ends between them.
        for (int run; (run = text.IndexOfAnyExcept(Sextets)) >= 0 && text[run] is (byte)'\r' or (byte)'\n'; text = text[(run + 1)..]) sextets += run;
        foreach (var octet in text)
        {
            var value = Values[octet];
            if (value >= 0)
            {
                if (padding > 0) return -1;
                sextets++;
            }
            else if (value == Padding) padding++;
            else if (value == Other) return -1;
        }

        if (padding > 2 || (sextets + padding) % 4 is not 0 || (padding > 0 && sextets % 4 != 4 - padding)) return -1;
        return (int)(sextets * 3 / 4);
    }

    /// <summary>Decodes what was measured.</summary>
    public static void DecodeBase64(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var length = 0;
        uint bits = 0;
        var count = 0;
        // Whole lines at once, as long as none ends within a group of four.
        for (int run; (run = text.IndexOf((byte)'\n')) > 0; text = text[(run + 1)..])
        {
            var line = text[run - 1] is (byte)'\r' ? text[..(run - 1)] : text[..run];
            if (line.Length % 4 is not 0 || Base64.DecodeFromUtf8(line, into[length..], out var consumed, out var written) is not OperationStatus.Done || consumed != line.Length) break;
            length += written;
        }

        foreach (var octet in text)
        {
            var value = Values[octet];
            if (value < 0) continue;
            bits = (bits << 6) | (byte)value;
            if ((count += 6) < 8) continue;
            count -= 8;
            into[length++] = (byte)(bits >> count);
        }
    }

    /// <summary>Octets that decoding gives; -1 when the text is not sound.</summary>
    public static int MeasureQuotedPrintable(ReadOnlySpan<byte> text) => QuotedPrintable(text, default, write: false);

    /// <summary>Decodes what was measured.</summary>
    public static void DecodeQuotedPrintable(ReadOnlySpan<byte> text, Span<byte> into) => QuotedPrintable(text, into, write: true);

    private static int QuotedPrintable(ReadOnlySpan<byte> text, Span<byte> into, bool write)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var octet = text[i];
            if (octet is (byte)' ' or (byte)'\t' or (byte)'=')
            {
                // RFC 2045 §6.7 (3): white space at the end of a line was added on the way.
                var after = i + 1;
                while (after < text.Length && text[after] is (byte)' ' or (byte)'\t') after++;
                var ends = after == text.Length || text[after..].StartsWith("\r\n"u8);
                if (octet is not (byte)'=' && ends)
                {
                    i = after - 1;
                    continue;
                }

                if (octet is (byte)'=')
                {
                    if (ends)
                    {
                        if (after == text.Length) return -1;
                        i = after + 1;
                        continue;
                    }

                    if (i + 2 >= text.Length || !char.IsAsciiHexDigit((char)text[i + 1]) || !char.IsAsciiHexDigit((char)text[i + 2])) return -1;
                    octet = (byte)((Digit(text[i + 1]) << 4) | Digit(text[i + 2]));
                    i += 2;
                }
            }
            else if (octet >= 0x7f || (octet < 0x20 && octet is not ((byte)'\r' or (byte)'\n'))) return -1;

            if (write) into[length] = octet;
            length++;
        }

        return length;
    }

    private static int Digit(byte c) => c <= (byte)'9' ? c - '0' : (c | 0x20) - 'a' + 10;

    private static sbyte[] MakeValues()
    {
        var values = new sbyte[256];
        Array.Fill(values, Other);
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;
        for (var i = 0; i < alphabet.Length; i++) values[alphabet[i]] = (sbyte)i;
        foreach (var space in " \t\r\n"u8) values[space] = Space;
        values['='] = Padding;
        return values;
    }
}
