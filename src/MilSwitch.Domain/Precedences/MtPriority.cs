using System.Globalization;

namespace MilSwitch.Domain.Precedences;

/// <summary>
/// A value of the MT-PRIORITY parameter, −9…9 (RFC 6710 §4), read under the policy <c>STANAG4406</c> (§A).
/// </summary>
public readonly record struct MtPriority
{
    public const int Minimum = -9;
    public const int Maximum = 9;
    public const string PolicyName = "STANAG4406";

    private MtPriority(sbyte value) => Value = value;

    public sbyte Value { get; }

    /// <summary>MT = 2p − 4.</summary>
    public static MtPriority From(Precedence precedence) => new((sbyte)((2 * (int)precedence) - 4));

    public static bool TryCreate(int value, out MtPriority priority)
    {
        priority = value is >= Minimum and <= Maximum ? new MtPriority((sbyte)value) : default;
        return value is >= Minimum and <= Maximum;
    }

    /// <summary>RFC 6710 §7: <c>0</c>, or a digit from 1 to 9 with or without a minus. A plus and <c>-0</c> are not in the grammar.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MtPriority priority)
    {
        priority = default;
        var digits = text.Length > 0 && text[0] == '-' ? text[1..] : text;
        if (digits.Length != 1 || !char.IsAsciiDigit(digits[0])) return false;
        var value = digits[0] - '0';
        if (value is 0 && digits.Length != text.Length) return false;
        return TryCreate(digits.Length == text.Length ? value : -value, out priority);
    }

    /// <summary>
    /// The level at which the value is handled: values between two levels count as the higher one (RFC 6710 §4.1),
    /// those beyond the highest as Override. Authorisation is judged on this, never on the raw number.
    /// </summary>
    public Precedence ToPrecedence()
    {
        var level = (Value + 5) >> 1;
        return (Precedence)Math.Clamp(level, (int)Precedence.Deferred, (int)Precedence.Override);
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
