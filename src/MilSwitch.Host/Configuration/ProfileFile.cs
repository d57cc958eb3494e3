using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Mime;

namespace MilSwitch.Host.Configuration;

/// <summary>Reads the profiler's plans from YAML, and the catalogue of subject indicator codes that they name.</summary>
public static class ProfileFile
{
    private const int MostOctets = 16 << 20;
    private const int MostValues = 1_000;
    private const int CharactersOfVersion = 12;

    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>Reads one file, or several that are one: each plan, rule and name is there for all of them.</summary>
    /// <param name="files">The paths, at least one; a catalogue's is relative to the folder of the file that names it.</param>
    /// <param name="problems">All of them, in the order of files and lines; empty: the plans can be used.</param>
    /// <returns>Null: there are problems.</returns>
    public static ProfilePlans? Read(IReadOnlyList<string> files, out ImmutableArray<ConfigurationProblem> problems)
    {
        var found = new List<ConfigurationProblem>();
        var roots = new List<(ConfigurationSource Source, Section Root)>();
        var digested = new StringBuilder();
        foreach (var file in files)
        {
            var source = new ConfigurationSource(file, found);
            if (Load(source, file) is not { } text || new YamlDocumentReader(file, found).Read(new StringReader(text)) is not { } map) continue;
            if (digested.Length > 0) digested.Append('\0');
            digested.Append(text);
            roots.Add((source, new Section(source, map, "")));
        }

        // What one file says of the plans is not known without it, and everything that others name would be a problem.
        var plans = roots.Count == files.Count && Read(roots, found) is { } read
            ? read with { Version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(digested.ToString())))[..CharactersOfVersion] }
            : null;
        problems = [.. found.OrderBy(p => files.Contains(p.File) ? files.TakeWhile(f => f != p.File).Count() : files.Count).ThenBy(p => p.Line)];
        return problems.IsEmpty ? plans : null;
    }

    private static ProfilePlans? Read(List<(ConfigurationSource Source, Section Root)> roots, List<ConfigurationProblem> found)
    {
        var first = roots[0].Root;
        var names = roots.SelectMany(r => r.Root.Texts("plans")).Distinct(StringComparer.Ordinal).ToArray();
        if (names.Length is 0) first.Reject("plans", "at least one plan is needed");
        var inForce = OnlyOne(roots, "plan") is { } place ? place.Root.RequiredText("plan") : first.RequiredText("plan");
        if (inForce is not null && names.Length > 0 && !names.Contains(inForce)) (OnlyOne(roots, "plan")?.Root ?? first).Reject("plan", $"'{inForce}' is not one of plans{Spelling.Suggest(inForce, names)}");
        var catalogue = OnlyOne(roots, "catalogue") is { } beside ? ReadCatalogue(beside.Source, beside.Root, found) : null;
        foreach (var key in new[] { "plan", "catalogue" })
        {
            foreach (var (_, other) in roots.Where(r => r.Root.Has(key)).Skip(1)) other.Reject(key, $"is given in {OnlyOne(roots, key)!.Value.Source.File} already");
        }

        var rules = new List<(ProfileRule Rule, ImmutableArray<string> Plans)>();
        var seen = new Dictionary<string, (string File, int Line)>(StringComparer.Ordinal);
        foreach (var (source, root) in roots)
        {
            foreach (var (node, path) in root.Items("rules"))
            {
                if (rules.Count == ProfilePlans.MostRules)
                {
                    source.Reject(node.Line, path, $"there are more than {ProfilePlans.MostRules} rules");
                    break;
                }

                if (node is not YamlMap map)
                {
                    source.Reject(node.Line, path, "must be a mapping of keys to values");
                    continue;
                }

                var section = new Section(source, map, path);
                var rule = ReadRule(source, section, catalogue);
                if (rule.Name.Length > 0 && !seen.TryAdd(rule.Name, (source.File, section.LineOf("name"))))
                {
                    var (file, line) = seen[rule.Name];
                    section.Reject("name", $"'{rule.Name}' is given twice; first at line {line}{(file == source.File ? "" : " of " + file)}");
                }

                var within = section.Texts("plans");
                foreach (var name in within.Where(n => !names.Contains(n))) section.Reject("plans", $"'{name}' is not one of plans{Spelling.Suggest(name, names)}");
                section.Finish();
                rules.Add((rule, within));
            }
        }

        if (rules.Count is 0) first.Reject("rules", "at least one rule is needed");
        foreach (var (_, root) in roots) root.Finish();
        if (found.Count > 0) return null;
        ImmutableArray<ProfilePlan> plans = [.. names.Select(n => new ProfilePlan(n, [.. rules.Where(r => r.Plans.IsEmpty || r.Plans.Contains(n)).Select(r => r.Rule)]))];
        return new ProfilePlans(plans, plans.First(p => p.Name == inForce), catalogue);
    }

    // The first of them that has the key.
    private static (ConfigurationSource Source, Section Root)? OnlyOne(List<(ConfigurationSource Source, Section Root)> roots, string key)
    {
        foreach (var root in roots)
        {
            if (root.Root.Has(key)) return root;
        }

        return null;
    }

    private static ProfileRule ReadRule(ConfigurationSource source, Section section, SicCatalogue? catalogue)
    {
        var rule = new ProfileRule
        {
            Name = section.RequiredText("name") ?? "",
            Codes = Each<SicPattern>(source, section, "sic", text =>
            {
                if (!SicPattern.TryParse(text, out var pattern)) return (null, $"'{text}' is no code of 3 to 8 letters and digits, with ? for one (but not the first) and * at the end for the rest");
                return catalogue is null || catalogue.Knows(pattern) ? (pattern, null) : (null, $"the catalogue has no code '{pattern}'");
            }),
            Originators = Each<ProfileOriginator>(source, section, "from", text => ProfileOriginator.TryParse(text, out var originator) ? (originator, null) : (null, $"'{text}' is neither local@domain nor @domain")),
            Types = Each(source, section, "type", ReadType),
            Precedences = [.. Each<Level>(source, section, "precedence", text =>
                PrecedenceExtensions.TryParseKeyword(text, out var level) ? (new Level(level), null) : (null, $"'{text}' is not one of deferred, routine, priority, immediate, flash, override")).Select(l => l.Value)],
            Labels = ReadLabels(source, section),
            HandlingInstructions = Each(source, section, "handling-instructions", ReadInstruction),
            MessageInstructions = Each(source, section, "message-instructions", text => text.Equals(MmhsInstructions.NoDistribution, StringComparison.OrdinalIgnoreCase)
                ? (null, $"a message that says {MmhsInstructions.NoDistribution} is never distributed") : ReadInstruction(text)),
            SubjectWords = Each(source, section, "subject-words", ReadPhrase),
            Words = Each(source, section, "words", ReadPhrase),
            Hours = ReadHours(source, section),
            Action = Each(source, section, "action", ReadMailbox),
            Information = Each(source, section, "info", ReadMailbox),
        };
        if (!rule.IsSelective && !Selects(section)) source.Reject(section.Line, section.PathOf("name"), "the rule would select every message; give it at least one condition besides hours");
        if (!section.Has("action") && !section.Has("info")) source.Reject(section.Line, section.PathOf("action"), "is missing, and so is info: nobody would get the message");
        return rule;
    }

    // A condition that is there and wrong has been reported.
    private static bool Selects(Section section) =>
        new[] { "sic", "from", "type", "precedence", "label", "handling-instructions", "message-instructions", "subject-words", "words" }.Any(k => section.Items(k).Any());

    private static ImmutableArray<T> Each<T>(ConfigurationSource source, Section section, string key, Func<string, (T? Value, string? Fault)> read)
        where T : class
    {
        var all = ImmutableArray.CreateBuilder<T>();
        var count = 0;
        foreach (var (node, path) in section.Items(key))
        {
            if (++count > MostValues)
            {
                source.Reject(node.Line, path, $"there are more than {MostValues} values");
                break;
            }

            if (node is not YamlText { IsNull: false, Value.Length: > 0 } text) source.Reject(node.Line, path, "must be a text");
            else if (read(text.Value) is ({ } value, null)) all.Add(value);
            else source.Reject(node.Line, path, read(text.Value).Fault!);
        }

        // Without a value it would ask for nothing, and select more than was meant.
        if (count is 0 && section.Has(key)) section.Reject(key, "is an empty list");
        return all.ToImmutable();
    }

    private static (ProfileType?, string?) ReadType(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var word = (colon < 0 ? text : text[..colon]).Trim();
        var identifier = colon < 0 ? null : text[(colon + 1)..].Trim();
        var value = -1;
        for (var i = 0; i < 4 && value < 0; i++)
        {
            if (word.Equals(new MmhsMessageType(i).Keyword, StringComparison.OrdinalIgnoreCase)) value = i;
        }

        if (value < 0 && (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value) || value > MmhsMessageType.Maximum))
            return (null, $"'{word}' is not exercise, operation, project, drill or a number from 0 to {MmhsMessageType.Maximum}");
        return identifier is { Length: 0 or > 69 } ? (null, "an identifier has 1 to 69 characters") : (new ProfileType(value, identifier), null);
    }

    private static (string?, string?) ReadInstruction(string text) => text.Length <= 69 && text.Trim() == text ? (text, null) : (null, "an instruction has 1 to 69 characters, without a space at either end");

    private static (string?, string?) ReadPhrase(string text) =>
        Profiler.IsPhrase(text) ? (text, null) : (null, $"'{text}' is not of 1 to {ProfileRule.MostWordsOfPhrase} words of up to 64 letters and digits");

    private static (Mailbox?, string?) ReadMailbox(string text) => Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out var fault) ? (mailbox, null) : (null, $"'{text}' is not a mail address: {fault}");

    private static ImmutableArray<ProfileLabelPattern> ReadLabels(ConfigurationSource source, Section section)
    {
        var all = ImmutableArray.CreateBuilder<ProfileLabelPattern>();
        foreach (var label in Maps(source, section, "label"))
        {
            var pattern = new ProfileLabelPattern(label.Text("policy"), label.Text("classification"));
            label.Finish();
            if (pattern is { Policy: null, Classification: null }) source.Reject(label.Line, label.PathOf("policy"), "is missing, and so is classification");
            else all.Add(pattern);
        }

        return all.ToImmutable();
    }

    private static ImmutableArray<ProfileHours> ReadHours(ConfigurationSource source, Section section)
    {
        var all = ImmutableArray.CreateBuilder<ProfileHours>();
        foreach (var hours in Maps(source, section, "hours"))
        {
            var days = ImmutableArray.CreateBuilder<DayOfWeek>();
            foreach (var text in hours.Texts("days"))
            {
                var ends = text.Split('-');
                var first = Array.IndexOf(DayNames, ends[0]);
                var last = Array.IndexOf(DayNames, ends[^1]);
                if (first < 0 || last < 0 || ends.Length > 2) hours.Reject("days", $"'{text}' is neither a day such as mon nor days such as mon-fri");
                else for (var i = 0; i <= (last - first + 7) % 7; i++) days.Add((DayOfWeek)((first + i) % 7));
            }

            var from = Time(hours, "from");
            var until = Time(hours, "until");
            hours.Finish();
            all.Add(new ProfileHours([.. days.Distinct()], from, until));
        }

        return all.ToImmutable();
    }

    private static TimeOnly Time(Section section, string key)
    {
        if (section.Text(key) is not { } text) return TimeOnly.MinValue;
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return time;
        section.Reject(key, $"'{text}' is not a time in Zulu such as 07:30");
        return TimeOnly.MinValue;
    }

    private static IEnumerable<Section> Maps(ConfigurationSource source, Section section, string key)
    {
        var any = false;
        foreach (var (node, path) in section.Items(key))
        {
            any = true;
            if (node is YamlMap map) yield return new Section(source, map, path);
            else source.Reject(node.Line, path, "must be a mapping of keys to values");
        }

        if (!any && section.Has(key)) section.Reject(key, "is an empty list");
    }

    private static SicCatalogue? ReadCatalogue(ConfigurationSource source, Section root, List<ConfigurationProblem> found)
    {
        if (root.File("catalogue") is null) return null;
        var beside = source.Beside(root.Text("catalogue")!);
        if (Load(beside, beside.File) is not { } text) return null;
        var catalogue = SicCatalogue.Read(text, out var problems);
        foreach (var problem in problems) found.Add(new ConfigurationProblem(beside.File, problem.Line, "-", problem.Text));
        return catalogue;
    }

    private static string? Load(ConfigurationSource source, string file)
    {
        try
        {
            if (new FileInfo(file).Length <= MostOctets) return File.ReadAllText(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            source.Reject(0, "-", $"is larger than {MostOctets >> 20} MiB");
        }
        catch (DecoderFallbackException)
        {
            source.Reject(0, "-", "is not UTF-8");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            source.Reject(0, "-", ConfigurationSource.Reason(file, fault));
        }

        return null;
    }

    private sealed record Level(Precedence Value);
}
