using System.Buffers.Text;

namespace MilSwitch.Checks.Parts;

/// <summary>
/// Strict base64 and quoted-printable (RFC 2045 §6.7, §6.8): what decodes here decodes to the same octets everywhere. One
/// pass measures and judges without memory of its own, a second one decodes. Pure.
/// </summary>
internal static class TransferDecoding
{
    /// <summary>Octets that decoding gives; -1 when the text is not sound.</summary>
    public static int MeasureBase64(ReadOnlySpan<byte> text) => Base64.IsValid(text, out var length) ? length : -1;

    /// <summary>Decodes what was measured.</summary>
    public static byte[] Base64Octets(ReadOnlySpan<byte> text, int length)
    {
        var decoded = new byte[length];
        Base64.DecodeFromUtf8(text, decoded, out _, out _);
        return decoded;
    }

    /// <summary>Octets that decoding gives; -1 when the text is not sound.</summary>
    public static int MeasureQuotedPrintable(ReadOnlySpan<byte> text) => QuotedPrintable(text, null);

    /// <summary>Decodes what was measured.</summary>
    public static byte[] QuotedPrintableOctets(ReadOnlySpan<byte> text, int length)
    {
        var decoded = new byte[length];
        QuotedPrintable(text, decoded);
        return decoded;
    }

    private static int QuotedPrintable(ReadOnlySpan<byte> text, byte[]? into)
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
                var endsLine = after == text.Length || text[after..].StartsWith("\r\n"u8);
                if (octet is (byte)'=')
                {
                    if (endsLine)
                    {
                        // A soft line end at the end of everything joins what is not there.
                        if (after == text.Length) return -1;
                        i = after + 1;
                        continue;
                    }

                    if (i + 2 >= text.Length || !TryHex(text[i + 1], out var high) || !TryHex(text[i + 2], out var low)) return -1;
                    octet = (byte)((high << 4) | low);
                    i += 2;
                }
                else if (endsLine)
                {
                    i = after - 1;
                    continue;
                }
                else if (after > i + 1)
                {
                    // The run is not looked at again for each of its characters.
                    for (; i < after - 1; i++) Put(text[i]);
                    octet = text[i];
                }
            }
            else if (octet >= 0x7f || (octet < 0x20 && octet is not ((byte)'\r' or (byte)'\n'))) return -1;

            Put(octet);
        }

        return length;

        void Put(byte octet)
        {
            if (into is not null) into[length] = octet;
            length++;
        }
    }

    private static bool TryHex(byte c, out int value)
    {
        value = (char)c switch { >= '0' and <= '9' => c - '0', >= 'A' and <= 'F' => c - 'A' + 10, >= 'a' and <= 'f' => c - 'a' + 10, _ => -1 };
        return value >= 0;
    }
}
