using System.Text;
using MimeKit;

namespace MilSwitch.Mime;

/// <summary>
/// First and last line of a message's text, where people and older systems write what it is classified. Bounded in depth and
/// parts, without recursion; never throws for any octets.
/// </summary>
public static class TextLines
{
    /// <summary>Characters of a line; a longer one is no marking.</summary>
    public const int LongestLine = 1_024;

    private const int LongestHeader = 256 << 10;
    private const int MostFields = 1_000;
    private const int MostParts = 100;
    private const int MostDepth = 16;

    // No character has more octets in any encoding that mail may use.
    private const int OctetsInCharacter = 8;

    /// <summary>
    /// The lines of the first text/plain part that is no attachment, without the white space around them; empty lines don't count.
    /// A message in the message is another's, and is not looked into.
    /// </summary>
    /// <param name="message">A message or MIME entity with CRLF line ends.</param>
    /// <returns>Null: there is no such part or line, it is longer than <see cref="LongestLine"/>, or nobody knows its characters.</returns>
    public static (string? First, string? Last) Read(ReadOnlyMemory<byte> message) =>
        Find(message) is { } text && Known(text.Charset) is { } characters ? Ends(TransferEncoding.Decode(text.Body, text.Encoding).Span, characters) : default;

    /// <summary>The beginning of the text of that part.</summary>
    /// <param name="message">A message or MIME entity with CRLF line ends.</param>
    /// <param name="mostOctets">Of the text, once decoded; what follows is left out.</param>
    /// <returns>Null: there is no such part, or nobody knows its characters.</returns>
    public static string? ReadText(ReadOnlyMemory<byte> message, int mostOctets)
    {
        if (Find(message) is not { } text || Known(text.Charset) is not { } characters) return null;
        // In no encoding of RFC 2045 an octet takes more than three; the rest is for line breaks.
        var most = (int)Math.Min(text.Body.Length, 4L * mostOctets);
        if (most < text.Body.Length && text.Encoding.Equals("base64", StringComparison.OrdinalIgnoreCase)) most = WholeQuanta(text.Body.Span, most);
        var octets = TransferEncoding.Decode(text.Body[..most], text.Encoding).Span;
        return characters.GetString(octets[..Math.Min(octets.Length, mostOctets)]);
    }

