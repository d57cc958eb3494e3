using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>Names of entries as values of attributes: a distinguished name (RFC 4514 §3), or one with a unique identifier behind it (RFC 4517 §3.3.21). Pure.</summary>
internal static class DirectoryName
{
    /// <summary>Octets of a name.</summary>
    public const int Longest = 2_000;

    private const int Shown = 200;

    /// <summary>Takes a value of an attribute such as <c>member</c> or <c>uniqueMember</c>. Never throws; the root's empty name is none.</summary>
    /// <param name="octets">UTF-8.</param>
    /// <param name="name">Without the unique identifier, which tells apart who had the same name in other times.</param>
    public static bool TryRead(ReadOnlySpan<byte> octets, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (octets.Length is 0 or > Longest || !System.Text.Unicode.Utf8.IsValid(octets)) return false;
        var text = Encoding.UTF8.GetString(octets);
        if (text.Any(char.IsControl)) return false;
        // "#'0101'B" can't be a part of a name that is otherwise well-formed: a '#' inside is one of a value, and that goes on to its end.
        if (text.EndsWith("'B", StringComparison.Ordinal) && text.LastIndexOf("#'", StringComparison.Ordinal) is var at and > 0 && text.AsSpan(at + 2, text.Length - at - 4).IndexOfAnyExcept('0', '1') < 0) text = text[..at];
        if (!IsName(text)) return false;
        name = text;
        return true;
    }

    /// <summary>For an operator: short, without what could move a cursor.</summary>
    public static string Show(string name) =>
        string.Concat((name.Length > Shown ? name[..Shown] + "…" : name).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));

    private static bool IsName(string text)
    {
        var i = 0;
        while (true)
        {
            if (!SkipType(text, ref i) || !SkipValue(text, ref i)) return false;
            if (i == text.Length) return true;
            // ',' or '+', and directories write a space behind it.
            i++;
            while (i < text.Length && text[i] is ' ') i++;
        }
    }

    // descr or numericoid, to behind the '='.
    private static bool SkipType(string text, ref int i)
    {
        var start = i;
        while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '-' or '.')) i++;
        if (i == start || i == text.Length) return false;
        var type = text.AsSpan(start, i - start);
        var isGood = char.IsAsciiLetter(type[0])
            ? !type.Contains('.')
            : char.IsAsciiDigit(type[0]) && type.IndexOfAnyExceptInRange('.', '9') < 0 && type[^1] is not '.' && type.IndexOf("..") < 0;
        return isGood && text[i++] is '=';
    }

    // string or hexstring, to the separator behind it.
    private static bool SkipValue(string text, ref int i)
    {
        if (i < text.Length && text[i] is '#')
        {
            var digits = 0;
            for (i++; i < text.Length && char.IsAsciiHexDigit(text[i]); i++) digits++;
            return digits > 0 && digits % 2 is 0 && (i == text.Length || text[i] is ',' or '+');
        }

        for (; i < text.Length && text[i] is not (',' or '+'); i++)
        {
            if (text[i] is '"' or ';' or '<' or '>') return false;
            if (text[i] is not '\\') continue;
            if (++i == text.Length) return false;
            if (text[i] is ' ' or '"' or '#' or '+' or ',' or ';' or '<' or '=' or '>' or '\\') continue;
            if (!char.IsAsciiHexDigit(text[i]) || ++i == text.Length || !char.IsAsciiHexDigit(text[i])) return false;
        }

        return true;
    }
}
