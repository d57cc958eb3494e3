using System.Globalization;
using YamlDotNet.RepresentationModel;
using YamlNode = YamlDotNet.RepresentationModel.YamlNode;

namespace MilSwitch.Host.Tests;

/// <summary>Looks into YAML of others (manifests, compose files) by path.</summary>
internal static class YamlLookup
{
    private static readonly YamlScalarNode Merge = new("<<");

    public static IReadOnlyList<YamlMappingNode> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(d => (YamlMappingNode)d.RootNode)];
    }

    /// <summary>The value; null when there is none. What is merged in (<c>&lt;&lt;</c>) counts where the mapping itself says nothing.</summary>
    public static YamlNode? Find(this YamlNode node, params string[] path)
    {
        var at = (YamlNode?)node;
        foreach (var key in path)
        {
            at = Value(at, key);
            if (at is null) return null;
        }

        return at;
    }

    public static YamlMappingNode Map(this YamlNode node, params string[] path) => Assert.IsType<YamlMappingNode>(node.Find(path));

    public static IEnumerable<string> Keys(this YamlNode node, params string[] path) => node.Map(path).Children.Keys.Select(Text);

    public static IEnumerable<YamlNode> Items(this YamlNode node, params string[] path) => Assert.IsType<YamlSequenceNode>(node.Find(path)).Children;

    /// <summary>The texts of a list; none when there is no list.</summary>
    public static string[] Texts(this YamlNode node, params string[] path) =>
        node.Find(path) is YamlSequenceNode list ? [.. list.Children.Select(Text)] : [];

    public static string Text(this YamlNode node) => ((YamlScalarNode)node).Value!;

    public static string Text(this YamlNode node, params string[] path) =>
        node.TextOrNull(path) ?? throw new KeyNotFoundException(string.Join('.', path) + " is missing");

    public static string? TextOrNull(this YamlNode node, params string[] path) => (node.Find(path) as YamlScalarNode)?.Value;

    public static int Number(this YamlNode node, params string[] path) => int.Parse(node.Text(path), CultureInfo.InvariantCulture);

    private static YamlNode? Value(YamlNode? node, string key)
    {
        if (node is not YamlMappingNode map) return null;
        if (map.Children.TryGetValue(new YamlScalarNode(key), out var found)) return found;
        return map.Children.TryGetValue(Merge, out var merged) ? Value(merged, key) : null;
    }
}
