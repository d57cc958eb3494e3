using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Mime;
using Route = MilSwitch.Domain.Routing.Route;

namespace MilSwitch.Host.Configuration;

/// <summary>What routes demand of messages besides their addresses.</summary>
public static partial class ConfigurationReader
{
    private static readonly string[] TypeWords = ["exercise", "operation", "project", "drill"];
    private static readonly Dictionary<string, Precedence> Levels = Enum.GetValues<Precedence>().ToDictionary(l => l.Keyword(), StringComparer.Ordinal);

    // Whether a message fulfils a condition is known only when its content is there: until then, and where it has no such fields, another row must know the way.
    private static void CheckConditions(IReadOnlyCollection<Route> routes, IEnumerable<(Route Route, Section Section)> conditions)
    {
        foreach (var (route, section) in conditions)
        {
            if (routes.FirstOrDefault(r => r.When is null && SameMatch(r, route)) is not { } otherwise) section.Reject("match", $"'{route.Match}' has no row without 'when', so that other mail would have no route");
            else if (otherwise.Refuse is not null) section.Reject("when", $"the row of '{route.Match}' without 'when' refuses its recipients before the content is there");
            else if (otherwise.Link?.Domain != route.Link?.Domain) section.Reject("domain", $"the row of '{route.Match}' without 'when' leads into another domain");
            if (section.Has("open")) section.Reject("open", "counts on the row without 'when'");
        }
    }

    private static bool SameMatch(Route one, Route other) => one.Match.Equals(other.Match, StringComparison.OrdinalIgnoreCase);

    private static RouteCondition? ReadCondition(ConfigurationSource source, Section route)
    {
        if (!route.Has("when")) return null;
        var section = route.Map("when");
        var condition = new RouteCondition
        {
            Codes = Each(source, section, "sic", "is no subject indicator code of 3 to 8 letters and digits, with ? for one and * at the end for the rest", text => (SicPattern.TryParse(text, out var pattern), pattern!)),
            Types = Each(source, section, "type", "is no message type: exercise, operation, project, drill or a number up to 255", text => (TryReadType(text, out var type), type)),
            Levels = Each(source, section, "precedence", "is no level", text => (Levels.TryGetValue(text, out var level), level)),
            Instructions = Each(source, section, "instructions", "is no instruction of up to 69 printable characters", text => (text.Length <= 69 && text.All(c => c is >= ' ' and <= '~'), text)),
        };
        section.Finish();
        if (condition is { Codes: [], Types: [], Levels: [], Instructions: [] }) route.Reject("when", "says nothing; write sic, type, precedence or instructions");
        return condition;
    }

    private static bool TryReadType(string text, out int type)
    {
        type = Array.IndexOf(TypeWords, text.ToLowerInvariant());
        return type >= 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out type) && type <= MmhsMessageType.Maximum);
    }

    private static ImmutableArray<T> Each<T>(ConfigurationSource source, Section section, string key, string wrong, Func<string, (bool IsOne, T Value)> read)
    {
        var all = ImmutableArray.CreateBuilder<T>();
        foreach (var (node, path) in section.Items(key))
        {
            if (node is YamlText { IsNull: false } text && read(text.Value) is (true, var value)) all.Add(value);
            else source.Reject(node.Line, path, $"'{(node as YamlText)?.Value}' {wrong}");
        }

        return all.ToImmutable();
    }
}
