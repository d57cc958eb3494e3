using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Markings;

/// <summary>
/// Markings in the first and the last line of a text (FLOT, LLOT). A line ends in CRLF or LF; empty lines before the first and after the
/// last don't count. Nothing is decoded or folded here: the text is what a reader sees. Safe for concurrent use.
/// </summary>
public static class MarkedText
{
    /// <summary>The first line that is not empty, without white space around; empty: there is none.</summary>
    public static string FirstLine(string text) => text[First(text)].Trim();

    /// <summary>The last line that is not empty, without white space around; empty: there is none.</summary>
    public static string LastLine(string text) => text[Last(text)].Trim();

    /// <summary>The text with a marking as its first line and an empty line below, with the line ends that the text has.</summary>
    /// <exception cref="ArgumentException">The marking is empty or has line ends.</exception>
    public static string WithFirstLine(string text, string marking) => Checked(marking) + LineEnd(text) + LineEnd(text) + text;

    /// <summary>The text with a marking as its last line and an empty line above.</summary>
    /// <exception cref="ArgumentException">The marking is empty or has line ends.</exception>
    public static string WithLastLine(string text, string marking)
    {
        var end = LineEnd(text);
        return text + (text.EndsWith('\n') || text.Length == 0 ? "" : end) + end + Checked(marking) + end;
    }

    /// <summary>The text without its first line and the one empty line below it, if the line is a marking of the grammar; else as it is.</summary>
    public static string WithoutFirstLine(string text, MarkingGrammar grammar)
    {
        if (!grammar.TryParse(FirstLine(text), out _)) return text;
        var rest = Behind(text, First(text).End.Value);
        return text[..First(text).Start.Value] + text[Blank(text, rest)..];
    }

    /// <summary>The text without its last line and the one empty line above it, if the line is a marking of the grammar; else as it is.</summary>
    public static string WithoutLastLine(string text, MarkingGrammar grammar)
    {
        if (!grammar.TryParse(LastLine(text), out _)) return text;
        var line = Last(text);
        var before = text[..line.Start.Value];
        if (before.EndsWith("\n\r\n", StringComparison.Ordinal)) before = before[..^2];
        else if (before.EndsWith("\n\n", StringComparison.Ordinal)) before = before[..^1];
        return before + text[Behind(text, line.End.Value)..];
    }

    internal static string Checked(string marking) => marking.Length > 0 && !marking.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029') ? marking
        : throw new ArgumentException("a marking is one line", nameof(marking));

    private static string LineEnd(string text) => text.IndexOf('\n', StringComparison.Ordinal) is > 0 and var at && text[at - 1] == '\r' || !text.Contains('\n', StringComparison.Ordinal) ? "\r\n" : "\n";

    private static Range First(string text)
    {
        var start = 0;
        while (start < text.Length)
        {
            var end = text.IndexOf('\n', start);
            if (end < 0) end = text.Length;
            if (!text.AsSpan(start..end).IsWhiteSpace()) return start..end;
            start = Math.Min(end + 1, text.Length);
        }

        return 0..0;
    }

    private static Range Last(string text)
    {
        var end = text.Length;
        while (end > 0)
        {
            var start = text.LastIndexOf('\n', end - 1) + 1;
            if (!text.AsSpan(start..end).IsWhiteSpace()) return start..end;
            end = start - 1;
        }

        return 0..0;
    }

    private static int Behind(string text, int end) => Math.Min(end + 1, text.Length);

    private static int Blank(string text, int at) =>
        text.AsSpan(at).StartsWith("\r\n") ? at + 2 : text.AsSpan(at).StartsWith("\n") ? at + 1 : at;
}
