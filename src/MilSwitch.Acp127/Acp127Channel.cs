using System.Globalization;

namespace MilSwitch.Acp127;

/// <summary>Format line 1: the designator of a channel and the number of a transmission over it. Immutable.</summary>
/// <param name="Designator">One to eight letters.</param>
/// <param name="Number">From 1 to <see cref="Highest"/>, and from 1 again.</param>
public readonly record struct Acp127Channel(string Designator, int Number)
{
    /// <summary>Numbers have three digits.</summary>
    public const int Highest = 999;

    /// <summary>As format line 1 has it, with the call that starts a receiver.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"VZCZC{Designator}{Number:000}");

    public static bool IsDesignator(string text) => text.Length is >= 1 and <= 8 && text.All(char.IsAsciiLetterUpper);

    /// <summary>Reads the first line of a transmission, of a garbled one too; null: it names no channel and number.</summary>
    public static Acp127Channel? Read(ReadOnlySpan<byte> octets)
    {
        foreach (var range in octets[..Math.Min(octets.Length, 1_024)].Split((byte)'\n'))
        {
            var line = System.Text.Encoding.Latin1.GetString(octets[range]).Trim('\r', ' ');
            if (line.Length is 0) continue;
            var start = line.StartsWith("VZCZC", StringComparison.Ordinal) ? 5 : line.StartsWith("ZCZC", StringComparison.Ordinal) ? 4 : -1;
            if (start < 0 || line.Length <= start + 3) return null;
            var designator = line[start..^3];
            return IsDesignator(designator) && int.TryParse(line[^3..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? new Acp127Channel(designator, number) : null;
        }

        return null;
    }
}
