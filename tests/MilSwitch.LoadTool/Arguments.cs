using System.Globalization;

namespace MilSwitch.LoadTool;

/// <summary>Options of the form <c>--name value</c>; wrong ones end the program with 2.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    public Arguments(IEnumerable<string> words)
    {
        string? name = null;
        foreach (var word in words)
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                name = word[2..];
                values[name] = "";
            }
            else if (name is not null)
            {
                values[name] = word;
                name = null;
            }
            else throw new ArgumentException($"'{word}' belongs to no option");
        }
    }

    public string Text(string name, string otherwise)
    {
        asked.Add(name);
        return values.TryGetValue(name, out var value) ? value : otherwise;
    }

    public int Number(string name, int otherwise)
    {
        var text = Text(name, "");
        if (text.Length is 0) return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ArgumentException($"--{name} wants a number, not '{text}'");
    }

    public IReadOnlyList<int> Numbers(string name, string otherwise) =>
        [.. Text(name, otherwise).Split(',').Select(t => int.Parse(t, CultureInfo.InvariantCulture))];

    /// <summary>Call when every option was asked for.</summary>
    public void RefuseOthers()
    {
        var unknown = values.Keys.Where(k => !asked.Contains(k)).ToArray();
        if (unknown.Length > 0)
            throw new ArgumentException($"no such option: --{string.Join(", --", unknown)}; there are --{string.Join(", --", asked.Order())}");
    }
}
