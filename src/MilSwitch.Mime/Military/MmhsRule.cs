namespace MilSwitch.Mime;

/// <summary>A rule that a field may break: one closed set. Immutable.</summary>
/// <param name="Id">Stable, for programs.</param>
/// <param name="Text">What is wrong, for people; says nothing of what the field holds.</param>
public sealed record MmhsRule(string Id, string Text)
{
    /// <summary>RFC 6477 §3, RFC 7912 §4.</summary>
    public static MmhsRule Twice { get; } = new("MMHS-TWICE", "the field is there more than once");

    public static MmhsRule Missing { get; } = new("MMHS-MISSING", "the field is required and not there");

    public static MmhsRule Empty { get; } = new("MMHS-EMPTY", "a value is missing");

    /// <summary>RFC 2156 §3.3.3: ps-char.</summary>
    public static MmhsRule Character { get; } = new("MMHS-CHARACTER", "a character other than letters, digits, space and '()+,-./:=?");

    public static MmhsRule Length { get; } = new("MMHS-LENGTH", "a value is longer than 69 characters");

    public static MmhsRule CodeLength { get; } = new("MMHS-SIC-LENGTH", "a subject indicator code has 3 to 8 characters");

    public static MmhsRule Number { get; } = new("MMHS-NUMBER", "neither a whole number without leading zeros nor a word that the field has");

    /// <summary>RFC 6477 §3.8, §3.10: what ACP 123 has no number for.</summary>
    public static MmhsRule Range { get; } = new("MMHS-RANGE", "the number is too high");

    public static MmhsRule Parameter { get; } = new("MMHS-PARAMETER", "no parameter of the form identifier=\"NAME\"");

    public static MmhsRule Date { get; } = new("MMHS-DATE", "no date and time as RFC 5322 has them");

    public static MmhsRule Address { get; } = new("MMHS-ADDRESS", "no list of addresses as RFC 5322 has it");

    public static MmhsRule Comment { get; } = new("MMHS-COMMENT", "a comment does not end");

    public static MmhsRule Excess { get; } = new("MMHS-EXCESS", "something follows the value");

    /// <summary>A limit of this reader: 64 KiB.</summary>
    public static MmhsRule TooLong { get; } = new("MMHS-TOO-LONG", "the field is longer than 65536 octets");

    /// <summary>A limit of this reader: 1,000.</summary>
    public static MmhsRule TooMany { get; } = new("MMHS-TOO-MANY", "the field has more than 1000 values");
}
