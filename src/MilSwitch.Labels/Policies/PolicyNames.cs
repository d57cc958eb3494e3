using System.Globalization;
using System.Text;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Names that look the same must be the same: people decide by what they see, the switch by what is written. Thread-safe.
/// </summary>
internal static class PolicyNames
{
    // Letters of other scripts in the shape of a Latin one (Unicode Technical Standard 39, the capitals and small letters that matter).
    private const string Lookalikes = "АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧονԚԜԛԝҺһԁӀ";
    private const string Likenesses = "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXovQWqwHhdI";

    /// <summary>What is wrong with a text that people are shown; null: nothing.</summary>
    public static string? FaultOfShown(string text)
    {
        if (text.Length > SpifBounds.Text) return $"is longer than {SpifBounds.Text} characters";
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator || rune == Rune.ReplacementChar)
            {
                return $"has a character that is not seen (U+{rune.Value:X4})";
            }
        }

        return null;
    }

    /// <summary>What is wrong with a name; null: nothing.</summary>
    public static string? FaultOf(string name)
    {
        if (name.Length is 0) return "is empty";
        if (FaultOfShown(name) is { } fault) return fault;
        if (name[0] is ' ' || name[^1] is ' ' || name.Contains("  ", StringComparison.Ordinal)) return "has blanks at an end, or two in a row";
        if (Ascii.IsValid(name)) return null;
        if (name.Any(c => c is not ' ' && char.IsWhiteSpace(c))) return "has another blank than the space";
        if (!name.IsNormalized(NormalizationForm.FormC)) return "is not in the composed form of Unicode";
        if (!name.IsNormalized(NormalizationForm.FormKC)) return "has characters that only look like others";
        return Scripts(name) > 1 ? "mixes letters of several scripts" : null;
    }

    /// <summary>The same for names that people take for each other.</summary>
    public static string Likeness(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsWhiteSpace(c)) continue;
            var index = c < 0x80 ? -1 : Lookalikes.IndexOf(c, StringComparison.Ordinal);
            text.Append(char.ToUpperInvariant(index < 0 ? c : Likenesses[index]));
        }

        return text.ToString();
    }

    /// <summary>None of its letters is Latin, and all look so.</summary>
    public static bool IsDisguised(string name) => !Ascii.IsValid(name) && name.Any(char.IsLetter) && name.Where(char.IsLetter).All(c => Lookalikes.Contains(c, StringComparison.Ordinal));

    public static bool HasLatin(string name) => name.Any(char.IsAsciiLetter);

    private static int Scripts(string name) => name.EnumerateRunes().Where(Rune.IsLetter).Select(r => Script(r.Value)).Distinct().Count();

    private static int Script(int value) => value switch
    {
        < 0x250 or (>= 0x1E00 and < 0x1F00) or (>= 0x2C60 and < 0x2C80) or (>= 0xA720 and < 0xA800) => 0,
        (>= 0x370 and < 0x400) or (>= 0x1F00 and < 0x2000) => 1,
        (>= 0x400 and < 0x530) or (>= 0x1C80 and < 0x1C90) or (>= 0x2DE0 and < 0x2E00) or (>= 0xA640 and < 0xA6A0) => 2,
        // Chinese, Japanese and Korean stand together in one text.
        (>= 0x1100 and < 0x1200) or (>= 0x2E80 and < 0xA000) or (>= 0xAC00 and < 0xD7B0) or (>= 0xF900 and < 0xFB00) or >= 0x20000 => 3,
        _ => 16 + (value >> 8),
    };
}
