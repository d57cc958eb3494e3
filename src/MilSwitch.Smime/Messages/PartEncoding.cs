using System.Buffers;
using System.Buffers.Text;

namespace MilSwitch.Smime.Messages;

/// <summary>Writes base64 and quoted-printable (RFC 2045 §6.7, §6.8). Pure.</summary>
internal static class PartEncoding
{
    private const int LineLength = 76;
    private const int OctetsInLine = LineLength / 4 * 3;

    /// <summary>Octets that <see cref="WriteBase64"/> writes.</summary>
    public static int Base64Length(long octets) => checked((int)(((octets + 2) / 3 * 4) + ((octets + OctetsInLine - 1) / OctetsInLine * 2)));

    /// <summary>Lines of 76 characters, each with its line end; the octets may lie in pieces.</summary>
    public static void WriteBase64(IBufferWriter<byte> to, ReadOnlySequence<byte> octets)
    {
        Span<byte> line = stackalloc byte[OctetsInLine];
        var held = 0;
        foreach (var piece in octets)
        {
            var rest = piece.Span;
            if (held > 0)
            {
                var taken = Math.Min(OctetsInLine - held, rest.Length);
                rest[..taken].CopyTo(line[held..]);
                rest = rest[taken..];
                if ((held += taken) < OctetsInLine) continue;
                WriteLine(to, line);
            }

            for (; rest.Length >= OctetsInLine; rest = rest[OctetsInLine..]) WriteLine(to, rest[..OctetsInLine]);
            rest.CopyTo(line);
            held = rest.Length;
        }

        if (held > 0) WriteLine(to, line[..held]);
    }

    private static void WriteLine(IBufferWriter<byte> to, ReadOnlySpan<byte> octets)
    {
        var span = to.GetSpan(LineLength + 2);
        Base64.EncodeToUtf8(octets, span, out _, out var written);
        "\r\n"u8.CopyTo(span[written..]);
        to.Advance(written + 2);
    }

    /// <summary>Text with CRLF; lines of at most 76 characters, and no white space, <c>From </c> or lone dot where gateways would change them.</summary>
    public static byte[] QuotedPrintable(ReadOnlySpan<byte> text)
    {
        var output = new ArrayBufferWriter<byte>(text.Length + (text.Length / 4) + 16);
        Span<byte> code = stackalloc byte[3];
        var column = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var octet = text[i];
            if (text[i..].StartsWith("\r\n"u8))
            {
                output.Write("\r\n"u8);
                column = 0;
                i++;
                continue;
            }

            var atEnd = i + 1 == text.Length || text[(i + 1)..].StartsWith("\r\n"u8);
            var plain = octet is >= 33 and <= 126 and not (byte)'=' || (octet is (byte)' ' or (byte)'\t' && !atEnd);
            // RFC 8551 §3.1.4: what agents on the way are known to change.
            if (column is 0 && (octet is (byte)'.' || text[i..].StartsWith("From "u8))) plain = false;
            var width = plain ? 1 : 3;
            if (column + width >= LineLength)
            {
                output.Write("=\r\n"u8);
                column = 0;
            }

            if (plain) output.Write([octet]);
            else
            {
                code[0] = (byte)'=';
                code[1] = "0123456789ABCDEF"u8[octet >> 4];
                code[2] = "0123456789ABCDEF"u8[octet & 15];
                output.Write(code);
            }

            column += width;
        }

        return output.WrittenSpan.ToArray();
    }
}
