using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>What stands in the address of a page. Immutable.</summary>
public sealed class ViewQuery
{
    private readonly Dictionary<string, StringValues> values;

    private ViewQuery(Dictionary<string, StringValues> values, string text) => (this.values, Text) = (values, text);

    /// <summary>As it came, with its question mark; empty: nothing.</summary>
    public string Text { get; }

    public string? this[string name] => values.TryGetValue(name, out var value) && value.Count > 0 && !string.IsNullOrWhiteSpace(value[0]) ? value[0]!.Trim() : null;

    public static ViewQuery Parse(string? text) => new(new Dictionary<string, StringValues>(QueryHelpers.ParseQuery(text), StringComparer.Ordinal), text ?? "");

    /// <summary>The same page with another value; null: without it.</summary>
    public string With(string name, string? value)
    {
        var pairs = values.Where(v => v.Key != name).SelectMany(v => v.Value.Select(t => new KeyValuePair<string, string?>(v.Key, t)));
        if (value is not null) pairs = pairs.Append(new KeyValuePair<string, string?>(name, value));
        return QueryHelpers.AddQueryString("", pairs);
    }
}
