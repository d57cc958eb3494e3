namespace MilSwitch.Labels.Markings;

/// <summary>
/// A marking at the end of a Subject, in parentheses and behind a space: <c>Exercise report (NORTHLAND SECRET)</c>. Only the last pair
/// of parentheses counts, so that no answer's older marking does. Decoded text, unfolded. Safe for concurrent use.
/// </summary>
public static class MarkedSubject
{
    /// <summary>What stands in the last parentheses; empty: the subject does not end with any.</summary>
    public static string Marking(string subject)
    {
        var trimmed = subject.TrimEnd();
        return Open(trimmed) is >= 0 and var open ? trimmed[(open + 1)..^1].Trim() : "";
    }

    /// <summary>The subject with a marking at its end.</summary>
    /// <exception cref="ArgumentException">The marking is empty, has line ends, or parentheses that don't pair.</exception>
    public static string With(string subject, string marking)
    {
        var text = $"({MarkedText.Checked(marking)})";
        if (Open(text) != 0) throw new ArgumentException("the parentheses of a marking pair", nameof(marking));
        return subject.TrimEnd() is { Length: > 0 } rest ? $"{rest} {text}" : text;
    }

    /// <summary>The subject without its marking, if it is one of the grammar; else as it is.</summary>
    public static string Without(string subject, MarkingGrammar grammar)
    {
        if (Marking(subject) is not { Length: > 0 } marking || !grammar.TryParse(marking, out _)) return subject;
        var trimmed = subject.TrimEnd();
        return trimmed[..Open(trimmed)].TrimEnd();
    }

    private static int Open(string text)
    {
        if (text.Length == 0 || text[^1] != ')') return -1;
        var depth = 0;
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (text[i] == ')') depth++;
            else if (text[i] == '(' && --depth == 0) return i;
        }

        return -1;
    }
}
