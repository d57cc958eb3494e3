using System.Globalization;
using System.Text;

namespace MilSwitch.Host.Commands;

/// <summary>Plain aligned text for people. What came from peers is shown without its control characters.</summary>
internal static class Text
{
    /// <summary>Without anything that could move a terminal's cursor or change its state (THREATS S10).</summary>
    public static string Printable(string? text)
    {
        if (text is null) return "";
        if (!text.Any(IsUnprintable)) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var c in text) clean.Append(IsUnprintable(c) ? '?' : c);
        return clean.ToString();
    }

    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "-";

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Columns as wide as their widest cell, two spaces apart; numbers to the right.</summary>
    public static void WriteTable(TextWriter output, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<string[]> all = [[.. headings]];
        foreach (var row in rows) all.Add([.. row.Select(Printable)]);
        var widths = new int[headings.Count];
        var right = new bool[headings.Count];
        for (var column = 0; column < widths.Length; column++)
        {
            widths[column] = all.Max(r => r[column].Length);
            // An id is a name, though its letters may all be digits.
            right[column] = headings[column] != "ID" && all.Count > 1 && all.Skip(1).All(r => r[column].Length == 0 || char.IsAsciiDigit(r[column][0]) && r[column].All(c => char.IsAsciiDigit(c)));
        }

        foreach (var row in all)
        {
            var line = new StringBuilder();
            for (var column = 0; column < widths.Length; column++)
            {
                if (column > 0) line.Append("  ");
                line.Append(right[column] ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]));
            }

            output.WriteLine(line.ToString().TrimEnd());
        }
    }

    /// <summary>Names and values, the values aligned; empty values are left out.</summary>
    public static void WriteFields(TextWriter output, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var width = 0;
        foreach (var (name, _) in fields) width = Math.Max(width, name.Length);
        foreach (var (name, value) in fields)
        {
            if (!string.IsNullOrEmpty(value)) output.WriteLine($"{(name + ":").PadRight(width + 2)}{Printable(value)}");
        }
    }

    private static bool IsUnprintable(char c) =>
        char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
