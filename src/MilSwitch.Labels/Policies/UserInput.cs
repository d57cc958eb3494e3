using System.Globalization;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// What people enter as the value of a category (<c>userInput</c>): a number, a date, which a label has as the number of its digits,
/// 20261231, or any text. Immutable and thread-safe.
/// </summary>
/// <param name="IsDate">Else any number.</param>
/// <param name="HasHyphens">The date is shown as 2026-12-31; else as its number.</param>
public sealed record UserInput(bool IsDate, bool HasHyphens)
{
    /// <summary>Greatest number.</summary>
    public const int Greatest = 999_999_999;

    /// <summary>A text, and no number (<c>userInput="string"</c>).</summary>
    public bool IsText { get; init; }

    /// <summary>It is such a number, or such a date.</summary>
    public bool Accepts(int value) => !IsText && value is >= 0 and <= Greatest && (!IsDate || IsCalendarDate(value));

    /// <summary>It is such a text: 1 to 256 characters, all of them to be seen, without blanks at its ends or two in a row.</summary>
    public bool Accepts(string text) => IsText && LabelText.FaultOf(text) is null;

    /// <summary>As it is shown.</summary>
    /// <param name="value">One that is accepted.</param>
    public string Text(int value) => !IsDate ? value.ToString(CultureInfo.InvariantCulture)
        : HasHyphens ? string.Create(CultureInfo.InvariantCulture, $"{value / 10_000:D4}-{value / 100 % 100:D2}-{value % 100:D2}")
        : value.ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>The value of a text that is one; null: it is none.</summary>
    public int? Read(ReadOnlySpan<char> text)
    {
        // Exactly what is shown: no sign, no blank, no further zero.
        Span<char> digits = stackalloc char[10];
        var count = 0;
        foreach (var letter in text)
        {
            if (letter is '-' && HasHyphens) continue;
            if (!char.IsAsciiDigit(letter) || count == digits.Length) return null;
            digits[count++] = letter;
        }

        return int.TryParse(digits[..count], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && Accepts(value) && text.SequenceEqual(Text(value)) ? value : null;
    }

    private static bool IsCalendarDate(int value) => value / 10_000 is var year and >= 1 and <= 9999
        && value / 100 % 100 is var month and >= 1 and <= 12 && value % 100 is var day and >= 1 && day <= DateTime.DaysInMonth(year, month);
}
