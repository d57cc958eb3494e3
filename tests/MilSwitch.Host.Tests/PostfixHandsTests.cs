using System.Text.RegularExpressions;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Tests;

/// <summary>What the page promises to those who come from Postfix is run, line by line.</summary>
public sealed partial class PostfixHandsTests
{
    [Fact]
    public async Task Every_command_of_the_table_does_something()
    {
        await using var node = await TestNode.StartAsync();
        var page = await File.ReadAllTextAsync(Path.Combine(ConfigurationFiles.Repository, "docs/operations/postfix-hands.md"));
        var rows = page.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Replace("\\|", "", StringComparison.Ordinal).Split(" | ")[1]).ToArray();
        Assert.True(rows.Length > 25, $"only {rows.Length} rows were found");
        foreach (var command in rows.SelectMany(r => Command().Matches(r)).Select(m => m.Groups[1].Value))
        {
            string[] arguments = [.. Word().Matches(command).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Value).Select(a => a switch
            {
                "0000G40000040" => FakeOperatorActions.First.ToString(), "config/relay.yaml" => Path.Combine(ConfigurationFiles.Repository, a), _ => a,
            })];
            var run = await node.RunAsync(arguments);
            Assert.True(run.ExitCode is 0 || (arguments is ["status", ..] && run.ExitCode is 1), $"{command}: {run}");
        }
    }

    [Fact]
    public async Task Mailq_prints_what_monitoring_programs_read()
    {
        await using var node = await LiveNode.StartAsync(nextHop: "127.0.0.1:9");
        Assert.Equal("Mail queue is empty\n", (await node.RunAsync("mailq")).Output);
        var id = await node.SendAsync();
        var run = await node.RunAsync("mailq");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches($@"(?s)\A-Queue ID-.*^{id}. +\d+ \w{{3}} \w{{3}} \d\d [\d:]{{8}} ops@alpha\.test$.*^ +duty@bravo\.test$.*^-- 1 Kbytes in 1 Request\.\n\z".Replace("(?s)", "(?sm)", StringComparison.Ordinal), run.Output);

        Assert.Equal(0, (await node.RunAsync("db", "info")).ExitCode);
        run = await node.RunAsync("db", "check", "--json");
        Assert.True(run.ExitCode is 0, run.ToString());
        using var report = System.Text.Json.JsonDocument.Parse(run.Output);
        Assert.Equal((1, 0), (report.RootElement.GetProperty("read").GetInt32(), report.RootElement.GetProperty("damaged").GetArrayLength()));
        Assert.Contains("1 read, 0 damaged", run.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex("`milswitch ([^`]*)`")]
    private static partial Regex Command();

    [GeneratedRegex(@"'([^']*)'|\S+")]
    private static partial Regex Word();
}
