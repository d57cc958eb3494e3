namespace MilSwitch.Mime;

/// <summary>MMHS-Message-Type (RFC 6477 §3.10). Immutable.</summary>
/// <param name="Value">0–127 are NATO's, 128–255 national; the first four have names.</param>
/// <param name="Identifier">The name of the exercise, operation, project or drill: 1 to 69 characters of PrintableString; null: none is given.</param>
public sealed record MmhsMessageType(int Value, string? Identifier = null)
{
    public const int Maximum = 255;

    private static readonly string[] Names = ["exercise", "operation", "project", "drill"];

    /// <summary>Its word in RFC 6477 §4; null: it has none.</summary>
    public string? Keyword => (uint)Value < (uint)Names.Length ? Names[Value] : null;

    /// <summary>Reads a keyword, or a number from 0 to <see cref="Maximum"/>.</summary>
    public static bool TryParse(string text, out int value)
    {
        if (TryParseKeyword(System.Text.Encoding.UTF8.GetBytes(text), out value)) return true;
        return int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value) && value <= Maximum;
    }

    internal static bool TryParseKeyword(ReadOnlySpan<byte> word, out int value)
    {
        for (value = 0; value < Names.Length; value++)
        {
            if (Names[value].Length == word.Length && System.Text.Ascii.EqualsIgnoreCase(word, Names[value])) return true;
        }

        return false;
    }
}
