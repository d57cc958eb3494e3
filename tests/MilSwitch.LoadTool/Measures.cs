using System.Globalization;
using System.Text.Json;

namespace MilSwitch.LoadTool;

/// <summary>Arithmetic and printing that all measurements share.</summary>
internal static class Measures
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static double Median(IEnumerable<double> values) => Percentile(values, 0.5);

    /// <summary>Nearest rank; not a number when there are no values.</summary>
    public static double Percentile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length is 0) return double.NaN;
        if (share is 0.5 && sorted.Length % 2 is 0) return (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>The result as JSON to the file of <c>--json</c>, or to standard output when it is "-".</summary>
    public static void WriteJson(string file, object result)
    {
        if (file.Length is 0) return;
        var text = JsonSerializer.Serialize(result, Layout);
        if (file == "-") Console.WriteLine(text);
        else File.WriteAllText(file, text + "\n");
    }

    public static void Row(params object[] cells) =>
        Console.WriteLine(string.Join("  ", cells.Select((cell, i) =>
        {
            var text = cell switch
            {
                double d when double.IsNaN(d) => "-",
                double d => d.ToString(Math.Abs(d) >= 100 ? "0" : "0.00", CultureInfo.InvariantCulture),
                _ => Convert.ToString(cell, CultureInfo.InvariantCulture)!,
            };
            return i is 0 ? text.PadRight(26) : text.PadLeft(13);
        })));

    /// <summary>States a requirement and whether it was met.</summary>
    public static bool Require(string what, double value, Func<double, bool> met, string bound)
    {
        var good = met(value);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(good ? "met " : "MISSED")} {what}: {value:0.00} (wanted {bound})"));
        return good;
    }
}
