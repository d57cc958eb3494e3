using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MilSwitch.Domain.Military;

/// <summary>
/// The subject indicator codes that exist, with their meaning. Its form is CSV: <c>code,description</c> on a line, the description in quotes when it holds a quote (doubled) or
/// begins with one; a code may be a <see cref="SicPattern"/>. Empty lines, lines that begin with <c>#</c> and the first line <c>code,description</c> say nothing. Immutable and thread-safe.
/// </summary>
public sealed class SicCatalogue
{
    /// <summary>Lines of a catalogue.</summary>
    public const int MostLines = 100_000;

    private const int LongestDescription = 500;

    private readonly FrozenDictionary<string, string> codes;
    private readonly ILookup<char, string> byFirst;
    private readonly ImmutableArray<(SicPattern Pattern, string Description)> patterns;

    private SicCatalogue(Dictionary<string, string> codes, ImmutableArray<(SicPattern Pattern, string Description)> patterns)
    {
        this.codes = codes.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        byFirst = codes.Keys.ToLookup(c => c[0]);
        this.patterns = patterns;
    }

    /// <summary>Codes and patterns that it lists.</summary>
    public int Count => codes.Count + patterns.Length;

    /// <summary>Reads a catalogue; lines with problems are left out. Never throws.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="problems">In the order of lines; empty: all is well.</param>
    public static SicCatalogue Read(string text, out ImmutableArray<SicCatalogueProblem> problems)
    {
        var found = ImmutableArray.CreateBuilder<SicCatalogueProblem>();
        var codes = new Dictionary<string, string>(StringComparer.Ordinal);
        var patterns = ImmutableArray.CreateBuilder<(SicPattern, string)>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0;
        foreach (var each in text.AsSpan().TrimStart('\uFEFF').EnumerateLines())
        {
            number++;
            if (number > MostLines)
            {
                found.Add(new SicCatalogueProblem(number, $"there are more than {MostLines} lines"));
                break;
            }

            var line = each.Trim();
            if (line.IsEmpty || line[0] is '#' || (number is 1 && line.Equals("code,description", StringComparison.OrdinalIgnoreCase))) continue;
            if (Read(line, out var pattern, out var description) is { } fault) found.Add(new SicCatalogueProblem(number, fault));
            else if (!seen.TryAdd(pattern!.ToString(), number)) found.Add(new SicCatalogueProblem(number, $"'{pattern}' is given twice; first at line {seen[pattern.ToString()]}"));
            else if (pattern.IsExact) codes.Add(pattern.Stem, description);
            else patterns.Add((pattern, description));
        }

        problems = found.ToImmutable();
        return new SicCatalogue(codes, patterns.ToImmutable());
    }

    /// <summary>What a code means; of several patterns the first counts. Null: there is no such code.</summary>
    public string? Describe(string code)
    {
        if (codes.TryGetValue(code, out var description)) return description;
        foreach (var (pattern, meaning) in patterns)
        {
            if (pattern.Matches(code)) return meaning;
        }

        return null;
    }

    /// <summary>At least one code that exists is among those of a pattern.</summary>
    public bool Knows(SicPattern pattern)
    {
        foreach (var (known, _) in patterns)
        {
            if (known.Overlaps(pattern)) return true;
        }

        if (pattern.IsExact) return codes.ContainsKey(pattern.Stem);
        foreach (var code in byFirst[pattern.Stem[0]])
        {
            if (pattern.Matches(code)) return true;
        }

        return false;
    }

    private static string? Read(ReadOnlySpan<char> line, out SicPattern? pattern, out string description)
    {
        pattern = null;
        description = "";
        var comma = line.IndexOf(',');
        if (comma < 0) return "write code,description";
        var code = line[..comma].Trim();
        // What stands there comes from a file that anybody may have written; it is shown only when it is short.
        if (code.Length > SicPattern.Longest + 1 || !SicPattern.TryParse(code.ToString(), out pattern))
            return $"the code must be of {SicPattern.Shortest} to {SicPattern.Longest} letters and digits, with ? for one and * at the end for the rest";
        var rest = line[(comma + 1)..].Trim();
        if (rest.StartsWith("\""))
        {
            if (rest.Length < 2 || rest[^1] is not '"') return "the description's quote does not end";
            var inner = rest[1..^1].ToString().Replace("\"\"", "\0", StringComparison.Ordinal);
            if (inner.Contains('"', StringComparison.Ordinal)) return "a quote inside the description must be doubled";
            description = inner.Replace('\0', '"');
        }
        else
        {
            description = rest.ToString();
        }

        if (description.Length is 0) return "the description is missing";
        return description.Length > LongestDescription ? $"the description is longer than {LongestDescription} characters" : null;
    }
}
