using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace MilSwitch.Checks.Words;

/// <summary>
/// Makes one spelling of the many in which people read the same word: lower case, without marks, width and style, without
/// characters that show nothing, look-alikes as Latin letters, white space and dashes as one space. The tables are our own:
/// the process runs without those of the system. Pure.
/// </summary>
internal static class TextFolding
{
    // What looks like a Latin letter in either case; both rules and messages are folded, so that words of these scripts are still found.
    private const string LookAlikes =
        "аaвbеeѕsіiјjкkмmнhоoрpсcтtуyхxһhԁdԛqԝwԍgѵvӏl" + "αaβbεeζzηhιiκkμmνnοoρpτtυyχx" + "ɑaɡgɩiօoսuհhոnցgԼl";

    private static readonly FrozenDictionary<int, string> Table = ReadTable();
    private static readonly FrozenDictionary<char, char> Similar =
        Enumerable.Range(0, LookAlikes.Length / 2).ToFrozenDictionary(i => LookAlikes[i * 2], i => LookAlikes[(i * 2) + 1]);

    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        Span<char> into = stackalloc char[LongestResult];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var c in into[..Fold(rune, into)])
            {
                if (c is not ' ' || (folded.Length > 0 && folded[^1] is not ' ')) folded.Append(c);
            }
        }

        return folded.ToString().TrimEnd();
    }

    /// <summary>Characters that one may become.</summary>
    public const int LongestResult = 8;

    /// <summary>What one character becomes.</summary>
    /// <param name="rune">The character.</param>
    /// <param name="into">At least <see cref="LongestResult"/>.</param>
    /// <returns>How many were written: 0 for what shows nothing.</returns>
    public static int Fold(Rune rune, Span<char> into)
    {
        if (rune.Value < 0x80)
        {
            into[0] = FoldAscii((char)rune.Value);
            return into[0] is '\0' ? 0 : 1;
        }

        switch (Rune.GetUnicodeCategory(rune))
        {
            case UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format:
                return 0;
            case UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.DashPunctuation or UnicodeCategory.Control:
                into[0] = ' ';
                return 1;
        }

        // Characters of Hangul and Braille that show nothing.
        if (rune.Value is 0x115f or 0x1160 or 0x3164 or 0xffa0 or 0x2800) return 0;
        rune = Rune.ToLowerInvariant(rune);
        if (!Table.TryGetValue(rune.Value, out var text))
        {
            var length = rune.EncodeToUtf16(into);
            if (length is 1) into[0] = Similar.GetValueOrDefault(into[0], into[0]);
            return length;
        }

        for (var i = 0; i < text.Length; i++) into[i] = Similar.GetValueOrDefault(text[i], text[i]);
        return text.Length;
    }

    private static char FoldAscii(char c) => c switch
    {
        >= 'A' and <= 'Z' => (char)(c | 0x20),
        '-' or '_' or ' ' or '\t' or '\r' or '\n' or '\f' or '\v' => ' ',
        < ' ' or '\x7f' => '\0',
        _ => c,
    };

    private static FrozenDictionary<int, string> ReadTable()
    {
        var table = new Dictionary<int, string>();
        using var reader = new StreamReader(typeof(TextFolding).Assembly.GetManifestResourceStream("folding.txt")!, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            foreach (var rune in line[(space + 1)..].EnumerateRunes()) table[rune.Value] = line[..space];
        }

        return table.ToFrozenDictionary();
    }
}
