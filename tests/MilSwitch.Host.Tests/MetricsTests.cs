using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>What a node really shows to Prometheus, held against Prometheus' own judge, the reference, the rules and the dashboards.</summary>
[Collection("meters")]
public sealed partial class MetricsTests : IAsyncLifetime
{
    private static readonly string Deploy = Path.Combine(ConfigurationFiles.Repository, "deploy");

    private LiveNode node = null!;
    private string page = "";

    public async Task InitializeAsync()
    {
        node = await LiveNode.StartAsync();
        await node.PassAsync();
        Assert.Equal(0, (await node.RunAsync("status")).ExitCode);
        page = await node.ScrapeAsync();
    }

    public async Task DisposeAsync() => await node.DisposeAsync();

    [RequiresFact("promtool")]
    public async Task Promtool_finds_nothing_wrong_with_a_live_scrape()
    {
        var check = await RunAsync("promtool", page, "check", "metrics");
        Assert.True(check.ExitCode is 0, check.Output + check.Error);
        // Meters are of the process, in which other nodes may run just now.
        Assert.Contains("milswitch_accepted_total{precedence=\"routine\"} ", page, StringComparison.Ordinal);
        Assert.Contains($"milswitch_smtp_client_transactions_total{{link=\"{node.Link}\",end=\"answered\"}} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_api_requests_total{operation=\"status\",status=\"200\"} ", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_cluster_nodes{state=\"up\"} 1\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reference_lists_what_a_scrape_shows_and_nothing_else()
    {
        var reference = await File.ReadAllTextAsync(Path.Combine(ConfigurationFiles.Repository, "docs/reference/metrics.md"));
        var listed = Row().Matches(reference).Select(m => m.Groups[1].Value).ToArray();
        Assert.Equal(listed.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.Equal(Shown().Where(n => n.StartsWith("milswitch_", StringComparison.Ordinal)), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rules_and_dashboards_ask_only_for_what_a_scrape_shows()
    {
        var shown = Shown().Append("up").ToHashSet(StringComparer.Ordinal);
        var expressions = YamlLookup.Documents(await File.ReadAllTextAsync(Path.Combine(Deploy, "prometheus/milswitch.rules.yaml"))).Single()
            .Items("groups").SelectMany(g => g.Items("rules")).Select(r => r.Text("expr")!).ToList();
        foreach (var file in Directory.GetFiles(Path.Combine(Deploy, "grafana"), "*.json"))
        {
            using var board = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            expressions.AddRange(board.RootElement.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!));
            expressions.AddRange(board.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Select(v => v.GetProperty("query").GetProperty("query").GetString()!));
        }

        Assert.True(expressions.Count > 40, $"only {expressions.Count} expressions were found");
        foreach (var expression in expressions)
        {
            var names = Name().Matches(Selector().Replace(expression, "")).Select(m => m.Value).ToArray();
            Assert.NotEmpty(names);
            Assert.All(names, n => Assert.True(shown.Contains(n) || shown.Contains(Series().Replace(n, "")), $"{n} of {expression} is in no scrape"));
        }
    }

    [RequiresFact("promtool")]
    public async Task Every_rule_fires_when_it_must_and_only_then()
    {
        var file = Path.Combine(Deploy, "prometheus/milswitch.tests.yaml");
        var check = await RunAsync("promtool", "", "test", "rules", file);
        Assert.True(check.ExitCode is 0, check.Output + check.Error);
        var tests = YamlLookup.Documents(await File.ReadAllTextAsync(file)).Single().Items("tests").SelectMany(t => t.Items("alert_rule_test")).ToArray();
        foreach (var rule in YamlLookup.Documents(await File.ReadAllTextAsync(Path.Combine(Deploy, "prometheus/milswitch.rules.yaml"))).Single().Items("groups").SelectMany(g => g.Items("rules")))
        {
            var name = rule.Text("alert");
            Assert.Contains(tests, t => t.Text("alertname") == name && t.Find("exp_alerts") is YamlDotNet.RepresentationModel.YamlSequenceNode { Children.Count: > 0 });
            Assert.Contains(tests, t => t.Text("alertname") == name && t.Find("exp_alerts") is YamlDotNet.RepresentationModel.YamlSequenceNode { Children.Count: 0 });
        }
    }

    private string[] Shown() => [.. Help().Matches(page).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)];

    private static async Task<CommandRun> RunAsync(string program, string input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Requirement.Find(program)!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return new CommandRun(process.ExitCode, await output, await error);
    }

    [GeneratedRegex(@"(?m)^\| `(milswitch_[a-z_]+)` \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"(?m)^# HELP (\w+) ")]
    private static partial Regex Help();

    // Labels, durations and words of PromQL are no metrics.
    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)|,\s*instance\)")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(?:up\b|(?:milswitch|process|dotnet)_[a-z_]+)")]
    private static partial Regex Name();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex Series();
}
