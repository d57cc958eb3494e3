using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// The text of a message that is nothing but plain text of ASCII (RFC 2046 §4.1). What is more than that, or badly encoded, is refused with
/// the field and the reason. Never throws for any octets. Stateless and thread-safe.
/// </summary>
public static class PlainBody
{
    private static readonly string[] Charsets = ["us-ascii", "utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"];

    /// <param name="message">All of it, with CRLF line ends.</param>
    /// <param name="header">Of the same octets.</param>
    /// <param name="text">When the result is true: decoded, line ends as they were.</param>
    /// <param name="field">Otherwise: the field, or <c>Content</c>.</param>
    /// <param name="reason">Otherwise: for people; says nothing of what the message holds.</param>
    public static bool TryRead(ReadOnlyMemory<byte> message, HeaderBlock header, out string text, out string field, out string reason)
    {
        (text, field, reason) = ("", "Content-Type", "");
        var type = "text/plain";
        if (header.CountOf("Content-Type"u8) > 0 && !header.TryGetSingle("Content-Type"u8, out type)) return Fail("is there more than once", out reason);
        var parts = type.Split(';', StringSplitOptions.TrimEntries);
        if (!parts[0].Equals("text/plain", StringComparison.OrdinalIgnoreCase)) return Fail("only text/plain can be carried", out reason);
        foreach (var part in parts[1..].Where(p => p.StartsWith("charset", StringComparison.OrdinalIgnoreCase)))
        {
            var charset = part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim().Trim('"');
            if (!Charsets.Contains(charset, StringComparer.OrdinalIgnoreCase)) return Fail("the character set is not ASCII, nor one that begins with it", out reason);
        }

        field = "Content-Transfer-Encoding";
        var encoding = "7bit";
        if (header.CountOf("Content-Transfer-Encoding"u8) > 0 && !header.TryGetSingle("Content-Transfer-Encoding"u8, out encoding)) return Fail("is there more than once", out reason);
        var body = message[header.Length..];
        switch (encoding.ToLowerInvariant())
        {
            case "7bit" or "8bit" or "binary":
                break;
            case "quoted-printable":
                if (!IsQuotedPrintable(body.Span)) return Fail("the content is not quoted-printable", out reason);
                body = TransferEncoding.Decode(body, encoding);
                break;
            case "base64":
                var decoded = TransferEncoding.Decode(body, encoding);
                // What can't be decoded comes back as it was.
                if (decoded.Length == body.Length && !body.IsEmpty) return Fail("the content is not base64", out reason);
                body = decoded;
                break;
            default:
                return Fail("is none that is known", out reason);
        }

        field = "Content";
        if (!Ascii.IsValid(body.Span)) return Fail("a character that is not ASCII", out reason);
        text = Encoding.ASCII.GetString(body.Span);
        return true;
    }

    private static bool IsQuotedPrintable(ReadOnlySpan<byte> text)
    {
        for (int at; (at = text.IndexOf((byte)'=')) >= 0; text = text[(at + 1)..])
        {
            var rest = text[(at + 1)..];
            if (!rest.StartsWith("\r\n"u8) && (rest.Length < 2 || !char.IsAsciiHexDigit((char)rest[0]) || !char.IsAsciiHexDigit((char)rest[1]))) return false;
        }

        return true;
    }

    private static bool Fail(string because, out string reason)
    {
        reason = because;
        return false;
    }
}
