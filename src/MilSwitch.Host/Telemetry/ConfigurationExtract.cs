using System.Globalization;
using System.Text;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Telemetry;

/// <summary>The configuration as others may read it: its values without secrets, and without its comments, which may hold anything.</summary>
internal static class ConfigurationExtract
{
    public static string Of(string file)
    {
        try
        {
            using var text = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return Of(text, file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            return "# it can't be read\n";
        }
    }

    /// <summary>Of a text that is in no file here.</summary>
    public static string OfText(string text, string name) => Of(new StringReader(text), name);

    private static string Of(TextReader text, string name)
    {
        if (new YamlDocumentReader(name, []).Read(text) is not { } root) return "# it is not YAML\n";
        var output = new StringBuilder();
        Write(output, root, 0);
        return output.ToString();
    }

    private static void Write(StringBuilder output, YamlNode node, int depth)
    {
        switch (node)
        {
            case YamlMap map:
                foreach (var entry in map.Entries) Write(output, entry.Key + ":", entry.Value, Redaction.IsSecret(entry.Key), depth);
                break;
            case YamlList list:
                foreach (var item in list.Items) Write(output, "-", item, false, depth);
                break;
        }
    }

    private static void Write(StringBuilder output, string head, YamlNode value, bool isSecret, int depth)
    {
        output.Append(' ', 2 * depth).Append(head);
        switch (value)
        {
            case YamlText text:
                output.Append(' ').Append(Quote(text, isSecret)).Append('\n');
                break;
            // A path to a secret is none.
            case YamlMap { Entries: [{ Key: "file", Value: YamlText path }] }:
                output.Append(" { file: ").Append(Quote(path, false)).Append(" }\n");
                break;
            case YamlMap { Entries.Count: 0 } or YamlList { Items.Count: 0 }:
                output.Append(value is YamlMap ? " {}\n" : " []\n");
                break;
            case not YamlText when isSecret:
                output.Append(" \"").Append(Redaction.Removed).Append("\"\n");
                break;
            default:
                output.Append('\n');
                Write(output, value, depth + 1);
                break;
        }
    }

    private static string Quote(YamlText text, bool isSecret)
    {
        if (isSecret || Redaction.LooksSecret(text.Value)) return $"\"{Redaction.Removed}\"";
        var quoted = new StringBuilder("\"");
        foreach (var c in text.Value)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (char.IsControl(c)) quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else quoted.Append(c);
        }

        return text.Plain && text.Value.Length > 0 && text.Value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/') ? text.Value : quoted.Append('"').ToString();
    }
}
