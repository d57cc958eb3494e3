using System.Buffers;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// Writes lines out of values that others chose. Whatever is no printable character is replaced, so that no value can end
/// a line, a field or a part; long lines are folded at white space, and cut where there is none for hundreds of characters.
/// </summary>
/// <param name="utf8">Characters outside ASCII may stand as they are.</param>
internal sealed class PartWriter(bool utf8)
{
    // RFC 5322 §2.1.1: 998 octets are the limit, 78 the wish.
    private const int WishedLine = 76;

    // Of at most four octets a character.
    private const int LongestPiece = 240;

    private readonly ArrayBufferWriter<byte> octets = new(1024);

    public ReadOnlyMemory<byte> Written => octets.WrittenMemory;

    public bool IsAscii => Ascii.IsValid(octets.WrittenSpan);

    /// <summary>A field, folded where it is long; none when nothing printable is left of the value.</summary>
    public void Field(string name, string value)
    {
        var rest = Clean(value, utf8).AsSpan().Trim(' ');
        if (rest.Length is 0) return;
        var column = name.Length + 2;
        Write(name);
        Write(": ");
        while (true)
        {
            var length = FoldAt(rest, Math.Max(WishedLine - column, 1));
            Write(rest[..length]);
            Write("\r\n");
            rest = rest[length..];
            if (rest.Length is 0) return;
            // A value without white space is cut where a line must end.
            if (rest[0] != ' ') Write(" ");
            column = 0;
        }
    }

    /// <summary>A line of text, or several, each starting with <paramref name="indent"/>.</summary>
    public void Text(string text, string indent = "")
    {
        var rest = Clean(text, utf8).AsSpan().Trim(' ');
        do
        {
            var length = FoldAt(rest, WishedLine - indent.Length);
            Write(indent);
            Write(rest[..length]);
            Write("\r\n");
            rest = rest[length..].TrimStart(' ');
        }
        while (rest.Length > 0);
    }

    public void Line(string line = "")
    {
        Write(Clean(line, utf8));
        Write("\r\n");
    }

    public void Raw(ReadOnlySpan<byte> bytes) => octets.Write(bytes);

    /// <summary>Printable characters only; white space of any kind becomes one space.</summary>
    public static string Clean(string text, bool utf8)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= 0x20 and < 0x7f) clean.Append((char)rune.Value);
            else if (Rune.IsWhiteSpace(rune)) clean.Append(' ');
            else if (!utf8 || IsUnseen(rune)) clean.Append('?');
            else clean.Append(rune);
        }

        return clean.ToString();
    }

    // Controls, and the marks that reorder or hide what stands beside them.
    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) is
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
        or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator
        || rune == Rune.ReplacementChar;

    // Folds before a white space, which then begins the next line: undoing the fold gives the value to the letter.
    private static int FoldAt(ReadOnlySpan<char> text, int room)
    {
        if (text.Length <= room) return text.Length;
        for (var at = room; at > 0; at--)
        {
            if (text[at] == ' ' && text[at - 1] != ' ') return at;
        }

        var length = room + 1;
        while (length < text.Length && (text[length] != ' ' || text[length - 1] == ' ')) length++;
        if (length <= LongestPiece) return length;
        return char.IsHighSurrogate(text[LongestPiece - 1]) ? LongestPiece - 1 : LongestPiece;
    }

    private void Write(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, octets);
}
