using System.Text;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>A level of <c>MMHS-Primary-Precedence</c> or <c>MMHS-Copy-Precedence</c>: 0–15 are NATO's, 16–31 national (RFC 6477 §3.8).</summary>
public readonly record struct PrecedenceNumber(int Value)
{
    public const int Maximum = 31;

    /// <summary>Null for the legal numbers that nobody has named yet, 6–31.</summary>
    public Precedence? Named => Value <= (int)Precedence.Override ? (Precedence)Value : null;
}

/// <summary>The grammar of the two precedence fields (RFC 6477 §4).</summary>
public static class PrecedenceField
{
    public static ReadOnlySpan<byte> PrimaryName => "MMHS-Primary-Precedence"u8;

    public static ReadOnlySpan<byte> CopyName => "MMHS-Copy-Precedence"u8;

    private const int LongestKeyword = 9;

    /// <summary><c>[FWS] (nonneg-integer / std-precedence) [CFWS]</c>: no leading zeros, no comment in front.</summary>
    /// <param name="value">What follows the colon, folds included.</param>
    /// <param name="number">The level, when the result is true.</param>
    public static bool TryParse(ReadOnlySpan<byte> value, out PrecedenceNumber number)
    {
        number = default;
        value = value.Trim(" \t\r\n"u8);
        var length = 0;
        while (length < value.Length && char.IsAsciiLetterOrDigit((char)value[length])) length++;
        var position = length;
        if (!CommentedText.TrySkip(value, ref position) || position != value.Length) return false;
        return TryParseWord(value[..length], out number);
    }

    private static bool TryParseWord(ReadOnlySpan<byte> word, out PrecedenceNumber number)
    {
        number = default;
        if (word.Length is 0 or > LongestKeyword) return false;
        if (char.IsAsciiDigit((char)word[0]))
        {
            if (word.Length > 2 || (word.Length is 2 && (word[0] == (byte)'0' || !char.IsAsciiDigit((char)word[1])))) return false;
            var value = word.Length is 1 ? word[0] - '0' : ((word[0] - '0') * 10) + word[1] - '0';
            number = new PrecedenceNumber(value);
            return value <= PrecedenceNumber.Maximum;
        }

        Span<char> text = stackalloc char[LongestKeyword];
        Encoding.ASCII.GetChars(word, text);
        if (!PrecedenceExtensions.TryParseKeyword(text[..word.Length], out var named)) return false;
        number = new PrecedenceNumber((int)named);
        return true;
    }
}
