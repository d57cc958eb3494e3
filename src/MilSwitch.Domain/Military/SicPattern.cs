using System.Diagnostics.CodeAnalysis;

namespace MilSwitch.Domain.Military;

/// <summary>
/// A subject indicator code (RFC 6477 §3.3: 3 to 8 characters), or a pattern of codes: <c>?</c> stands for one character, <c>*</c> at the end for any rest or none.
/// The first character is never a wild one. Case means nothing. Immutable.
/// </summary>
public sealed record SicPattern
{
    public const int Shortest = 3;
    public const int Longest = 8;

    private SicPattern(string stem, bool open)
    {
        Stem = stem;
        IsOpen = open;
    }

    /// <summary>Capitals, digits and <c>?</c>; without the <c>*</c>.</summary>
    public string Stem { get; }

    /// <summary>A <c>*</c> follows the stem.</summary>
    public bool IsOpen { get; }

    /// <summary>It stands for one code only.</summary>
    public bool IsExact => !IsOpen && !Stem.Contains('?', StringComparison.Ordinal);

    public override string ToString() => IsOpen ? Stem + "*" : Stem;

    /// <summary>Reads one. Never throws.</summary>
    /// <param name="text">Such as <c>KAA</c>, <c>K?A</c> or <c>KA*</c>.</param>
    /// <param name="pattern">When the result is true.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out SicPattern? pattern)
    {
        pattern = null;
        var open = text.EndsWith('*');
        var stem = open ? text[..^1] : text;
        if (stem.Length is 0 or > Longest || (!open && stem.Length < Shortest) || stem[0] is '?') return false;
        foreach (var c in stem)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not '?') return false;
        }

        pattern = new SicPattern(stem.ToUpperInvariant(), open);
        return true;
    }

    /// <summary>A code is one of those for which this stands.</summary>
    public bool Matches(ReadOnlySpan<char> code)
    {
        if (IsOpen ? code.Length < Stem.Length : code.Length != Stem.Length) return false;
        for (var i = 0; i < Stem.Length; i++)
        {
            if (Stem[i] is not '?' && Stem[i] != char.ToUpperInvariant(code[i])) return false;
        }

        return true;
    }

    /// <summary>Some code is among those for which this stands and among those of another.</summary>
    public bool Overlaps(SicPattern other)
    {
        if ((!IsOpen && other.Stem.Length > Stem.Length) || (!other.IsOpen && Stem.Length > other.Stem.Length)) return false;
        for (var i = 0; i < Math.Min(Stem.Length, other.Stem.Length); i++)
        {
            if (Stem[i] != other.Stem[i] && Stem[i] is not '?' && other.Stem[i] is not '?') return false;
        }

        return true;
    }
}
