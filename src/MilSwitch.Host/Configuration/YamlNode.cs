using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MilSwitch.Host.Configuration;

/// <summary>A value of a configuration file that knows where it stands.</summary>
/// <param name="Line">From one.</param>
internal abstract record YamlNode(int Line);

internal sealed record YamlText(int Line, string Value, bool Plain) : YamlNode(Line)
{
    /// <summary>YAML's ways to say nothing.</summary>
    public bool IsNull => Plain && Value is "" or "~" or "null";
}

internal sealed record YamlList(int Line, IReadOnlyList<YamlNode> Items) : YamlNode(Line);

internal sealed record YamlMap(int Line, IReadOnlyList<YamlEntry> Entries) : YamlNode(Line);

internal sealed record YamlEntry(string Key, int Line, YamlNode Value);

/// <summary>
/// Reads YAML events into <see cref="YamlNode"/>s, so that problems can name lines and a repeated key does not hide the rest.
/// </summary>
internal sealed class YamlDocumentReader(string file, ICollection<ConfigurationProblem> problems)
{
    private const int MaximumDepth = 20;
    private readonly Dictionary<AnchorName, YamlNode> anchors = [];

    /// <summary>Null when the text is no YAML; the problem says where it stops being so.</summary>
    public YamlMap? Read(TextReader text)
    {
        try
        {
            var parser = new Parser(text);
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) return new YamlMap(1, []);
            parser.Consume<DocumentStart>();
            var node = ReadNode(parser, "", 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second)) Add((int)second.Start.Line, "-", "there is a second document; one file holds one");
            switch (node)
            {
                case YamlMap map:
                    return map;
                case YamlText { IsNull: true }:
                    return new YamlMap(node.Line, []);
                default:
                    Add(node.Line, "-", "must be a mapping of keys to values");
                    return null;
            }
        }
        catch (YamlException fault)
        {
            Add((int)fault.Start.Line, "-", "is not YAML: " + Describe(fault));
            return null;
        }
    }

    private YamlNode ReadNode(IParser parser, string path, int depth)
    {
        if (depth > MaximumDepth) throw new YamlException(parser.Current!.Start, parser.Current.End, "it is nested too deeply");
        var line = (int)parser.Current!.Start.Line;
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value, out var target)
                ? target
                : throw new YamlException(alias.Start, alias.End, $"the alias '{alias.Value}' names nothing that was read before");
        }

        var anchor = parser.Current is NodeEvent named ? named.Anchor : AnchorName.Empty;
        YamlNode node;
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            node = new YamlText(line, scalar.Value, scalar.Style == ScalarStyle.Plain);
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlNode>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(parser, $"{path}[{items.Count}]", depth + 1));
            node = new YamlList(line, items);
        }
        else
        {
            parser.Consume<MappingStart>();
            node = new YamlMap(line, ReadEntries(parser, path, depth));
        }

        if (!anchor.IsEmpty) anchors[anchor] = node;
        return node;
    }

    private List<YamlEntry> ReadEntries(IParser parser, string path, int depth)
    {
        var entries = new List<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (parser.Current is not Scalar)
                throw new YamlException(parser.Current!.Start, parser.Current.End, "a key must be a plain word");
            var key = parser.Consume<Scalar>();
            var line = (int)key.Start.Line;
            var keyPath = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            var value = ReadNode(parser, keyPath, depth + 1);
            if (entries.Find(e => e.Key == key.Value) is { } first) Add(line, keyPath, $"is given twice; first at line {first.Line}");
            else entries.Add(new YamlEntry(key.Value, line, value));
        }

        return entries;
    }

    private static string Describe(YamlException fault)
    {
        var text = (fault.InnerException?.Message ?? fault.Message).ReplaceLineEndings(" ").TrimEnd('.');
        return text.Length > 0 ? char.ToLowerInvariant(text[0]) + text[1..] : "malformed";
    }

    private void Add(int line, string key, string text) => problems.Add(new ConfigurationProblem(file, line, key, text));
}
