using System.Text.RegularExpressions;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Architecture;

/// <summary>The documents agree with the tree and with the code that they describe.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string[] Threats =
        [.. Enumerable.Range(1, 15).Select(n => $"S{n}"), "M1", .. Enumerable.Range(1, 18).Select(n => $"F{n}"), .. Enumerable.Range(31, 5).Select(n => $"F{n}")];

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var dead = new List<string>();
        foreach (var document in Repository.Files("*.md"))
        {
            foreach (Match link in Link().Matches(Repository.Read(document)))
            {
                var target = link.Groups[1].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                var path = Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, Uri.UnescapeDataString(target)));
                if (!File.Exists(path) && !Directory.Exists(path)) dead.Add($"{document}: {target}");
            }
        }

        Assert.Empty(dead);
    }

    [Fact]
    public void Source_files_that_documents_name_exist()
    {
        var known = Repository.Files("*.cs").Select(f => Path.GetFileName(f)).ToHashSet(StringComparer.Ordinal);
        foreach (var document in Repository.Files("*.md").Where(d => d.StartsWith("docs/", StringComparison.Ordinal)))
            Assert.Empty(SourceFile().Matches(Repository.Read(document)).Select(m => m.Groups[1].Value).Where(n => !known.Contains(n)).Select(n => $"{document}: {n}"));
    }

    [Fact]
    public void Every_key_that_the_reader_knows_is_in_the_reference()
    {
        var reference = Repository.Read("docs/reference/configuration.md");
        var keys = Directory.GetFiles(Path.Combine(Repository.Root, "src/MilSwitch.Host/Configuration"), "ConfigurationReader*.cs")
            .SelectMany(f => Key().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(keys.Length > 60, $"only {keys.Length} keys were found in the reader");
        Assert.Empty(keys.Where(k => !Regex.IsMatch(reference, $@"[`.]{Regex.Escape(k)}[`.:\[]", RegexOptions.None, TimeSpan.FromSeconds(5))).ToArray());
    }

    [Fact]
    public void Every_key_of_the_reference_is_one_that_the_reader_knows()
    {
        var source = string.Concat(Repository.Files("*.cs").Where(f => f.StartsWith("src/MilSwitch.Host/", StringComparison.Ordinal)).Select(Repository.Read));
        var keys = KeyRow().Matches(Repository.Read("docs/reference/configuration.md")).SelectMany(m => InTicks().Matches(m.Groups[1].Value)).Select(m => m.Groups[1].Value)
            // What stands in capitals is a name of somebody's own.
            .Select(k => k.Split('.')[^1].Replace("[]", "", StringComparison.Ordinal)).Where(k => k.Length > 0 && k.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-')).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(keys.Length > 150, $"only {keys.Length} keys were found in the reference");
        Assert.Empty(keys.Where(k => !source.Contains($"\"{k}\"", StringComparison.Ordinal)).ToArray());
    }

    [Fact]
    public void Every_metric_is_in_the_reference()
    {
        var reference = Repository.Read("docs/reference/metrics.md");
        var names = new List<string>();
        foreach (var file in Repository.Files("*.cs").Where(f => f.StartsWith("src/", StringComparison.Ordinal)))
        {
            foreach (Match match in Instrument().Matches(Repository.Read(file)))
            {
                var name = match.Groups[2].Value.Replace('.', '_');
                if (!name.StartsWith("milswitch", StringComparison.Ordinal)) name = "milswitch_" + name;
                names.Add(name);
            }
        }

        Assert.True(names.Count > 25, $"only {names.Count} metrics were found in the source");
        Assert.Empty(names.Where(n => !Regex.IsMatch(reference, $"`{n}(_seconds|_bytes)?(_total)?`", RegexOptions.None, TimeSpan.FromSeconds(5))).ToArray());
    }

    [Fact]
    public void Every_metric_that_operators_are_told_to_watch_is_in_the_reference()
    {
        var reference = Repository.Read("docs/reference/metrics.md");
        var named = Repository.Files("*.md").Where(d => d.StartsWith("docs/operations/", StringComparison.Ordinal))
            .SelectMany(d => Metric().Matches(Repository.Read(d))).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(named.Length > 10, $"only {named.Length} metrics were found");
        Assert.Empty(named.Where(n => !reference.Contains($"`{n}`", StringComparison.Ordinal)).ToArray());
    }

    [Fact]
    public void Every_command_is_in_the_reference()
    {
        var reference = Repository.Read("docs/reference/cli.md");
        var source = string.Concat(Repository.Files("*.cs").Where(f => f.StartsWith("src/MilSwitch.Host/Commands/CommandLine", StringComparison.Ordinal)).Select(Repository.Read))
            + Repository.Read("src/MilSwitch.Host/Demo/DemoCommand.cs");
        var examples = Example().Matches(source).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(examples.Length > 10, $"only {examples.Length} commands were found in the source");
        Assert.Empty(examples.Where(e => !reference.Contains(e, StringComparison.Ordinal)).ToArray());
        Assert.Empty(Option().Matches(source).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal).Where(o => !reference.Contains(o, StringComparison.Ordinal)).ToArray());
    }

    [Fact]
    public void The_smallest_configuration_of_the_README_is_good()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllText(file, Yaml().Match(Repository.Read("README.md")).Groups[1].Value);
            Assert.Empty(ConfigurationReader.Read(file).Problems);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Every_command_line_in_the_documents_is_understood()
    {
        var lines = Repository.Files("*.md").Where(d => d is "README.md" || d.StartsWith("docs/operations/", StringComparison.Ordinal))
            .SelectMany(d => CommandsIn(Repository.Read(d))).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(lines.Length > 30, $"only {lines.Length} command lines were found");
        foreach (var line in lines)
        {
            using var error = new StringWriter();
            var environment = new CommandEnvironment
            {
                Input = new StringReader("0000G40000040\n"), Output = TextWriter.Null, Error = error, OpenOutput = () => Stream.Null, IsInputTerminal = false,
                Variable = name => name == "MILSWITCH_NODE" ? "unix:/nowhere/admin.sock" : null,
            };
            var arguments = Word().Matches(line).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Value).Skip(1).ToArray();
            if (arguments is ["key" or "cert" or "path" or "inspect" or "smime" or "acp127" or "mtqp", ..] or ["label", not "catalogue", ..] or ["audit", "verify", ..])
            {
                // These would do what they say: make keys, write files, ask servers.
                var problems = CommandLine.Misunderstandings(arguments, environment);
                Assert.True(problems.Count is 0, $"{line}: {string.Join(' ', problems)}");
                continue;
            }

            var exitCode = await CommandLine.RunAsync(arguments, environment);
            Assert.True(exitCode == ExitCodes.Unreachable, $"{line}: exit {exitCode}: {error}");
        }
    }

    // Lines of code blocks and commands in running text, each part of a pipe by itself; those that need no node are left out.
    private static IEnumerable<string> CommandsIn(string document) =>
        CodeBlock().Matches(document).SelectMany(b => b.Groups[1].Value.Split('\n')).Concat(InlineCommand().Matches(document).Select(m => m.Groups[1].Value))
            .SelectMany(l => l.Split(" #")[0].Split(" | ")).Select(l => l.Trim())
            .Where(l => l.StartsWith("milswitch ", StringComparison.Ordinal) && l.IndexOfAny(['<', '>']) < 0 && !l.EndsWith('…'))
            .Where(l => !l.StartsWith("milswitch run", StringComparison.Ordinal) && !l.StartsWith("milswitch config check", StringComparison.Ordinal));

    [Fact]
    public void Every_threat_of_this_stage_has_its_row_and_every_test_named_there_exists()
    {
        var page = Repository.Read("docs/security/threats.md");
        foreach (var threat in Threats) Assert.Matches(new Regex($@"(?m)^\| {threat} \|", RegexOptions.None, TimeSpan.FromSeconds(5)), page);
        var sources = Repository.Files("*.cs").Where(f => f.StartsWith("tests/", StringComparison.Ordinal)).ToDictionary(f => f, Repository.Read);
        foreach (Match named in TestName().Matches(page))
        {
            var (type, method) = (named.Groups[1].Value, named.Groups[2].Value);
            Assert.True(
                sources.Values.Any(s => Regex.IsMatch(s, $@"class {type}\b", RegexOptions.None, TimeSpan.FromSeconds(5))
                    && (method.Length is 0 || Regex.IsMatch(s, $@" {method}\(", RegexOptions.None, TimeSpan.FromSeconds(5)))),
                $"{named.Value} is not a test");
        }

        var cited = sources.Values.SelectMany(s => Trait().Matches(s)).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal);
        Assert.Empty(cited.Where(t => !Regex.IsMatch(page, $@"(?m)^\| {t} \|", RegexOptions.None, TimeSpan.FromSeconds(5))).ToArray());
    }

    [Fact]
    public void Every_decision_is_in_the_list_and_has_the_four_parts()
    {
        var list = Repository.Read("docs/adr/README.md");
        var decisions = Repository.Files("*.md").Where(f => f.StartsWith("docs/adr/0", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(decisions);
        foreach (var decision in decisions)
        {
            Assert.Contains($"({Path.GetFileName(decision)})", list, StringComparison.Ordinal);
            var text = Repository.Read(decision);
            foreach (var part in new[] { "## Context", "## Decision", "## Consequences", "## Alternatives" }) Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?:[\w./-]*/)?(\w[\w.]*\.cs)`")]
    private static partial Regex SourceFile();

    [GeneratedRegex("""\.?\b(?:Text|RequiredText|Texts|Number|Size|Duration|Flag|Keyword|Precedence|Endpoint|Map|Items|Find|File)(?:<\w+>)?\(\s*(?:\w+, )?"([a-z0-9][a-z0-9-]*)"[,)]""")]
    private static partial Regex Key();

    [GeneratedRegex("""\b(Create(?:Counter|Gauge|Histogram|UpDownCounter|ObservableGauge|ObservableCounter)(?:<\w+>)?)\(\s*"([a-z][a-z._]*)",""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\b(milswitch_[a-z_]+?)(?:_bucket)?\b")]
    private static partial Regex Metric();

    [GeneratedRegex("""[" $]"?(milswitch (?:run|status|version|events|track|[a-z]+ (?:check|apply|verifier|list|shape|show|raw|hold|release|try|requeue|reroute|return|delete|restore|add|replace|remove|set|cancel|test|send|decisions|custody|approve|reject|correct|verify)))\b""")]
    private static partial Regex Example();

    [GeneratedRegex("""new(?: Option<[\w?\[\]]+>)?\("(--[a-z-]+)"\)""")]
    private static partial Regex Option();

    [GeneratedRegex(@"```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"`(milswitch (?:message|dest|rule|queue|minimize|route) [^`]*--[^`]*)`")]
    private static partial Regex InlineCommand();

    [GeneratedRegex(@"'([^']*)'|\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"(?m)^\| ((?:`[^`]+`(?:, )?)+) \|")]
    private static partial Regex KeyRow();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex InTicks();

    [GeneratedRegex("""Trait\("Threat", "([^"]+)"\)""")]
    private static partial Regex Trait();
}