    // RFC 2045 §6.8: four characters are three octets; fewer can't be decoded.
    private static int WholeQuanta(ReadOnlySpan<byte> text, int length)
    {
        int count = 0, whole = 0;
        for (var i = 0; i < length; i++)
        {
            if (text[i] is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t') && ++count % 4 is 0) whole = i + 1;
        }

        return whole;
    }

    private static (ReadOnlyMemory<byte> Body, string Encoding, string Charset)? Find(ReadOnlyMemory<byte> message)
    {
        var waiting = new Stack<(ReadOnlyMemory<byte> Entity, int Depth)>();
        waiting.Push((message, 0));
        for (var parts = 0; parts < MostParts && waiting.TryPop(out var next); parts++)
        {
            var header = HeaderBlock.Scan(next.Entity, LongestHeader, MostFields);
            // Which of two counts is anybody's guess.
            if (header.Fault is not HeaderFault.None || header.CountOf("Content-Type"u8) > 1 || header.CountOf("Content-Transfer-Encoding"u8) > 1) return null;
            header.TryGetSingle("Content-Type"u8, out var value);
            var type = ContentTypeField.Read(Encoding.UTF8.GetBytes(value));
            var body = next.Entity[header.Length..];
            if (type is { Kind: ContentKind.Multipart, Boundary: { } boundary } && next.Depth < MostDepth)
            {
                var inside = Split(body, boundary);
                for (var i = inside.Count - 1; i >= 0; i--) waiting.Push((inside[i], next.Depth + 1));
            }
            else if (type.Kind is ContentKind.Leaf && IsText(value, out var charset) && !IsAttachment(header))
            {
                header.TryGetSingle("Content-Transfer-Encoding"u8, out var encoding);
                return (body, encoding, charset);
            }
        }

        return null;
    }

    // Lines are found among the octets: in every encoding that text/plain may have, line ends are those of ASCII (RFC 2046 §4.1.1).
    private static (string? First, string? Last) Ends(ReadOnlySpan<byte> text, Encoding characters)
    {
        string? first = null, last = null;
        var rest = text;
        while (first is null && !rest.IsEmpty)
        {
            var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
            first = Line(end < 0 ? rest : rest[..end], characters);
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        if (first is null) return default;
        rest = text;
        while (last is null && !rest.IsEmpty)
        {
            var start = rest.LastIndexOfAny((byte)'\n', (byte)'\r') + 1;
            last = Line(rest[start..], characters);
            rest = rest[..Math.Max(start - 1, 0)];
        }

        return (first.Length > LongestLine ? null : first, last is { Length: > LongestLine } ? null : last);
    }

    // Null: it is empty. One that is too long stays so.
    private static string? Line(ReadOnlySpan<byte> octets, Encoding characters)
    {
        octets = octets.Trim(" \t"u8);
        if (octets.IsEmpty) return null;
        var isCut = octets.Length > LongestLine * OctetsInCharacter;
        var line = characters.GetString(isCut ? octets[..(LongestLine * OctetsInCharacter)] : octets).Trim().Trim('\uFEFF', '\u200B').Trim();
        if (isCut) return line.PadRight(LongestLine + 1);
        return line.Length is 0 ? null : line;
    }

    private static bool IsText(string contentType, out string charset)
    {
        charset = "us-ascii";
        // RFC 2045 §5.2: what counts when nothing is said.
        if (contentType.Length is 0) return true;
        if (!ContentType.TryParse(contentType, out var type) || !type.IsMimeType("text", "plain")) return false;
        charset = string.IsNullOrWhiteSpace(type.Charset) ? "us-ascii" : type.Charset.Trim();
        return true;
    }

    private static bool IsAttachment(HeaderBlock header) =>
        header.TryGetSingle("Content-Disposition"u8, out var value) && ContentDisposition.TryParse(value, out var disposition) && disposition.IsAttachment;

    private static Encoding? Known(string charset)
    {
        // What says ASCII and is more is UTF-8 in practice, of which ASCII is a part.
        if (charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase) || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return Encoding.UTF8;
        // RFC 2046 §4.1.1 and RFC 2781 §4 keep encodings of two octets out of text; and UTF-7 writes one text in many ways.
        if (charset.StartsWith("utf-", StringComparison.OrdinalIgnoreCase) || charset.StartsWith("unicode", StringComparison.OrdinalIgnoreCase) || charset.Contains("10646", StringComparison.Ordinal)) return null;
        try
        {
            var found = CodePagesEncodingProvider.Instance.GetEncoding(charset) ?? Encoding.GetEncoding(charset);
            // EBCDIC and its like have other line ends.
            return found.GetBytes("Aa \r\n").AsSpan().SequenceEqual("Aa \r\n"u8) ? found : null;
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    // RFC 2046 §5.1.1: what stands between lines "--boundary"; the line end before such a line belongs to it.
    internal static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> body, byte[] boundary, int most = MostParts)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        var text = body.Span;
        var start = -1;
        for (var position = 0; position < text.Length && parts.Count < most;)
        {
            var end = text[position..].IndexOf((byte)'\n');
            var next = end < 0 ? text.Length : position + end + 1;
            var line = text[position..next].TrimEnd(" \t\r\n"u8);
            if (line.StartsWith("--"u8) && line[2..].StartsWith(boundary) && line[(2 + boundary.Length)..] is var after && (after.IsEmpty || after.SequenceEqual("--"u8)))
            {
                if (start >= 0) parts.Add(Part(body, start, position));
                if (!after.IsEmpty) return parts;
                start = next;
            }

            position = next;
        }

        if (start >= 0 && parts.Count < most) parts.Add(body[start..]);
        return parts;
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> body, int start, int end)
    {
        if (end > start && body.Span[end - 1] == (byte)'\n') end--;
        if (end > start && body.Span[end - 1] == (byte)'\r') end--;
        return body[start..end];
    }
}
