using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// The body of one field while it is read, from the colon on with its folds (RFC 6477 §4). A fold counts as the white space it is
/// made of (RFC 5322 §2.2.3), inside strings too. The first fault stays.
/// </summary>
internal ref struct MmhsBody(ReadOnlySpan<byte> octets)
{
    public const int LongestString = 69;
    public const int ShortestCode = 3;
    public const int LongestCode = 8;
    public const int MostValues = 1_000;

    // RFC 6477 §4, RFC 2156 §3.3.3: the characters of X.400's PrintableString.
    private static readonly SearchValues<byte> Printable = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+,-./:=? "u8);

    private readonly ReadOnlySpan<byte> octets = octets;

    public int Position { get; set; }

    /// <summary>What is broken; null: nothing so far.</summary>
    public MmhsRule? Rule { get; private set; }

    /// <summary>Where, from 0.</summary>
    public int FaultAt { get; private set; }

    public readonly ReadOnlySpan<byte> Octets => octets;

    public readonly bool AtEnd => Position >= octets.Length;

    /// <summary>The octet at hand; NUL, which no field has, at the end.</summary>
    public readonly byte Current => AtEnd ? (byte)0 : octets[Position];

    /// <summary>Of 1 to 69 characters, a space neither first nor last.</summary>
    public static bool IsString(string text) => text.Length is >= 1 and <= LongestString && IsPrintable(text) && text[0] is not ' ' && text[^1] is not ' ';

    /// <summary>A subject indicator code by itself.</summary>
    public static bool IsCode(string text) => text.Length is >= ShortestCode and <= LongestCode && IsString(text);

    /// <summary>Of 1 to 69 characters, spaces anywhere: what stands between quotes.</summary>
    public static bool IsQuotable(string text) => text.Length is >= 1 and <= LongestString && IsPrintable(text);

    public bool Fail(MmhsRule rule, int at)
    {
        if (Rule is not null) return false;
        Rule = rule;
        FaultAt = at;
        return false;
    }

    public void SkipSpace()
    {
        while (Current is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') Position++;
    }

    /// <summary>CFWS; false: a comment is not closed.</summary>
    public bool SkipComments()
    {
        var at = Position;
        var position = at;
        var closed = CommentedText.TrySkip(octets, ref position);
        Position = position;
        return closed || Fail(MmhsRule.Comment, at + Math.Max(octets[at..].IndexOf((byte)'('), 0));
    }

    /// <summary>Nothing but white space is left.</summary>
    public bool End()
    {
        SkipSpace();
        return AtEnd || Fail(MmhsRule.Excess, Position);
    }

    /// <summary>Nothing but white space and comments is left.</summary>
    public bool EndAfterComments() => SkipComments() && (AtEnd || Fail(MmhsRule.Excess, Position));

    /// <summary><c>nonneg-integer</c>.</summary>
    public bool TryReadNumber(int highest, out int number)
    {
        number = 0;
        var start = Position;
        long value = 0;
        while (char.IsAsciiDigit((char)Current))
        {
            value = Math.Min((value * 10) + Current - '0', int.MaxValue + 1L);
            Position++;
        }

        if (Position == start) return Fail(AtEnd && start == octets.Length ? MmhsRule.Empty : MmhsRule.Number, start);
        if (octets[start] is (byte)'0' && Position - start > 1) return Fail(MmhsRule.Number, start);
        if (value > highest) return Fail(MmhsRule.Range, start);
        number = (int)value;
        return true;
    }

    /// <summary>Letters and digits as they stand; may be empty.</summary>
    public ReadOnlySpan<byte> ReadWord()
    {
        var start = Position;
        while (char.IsAsciiLetterOrDigit((char)Current)) Position++;
        return octets[start..Position];
    }

    /// <summary>One string that is the whole field.</summary>
    public bool TryReadString(out string? text)
    {
        var read = TryReadString(octets[Position..], Position, 1, LongestString, MmhsRule.Length, out text);
        Position = octets.Length;
        return read;
    }

    /// <summary>Strings between semicolons that are the whole field.</summary>
    public bool TryReadStrings(int shortest, int longest, MmhsRule length, out ImmutableArray<string> strings)
    {
        strings = [];
        var rest = octets[Position..];
        var count = rest.Count((byte)';') + 1;
        if (count > MostValues) return Fail(MmhsRule.TooMany, Position);
        var read = ImmutableArray.CreateBuilder<string>(count);
        while (true)
        {
            var at = Position;
            var end = rest.IndexOf((byte)';');
            if (!TryReadString(end < 0 ? rest : rest[..end], at, shortest, longest, length, out var text)) return false;
            read.Add(text!);
            if (end < 0) break;
            rest = rest[(end + 1)..];
            Position += end + 1;
        }

        Position = octets.Length;
        strings = read.MoveToImmutable();
        return true;
    }

    /// <summary><c>quoted-military-string</c>, from its first quote on.</summary>
    public bool TryReadQuoted(out string? text)
    {
        text = null;
        var start = Position + 1;
        var length = Current is (byte)'"' ? octets[start..].IndexOf((byte)'"') : -1;
        if (length < 0) return Fail(MmhsRule.Parameter, Position);
        Position = start + length + 1;
        return TryReadPrintable(octets.Slice(start, length), start, 1, LongestString, MmhsRule.Length, out text);
    }

    private bool TryReadString(ReadOnlySpan<byte> part, int at, int shortest, int longest, MmhsRule length, out string? text)
    {
        var trimmed = part.TrimStart(" \t\r\n"u8);
        return TryReadPrintable(trimmed.TrimEnd(" \t\r\n"u8), at + part.Length - trimmed.Length, shortest, longest, length, out text);
    }

    private bool TryReadPrintable(ReadOnlySpan<byte> value, int at, int shortest, int longest, MmhsRule length, out string? text)
    {
        text = null;
        if (value.IsEmpty) return Fail(MmhsRule.Empty, at);
        var bad = value.IndexOfAnyExcept(Printable);
        if (bad < 0)
        {
            if (value.Length < shortest || value.Length > longest) return Fail(length, at);
            text = Encoding.ASCII.GetString(value);
            return true;
        }

        if (value[bad] is not ((byte)'\r' or (byte)'\n')) return Fail(MmhsRule.Character, at + bad);
        var unfolded = value.ToArray();
        var kept = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] is (byte)'\r' or (byte)'\n') continue;
            if (!Printable.Contains(value[i])) return Fail(MmhsRule.Character, at + i);
            unfolded[kept++] = value[i];
        }

        if (kept < shortest || kept > longest) return Fail(kept is 0 ? MmhsRule.Empty : length, at);
        text = Encoding.ASCII.GetString(unfolded, 0, kept);
        return true;
    }

    private static bool IsPrintable(string text)
    {
        foreach (var c in text)
        {
            if (c > '~' || !Printable.Contains((byte)c)) return false;
        }

        return true;
    }
}
