using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Configuration;

/// <summary>
/// One mapping of the file while it is read. It remembers which keys were asked for: what is left at <see cref="Finish"/>
/// is unknown. A value that does not fit is reported, and the default stands in for it so that reading can go on.
/// </summary>
internal sealed class Section(ConfigurationSource source, YamlMap map, string path)
{
    private readonly List<string> known = [];

    public int Line => map.Line;

    public string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    public bool Has(string key) => Find(key) is not null;

    /// <summary>The line of a key, or of the whole mapping when the key is absent.</summary>
    public int LineOf(string key) => map.Entries.FirstOrDefault(e => e.Key == key)?.Line ?? map.Line;

    /// <summary>Reports a problem at a key.</summary>
    public void Reject(string key, string text) => source.Reject(LineOf(key), PathOf(key), text);

    /// <summary>The value; null when the key is absent or says nothing.</summary>
    public YamlNode? Find(string key)
    {
        if (!known.Contains(key)) known.Add(key);
        var node = map.Entries.FirstOrDefault(e => e.Key == key)?.Value;
        return node is YamlText { IsNull: true } ? null : node;
    }

    public Section Map(string key)
    {
        switch (Find(key))
        {
            case YamlMap found:
                return new Section(source, found, PathOf(key));
            case null:
                break;
            default:
                Reject(key, "must be a mapping of keys to values");
                break;
        }

        return new Section(source, new YamlMap(LineOf(key), []), PathOf(key));
    }

    /// <summary>A mapping among the items of <see cref="Items"/>.</summary>
    public Section Nested(YamlMap item, string itemPath) => new(source, item, itemPath);

    /// <summary>The items with their paths; a single value counts as a list of one.</summary>
    public IEnumerable<(YamlNode Node, string Path)> Items(string key)
    {
        switch (Find(key))
        {
            case null:
                yield break;
            case YamlList list:
                for (var i = 0; i < list.Items.Count; i++)
                    yield return (list.Items[i], string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}[{i}]"));
                yield break;
            case var single:
                yield return (single, PathOf(key));
                yield break;
        }
    }

    public ImmutableArray<string> Texts(string key)
    {
        var all = ImmutableArray.CreateBuilder<string>();
        foreach (var (node, itemPath) in Items(key))
        {
            if (node is YamlText { IsNull: false, Value.Length: > 0 } text) all.Add(text.Value);
            else source.Reject(node.Line, itemPath, "must be a text");
        }

        return all.ToImmutable();
    }

    public string? Text(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlText { Value.Length: > 0 } text:
                return text.Value;
            default:
                Reject(key, "must be a text");
                return null;
        }
    }

    public string? RequiredText(string key)
    {
        if (Has(key)) return Text(key);
        source.Reject(map.Line, PathOf(key), "is missing");
        return null;
    }

    /// <summary>A text, or what <c>{ env: NAME }</c> names: a variable of the environment that must be there and say something.</summary>
    public string? TextOrVariable(string key)
    {
        if (Find(key) is not YamlMap) return Text(key);
        var section = Map(key);
        var name = section.RequiredText("env");
        section.Finish();
        if (name is null) return null;
        if (source.Variable(name) is { Length: > 0 } value) return value;
        section.Reject("env", $"the environment has no variable '{name}', or it is empty");
        return null;
    }

    public string? RequiredTextOrVariable(string key) => Has(key) ? TextOrVariable(key) : RequiredText(key);

    public bool Flag(string key, bool otherwise)
    {
        switch (Text(key))
        {
            case null:
                return otherwise;
            case "true":
                return true;
            case "false":
                return false;
            case var text:
                Reject(key, $"'{text}' is neither true nor false");
                return otherwise;
        }
    }

    public int Number(string key, int otherwise, int lowest, int highest)
    {
        if (Text(key) is not { } text) return otherwise;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest) return number;
        Reject(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a number from {lowest} to {highest}"));
        return otherwise;
    }

    public long Size(string key, long otherwise, long lowest, long highest)
    {
        if (Text(key) is not { } text) return otherwise;
        if (!Notation.TryReadSize(text, out var size)) Reject(key, $"'{text}' is not a size such as 64KiB, 25MiB or 4096");
        else if (size < lowest || size > highest) Reject(key, $"'{text}' is outside {Notation.WriteSize(lowest)} to {Notation.WriteSize(highest)}");
        else return size;
        return otherwise;
    }

    public TimeSpan Duration(string key, TimeSpan otherwise, TimeSpan lowest, TimeSpan highest) =>
        Text(key) is { } text ? source.Duration(LineOf(key), PathOf(key), text, lowest, highest) ?? otherwise : otherwise;

    /// <summary>One of the given words.</summary>
    public T Keyword<T>(string key, T otherwise, params ReadOnlySpan<(string Word, T Value)> words)
    {
        if (Text(key) is not { } text) return otherwise;
        foreach (var (word, value) in words)
        {
            if (word == text) return value;
        }

        var all = new string[words.Length];
        for (var i = 0; i < words.Length; i++) all[i] = words[i].Word;
        Reject(key, $"'{text}' is not one of {string.Join(", ", all)}{Spelling.Suggest(text, all)}");
        return otherwise;
    }

    public Precedence Precedence(string key, Precedence otherwise) => Keyword(
        key, otherwise,
        ("deferred", Domain.Precedences.Precedence.Deferred), ("routine", Domain.Precedences.Precedence.Routine),
        ("priority", Domain.Precedences.Precedence.Priority), ("immediate", Domain.Precedences.Precedence.Immediate),
        ("flash", Domain.Precedences.Precedence.Flash), ("override", Domain.Precedences.Precedence.Override));

    public IPEndPoint? Endpoint(string key)
    {
        if (Text(key) is not { } text) return null;
        if (Notation.TryReadEndpoint(text, out var endpoint)) return endpoint;
        Reject(key, $"'{text}' is not an endpoint such as 127.0.0.1:25, [::1]:25 or *:25");
        return null;
    }

    /// <summary>Full path of a file that can be read; null when the key is absent or the file is not there.</summary>
    public string? File(string key) => Text(key) is { } text ? source.ReadableFile(LineOf(key), PathOf(key), text) : null;

    /// <summary>Reports every key that nobody asked for.</summary>
    public void Finish()
    {
        foreach (var entry in map.Entries)
        {
            if (!known.Contains(entry.Key)) source.Reject(entry.Line, PathOf(entry.Key), "unknown key" + Spelling.Suggest(entry.Key, known));
        }
    }
}
