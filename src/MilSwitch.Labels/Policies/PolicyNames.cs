using System.Globalization;
using System.Text;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Names that look the same must be the same: people decide by what they see, the switch by what is written. Thread-safe.
/// </summary>
internal static class PolicyNames
{
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
        if (HasLooseMark(name)) return "is not in the composed form of Unicode";
        if (name.EnumerateRunes().Any(r => IsCompatibility(r.Value))) return "has characters that only look like others";
        return Scripts(name) > 1 ? "mixes letters of several scripts" : null;
    }

    /// <summary>The same for names that people take for each other whatever the case: letters that look Latin are, and blanks don't count.</summary>
    public static string Likeness(string name)
    {
        if (Ascii.IsValid(name)) return name.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        var text = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune)) continue;
            // Of ASCII itself a letter is no other in both cases: l and I are alike, L and i are not.
            if (rune.Value >= 0x80 && Confusables.PrototypeOf(rune) is { } prototype) text.Append(prototype is "l" && Rune.IsUpper(rune) ? "I" : prototype.ToUpperInvariant());
            else text.Append(Rune.ToUpperInvariant(rune).ToString());
        }

        return text.ToString();
    }

    /// <summary>The same for names that look the same as they are written (skeleton, UTS 39 §4): 1, I and l, 0 and O, rn and m among them.</summary>
    public static string Skeleton(string name)
    {
        // Of ASCII just these look like others.
        if (Ascii.IsValid(name) && !name.AsSpan().ContainsAny(" 01Im|")) return name;
        var text = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            if (!Rune.IsWhiteSpace(rune)) text.Append(Confusables.PrototypeOf(rune) ?? rune.ToString());
        }

        return text.ToString();
    }

    /// <summary>None of its letters is Latin, and all look so.</summary>
    public static bool IsDisguised(string name)
    {
        if (Ascii.IsValid(name)) return false;
        var letters = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            if (!Rune.IsLetter(rune)) continue;
            letters++;
            if (Script(rune.Value) is 0 || Confusables.PrototypeOf(rune) is null) return false;
        }

        return letters > 0;
    }

    public static bool HasLatin(string name) => name.Any(char.IsAsciiLetter);

    // Without ICU the platform knows no normal forms. Letters of these scripts come with their marks; a mark by itself can make the same look.
    private static bool HasLooseMark(string name)
    {
        Rune? before = null;
        foreach (var rune in name.EnumerateRunes())
        {
            var isMark = Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
            if (isMark && (before is not { } letter || Script(letter.Value) <= 2)) return true;
            if (!isMark) before = rune;
        }

        return false;
    }

    // Super- and subscripts, letter-like signs, number forms, enclosed and squared letters, ligatures, full and half width, mathematical letters.
    private static bool IsCompatibility(int value) => value is 0xAA or 0xB2 or 0xB3 or 0xB9 or 0xBA or (>= 0xBC and <= 0xBE) or (>= 0x1C4 and <= 0x1CC) or (>= 0x1F1 and <= 0x1F3)
        or (>= 0x2B0 and < 0x300) or (>= 0x1D2C and < 0x1DC0) or (>= 0x2070 and < 0x20A0) or (>= 0x2100 and < 0x2190) or (>= 0x2460 and < 0x2500) or (>= 0x3200 and < 0x3400)
        or (>= 0xF900 and < 0xFB50) or (>= 0xFE30 and < 0xFE70) or (>= 0xFF00 and < 0xFFF0) or (>= 0x1D400 and < 0x1D800) or (>= 0x1F100 and < 0x1F200);

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
