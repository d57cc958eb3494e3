using System.Text;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Headers;

/// <summary>Legacy Display Elements (RFC 9788 §2.1.2): hidden fields once more in the text, for readers that know no header protection. Decoration; nothing may act on it.</summary>
public static class LegacyDisplay
{
    private const string ClassName = "header-protection-legacy-display";

    /// <summary>RFC 9788 §4.5.3.1: the part is marked. Only inside of encryption does that mean anything.</summary>
    public static bool Marks(MimeEntity part) =>
        part.MediaType.Type is "text" && part.MediaType.Subtype is "plain" or "html" && part.MediaType.Parameter("hp-legacy-display") is "1";

    /// <summary>RFC 9788 §4.5.3.2: a text/plain without its element, which ends in the first empty line.</summary>
    public static string RemoveFromPlain(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            if (end < 0) return "";
            if (text.AsSpan(start, end - start).TrimEnd('\r').Length is 0) return text[(end + 1)..];
            start = end + 1;
        }

        return "";
    }

    internal static string ForPlain(IEnumerable<HeaderText> hidden) => string.Concat(hidden.Select(f => $"{f.Name}: {f.Value}\r\n")) + "\r\n";

    internal static string ForHtml(IEnumerable<HeaderText> hidden) =>
        $"<div class=\"{ClassName}\">\r\n<pre>{string.Join("\r\n", hidden.Select(f => $"{f.Name}: {Escape(f.Value)}"))}</pre></div>\r\n";

    // RFC 9788 §5.2.4: bodies, not attachments; by the first part of mixed and related, and every alternative.
    internal static IEnumerable<MimeEntity> MainBodies(MimeEntity root)
    {
        var waiting = new Stack<MimeEntity>([root]);
        while (waiting.TryPop(out var part))
        {
            if (part.Disposition?.Type is "attachment") continue;
            if (part.MediaType.Type is "text" && part.MediaType.Subtype is "plain" or "html") yield return part;
            if (part.Parts.IsEmpty || !part.MediaType.IsMultipart || part.MediaType.Subtype is not ("mixed" or "related" or "alternative")) continue;
            foreach (var inner in part.MediaType.Subtype is "alternative" ? part.Parts.Reverse() : part.Parts.Take(1)) waiting.Push(inner);
        }
    }

    /// <summary>Where in the body the element belongs and what it is; null where it can't be put without changing what is there.</summary>
    internal static (int At, byte[] Octets)? Element(MimeEntity part, IReadOnlyList<HeaderText> hidden)
    {
        if (part.Encoding is ContentEncoding.Base64 or ContentEncoding.Unknown) return null;
        var isHtml = part.MediaType.Subtype is "html";
        var text = isHtml ? ForHtml(hidden) : ForPlain(hidden);
        var isAscii = Ascii.IsValid(text);
        if (!isAscii && (part.Encoding is ContentEncoding.SevenBit || part.MediaType.Parameter("charset")?.Equals("utf-8", StringComparison.OrdinalIgnoreCase) is not true)) return null;
        var octets = Encoding.UTF8.GetBytes(text);
        if (part.Encoding is ContentEncoding.QuotedPrintable) octets = PartEncoding.QuotedPrintable(octets);
        if (!isHtml) return (0, octets);
        var body = Encoding.Latin1.GetString(part.RawBody.Span);
        var tag = body.IndexOf("<body", StringComparison.OrdinalIgnoreCase);
        var end = tag < 0 ? -1 : body.IndexOf('>', tag);
        return end < 0 ? null : (end + 1, [.. "\r\n"u8, .. octets]);
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
