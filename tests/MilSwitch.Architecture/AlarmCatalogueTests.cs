using System.Text.RegularExpressions;
using MilSwitch.Domain.Alarms;
using MilSwitch.Host.Commands;

namespace MilSwitch.Architecture;

/// <summary>Kinds of alarms, their pages and the code that raises them are one list.</summary>
public sealed partial class AlarmCatalogueTests
{
    private const string Runbooks = "docs/operations/runbooks/";

    [Fact]
    public void Every_kind_has_a_runbook_with_all_its_parts_and_every_runbook_a_kind()
    {
        Assert.Equal(
            AlarmCatalogue.All.Select(k => "docs/" + k.Runbook).Order(StringComparer.Ordinal), Repository.Files("*.md").Where(f => f.StartsWith(Runbooks, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (var kind in AlarmCatalogue.All)
        {
            var text = Repository.Read("docs/" + kind.Runbook);
            Assert.StartsWith($"# `{kind.Name}`: ", text, StringComparison.Ordinal);
            foreach (var part in new[] { "## Look at\n- ", "## Do\n- ", "## Do not\n- ", "## Clears\n" }) Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_table_of_kinds_is_the_catalogue()
    {
        var rows = Row().Matches(Repository.Read("docs/operations/alarms.md")).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value)).ToArray();
        Assert.Equal(
            AlarmCatalogue.All.Select(k => (k.Name, k.ByLevel ? "by level" : k.Severity.ToString().ToLowerInvariant(), k.Title + (k.IsOfCluster ? " (one for the cluster)" : ""))), rows);
    }

    [Fact]
    public void Every_alarm_that_the_code_can_raise_has_a_kind_and_every_kind_is_raised()
    {
        var raised = Repository.Files("*.cs").Where(f => f.StartsWith("src/", StringComparison.Ordinal))
            .Where(f => Repository.Read(f).Contains("new Alarm(", StringComparison.Ordinal) || f.EndsWith("/NodeCredentials.cs", StringComparison.Ordinal))
            .SelectMany(f => Raised().Matches(Repository.Read(f)).Select(m => m.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);
        // By a constant, and by those who verify the trail.
        raised.UnionWith(["configuration", "clock", AlarmCatalogue.Flood, AlarmCatalogue.Notifier, "audit-chain", "audit-checkpoint", "audit-ship"]);
        Assert.Equal(AlarmCatalogue.All.Select(k => k.Name).Order(StringComparer.Ordinal), raised.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Commands_of_runbooks_exist()
    {
        foreach (var runbook in Repository.Files("*.md").Where(f => f.StartsWith(Runbooks, StringComparison.Ordinal)))
        {
            foreach (Match command in Command().Matches(Repository.Read(runbook)))
            {
                var words = command.Groups[1].Value.Split(' ');
                // approve|reject is both of them.
                foreach (var last in words.Length > 1 ? words[1].Split('|') : [])
                    Assert.DoesNotContain(CommandLine.Misunderstandings([words[0], last], CommandEnvironment.Process()), m => m.StartsWith("Unrecognized", StringComparison.Ordinal));
            }
        }
    }

    [GeneratedRegex(@"(?m)^\| \[`([a-z0-9-]+)(?::[A-Z]+)?`\]\(runbooks/[a-z0-9-]+\.md\) \| ([a-z ]+) \| (.*?) \| [^|]* \|$")]
    private static partial Regex Row();

    [GeneratedRegex("""(?:new Alarm\(|yield return \(|\bAdd\((?=\$))\s*\$?"([a-z][a-z0-9-]*)[:"]""")]
    private static partial Regex Raised();

    [GeneratedRegex("`milswitch ([^`]+)`")]
    private static partial Regex Command();
}
