using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>Quoted-printable and base64 (RFC 2045 §6.7, §6.8) for whole parts of bounded size.</summary>
internal static class TransferEncoding
{
    private const int LineLength = 76;

    public static byte[] QuotedPrintable(ReadOnlySpan<byte> text)
    {
        var output = new ArrayBufferWriter<byte>(text.Length + (text.Length / 4) + 16);
        Span<byte> code = stackalloc byte[3];
        code[0] = (byte)'=';
        var column = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var octet = text[i];
            if (octet == (byte)'\r' && i + 1 < text.Length && text[i + 1] == (byte)'\n')
            {
                output.Write("\r\n"u8);
                column = 0;
                i++;
                continue;
            }

            var atEnd = i + 1 == text.Length || text[i + 1] == (byte)'\r';
            var plain = octet is >= 33 and <= 126 and not (byte)'=' || (octet is (byte)' ' or (byte)'\t' && !atEnd);
            var width = plain ? 1 : 3;
            if (column + width >= LineLength)
            {
                output.Write("=\r\n"u8);
                column = 0;
            }

            if (plain) output.Write([octet]);
            else
            {
                "0123456789ABCDEF"u8.Slice(octet >> 4, 1).CopyTo(code[1..]);
                "0123456789ABCDEF"u8.Slice(octet & 15, 1).CopyTo(code[2..]);
                output.Write(code);
            }

            column += width;
        }

        return output.WrittenSpan.ToArray();
    }

    public static byte[] Base64Lines(ReadOnlySpan<byte> octets)
    {
        const int OctetsInLine = LineLength / 4 * 3;
        var output = new ArrayBufferWriter<byte>((octets.Length * 4 / 3) + (octets.Length / 28) + 16);
        for (var i = 0; i < octets.Length; i += OctetsInLine)
        {
            var piece = octets.Slice(i, Math.Min(OctetsInLine, octets.Length - i));
            Base64.EncodeToUtf8(piece, output.GetSpan(LineLength + 4), out _, out var written);
            output.Advance(written);
            output.Write("\r\n"u8);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Undoes what the field names; unknown encodings and bad input are left as they are.</summary>
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> part, string encoding)
    {
        if (encoding.Equals("quoted-printable", StringComparison.OrdinalIgnoreCase)) return DecodeQuotedPrintable(part.Span);
        if (!encoding.Equals("base64", StringComparison.OrdinalIgnoreCase)) return part;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(part.Length)];
        return Base64.DecodeFromUtf8(part.Span, decoded, out _, out var length) == OperationStatus.Done ? decoded.AsMemory(0, length) : part;
    }

    private static byte[] DecodeQuotedPrintable(ReadOnlySpan<byte> text)
    {
        var decoded = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != (byte)'=')
            {
                decoded[length++] = text[i];
                continue;
            }

            if (text[(i + 1)..].StartsWith("\r\n"u8)) i += 2;
            else if (text[(i + 1)..].StartsWith("\n"u8)) i++;
            else if (i + 2 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]) && char.IsAsciiHexDigit((char)text[i + 2]))
            {
                decoded[length++] = Convert.FromHexString(Encoding.ASCII.GetString(text.Slice(i + 1, 2)))[0];
                i += 2;
            }
            else decoded[length++] = text[i];
        }

        return decoded[..length];
    }
}
