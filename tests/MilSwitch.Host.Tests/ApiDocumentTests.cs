using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Host.Commands;

namespace MilSwitch.Host.Tests;

/// <summary>Routes, OpenAPI document, command line and reference page are one interface.</summary>
public sealed partial class ApiDocumentTests : IAsyncLifetime
{
    /// <summary>Commands that speak to no node.</summary>
    private static readonly string[] Local =
    [
        "acp127 check", "acp127 from-mail", "acp127 to-mail", "cert import", "cert request", "cert show", "completion", "config check", "config verifier", "demo run", "demo send", "inspect", "key generate", "key list", "key show",
        "label check", "label decode", "label encode", "label marking", "label permits", "label policy", "label translate", "mtqp track", "path", "profile check", "profile explain", "profile simulate", "proxy verify", "run", "sendmail",
        "smime decrypt", "smime encrypt", "smime receipt", "smime sign", "smime wrap",
    ];

    private static readonly string[] Methods = ["get", "post", "put", "delete"];

    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task The_document_has_every_route_and_no_other()
    {
        var routes = node.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(m => $"{m.ToLowerInvariant()} {e.RoutePattern.RawText}"))
            .Where(r => !r.EndsWith("/openapi.json", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        Assert.True(routes.Count > 20, $"only {routes.Count} routes were found");
        Assert.Equal(routes.Order(StringComparer.Ordinal), (await OperationsAsync()).Select(o => $"{o.Method} {o.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_document_is_OpenAPI_3_1_and_says_who_may_ask()
    {
        using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/openapi.json", TestNode.OperatorToken);
        var root = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.StartsWith("3.1.", root.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal("bearer", root.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").GetProperty("scheme").GetString());
        Assert.Equal("bearer", Assert.Single(root.GetProperty("security")[0].EnumerateObject()).Name);
        foreach (Match reference in Reference().Matches(root.GetRawText()))
            Assert.True(root.GetProperty("components").GetProperty("schemas").TryGetProperty(reference.Groups[1].Value, out _), reference.Value);
    }

    [Fact]
    public async Task The_document_names_the_headers_and_what_they_lead_to()
    {
        foreach (var o in await OperationsAsync())
        {
            Assert.True(o.Method != "post" || o.Parameters.Contains("header Idempotency-Key") && o.Statuses.IsSupersetOf(["409", "422"]), o.Id);
            Assert.True(o.Method is not ("put" or "delete") || o.Parameters.Contains("header If-Match") && o.Statuses.Contains("412"), o.Id);
            Assert.True(o.Parameters.Contains("header If-None-Match") == o.Statuses.Contains("304"), o.Id);
            Assert.True(o.Statuses.IsSupersetOf(["401", "403"]), o.Id);
        }

        var events = (await OperationsAsync()).Single(o => o.Id == "events");
        Assert.Superset(new HashSet<string>(["header Last-Event-ID", "query topics"]), events.Parameters);
        Assert.Contains("text/event-stream", events.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_document_has_every_query_parameter_that_is_read()
    {
        foreach (var o in (await OperationsAsync()).Where(o => o is { Method: "get", Id: not ("version" or "status" or "events") } && !o.Path.Contains('{', StringComparison.Ordinal)))
        {
            using var response = await node.SendAsync(HttpMethod.Get, $"{o.Path}?unknown=1", TestNode.OperatorToken);
            if ((int)response.StatusCode != 400) continue;
            var detail = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString()!;
            var known = detail["There is an unknown parameter; known are ".Length..].TrimEnd('.').Split(", ").Select(p => "query " + p).ToHashSet(StringComparer.Ordinal);
            Assert.Equal(known.Order(StringComparer.Ordinal), o.Parameters.Where(p => p.StartsWith("query ", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Every_command_is_an_operation_and_every_operation_a_command()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(ConfigurationFiles.Repository, "docs/reference/api.md"));
        var operations = (await OperationsAsync()).ToDictionary(o => o.Id, o => o, StringComparer.Ordinal);
        var reached = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (verb, examples) in CommandLine.Verbs(CommandEnvironment.Process()).Where(v => !Local.Contains(v.Key)))
        {
            var asked = await OperationsOfAsync(verb, examples);
            Assert.True(asked.Length > 0, $"{verb} asks for nothing");
            foreach (var name in asked)
            {
                Assert.True(operations.ContainsKey(name), $"{verb} asks for {name}");
                reached.Add(name);
                Assert.Matches(new Regex($@"(?m)^\| `{name}` \|.*`{verb}`", RegexOptions.None, TimeSpan.FromSeconds(5)), page);
            }
        }

        Assert.Equal(operations.Keys.Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_command_has_help_with_an_example_and_prints_json_when_it_speaks_to_a_node()
    {
        foreach (var (verb, examples) in CommandLine.Verbs(CommandEnvironment.Process()))
        {
            Assert.True(examples.Length > 0, $"{verb} has no example");
            Assert.All(examples, e => Assert.StartsWith("milswitch " + verb, e.Split(" | ").First(p => p.Contains(verb, StringComparison.Ordinal)).Trim(), StringComparison.Ordinal));
            var help = await node.RunAsync([.. verb.Split(' '), "--help"]);
            Assert.Equal(0, help.ExitCode);
            Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
            // The octets of a message are what they are.
            if (!Local.Contains(verb) && verb != "message raw") Assert.Contains("--json", help.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_command_that_prints_what_it_found_prints_json()
    {
        // What they write is a message, a label, a secret's digest or a script itself, or they run.
        string[] others = ["completion", "config verifier", "demo run", "demo send", "label encode", "run", "sendmail", "smime decrypt", "smime encrypt", "smime receipt", "smime sign", "smime wrap"];
        var without = new List<string>();
        foreach (var verb in CommandLine.Verbs(CommandEnvironment.Process()).Keys)
        {
            if (!(await node.RunAsync([.. verb.Split(' '), "--help"])).Output.Contains("--json", StringComparison.Ordinal)) without.Add(verb);
        }

        Assert.Equal(others, without);
    }

    [Fact]
    [Trait("Threat", "F6")]
    public async Task Every_order_that_the_store_must_keep_says_that_it_may_refuse() => Assert.Equal(
        [
            "acknowledgeAlarm", "act", "addAccount", "addRule", "allowHarvested", "approve", "approveProposal", "assign", "backUpStore", "content", "correct", "endSession", "exportAudit", "exportCustody", "forbidHarvested", "lockAccount", "onward", "raw", "reject", "rejectDraft", "rejectProposal", "releaseDraft", "removeAccount", "removeRule",
            "replaceRule", "setPassword", "setRoles", "shelveAlarm", "submit", "switchPlan", "testNotifier", "tryLink", "unlockAccount", "unshelveAlarm", "verifyAudit", "writeWatchLog",
        ],
        (await OperationsAsync()).Where(o => o.Statuses.Contains("507")).Select(o => o.Id).Order(StringComparer.Ordinal));

    [Fact]
    public async Task The_reference_page_agrees_with_the_document()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(ConfigurationFiles.Repository, "docs/reference/api.md"));
        var operations = await OperationsAsync();
        foreach (var o in operations)
        {
            var row = Regex.Match(page, $@"(?m)^\| `{o.Id}` \| `([A-Z]+) ([^`]+)` \|.*$", RegexOptions.None, TimeSpan.FromSeconds(5));
            Assert.True(row.Success, $"{o.Id} has no row");
            Assert.Equal((o.Method.ToUpperInvariant(), o.Path["/api/v1".Length..]), (row.Groups[1].Value, row.Groups[2].Value));
            foreach (var parameter in o.Parameters.Where(p => p.StartsWith("query ", StringComparison.Ordinal)).Select(p => p[6..]))
                Assert.True(row.Value.Contains($"`{parameter}`", StringComparison.Ordinal), $"{o.Id}: {parameter} is missing");
            Assert.Equal(o.Statuses.Contains("304"), row.Value.Contains("tagged", StringComparison.Ordinal));
            Assert.Equal(o.Statuses.Contains("412"), row.Value.Contains("guarded", StringComparison.Ordinal));
        }

        Assert.Equal(operations.Count, Row().Count(page));
    }

    private async Task<string[]> OperationsOfAsync(string verb, string[] examples)
    {
        // What the example names has to be there.
        node.Actions.Rules.Clear();
        node.Actions.Rules.Add(new Domain.Operations.OperatorRule { Id = "4f1c09aa", Kind = Domain.Operations.RuleKind.Suspend, Scope = "node", Reason = "x" });
        node.Alarms.Records.Clear();
        node.Alarms.Records.Add(Domain.Alarms.AlarmRecord.Observe(null, "n1", "link:north", new Domain.Operations.Alarm("link:north", "link down", FakeOperatorActions.Start), new Domain.Alarms.AlarmChatter(), FakeOperatorActions.Start)!);
        node.Requests.Operations.Clear();
        var line = examples[0].Split(" | ").First(p => p.Contains(verb, StringComparison.Ordinal)).Split(" > ")[0].Split(" < ")[0];
        string[] arguments = [.. Word().Matches(line).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Value).Skip(1).Select(a => a switch { "0000G40000040" => FakeOperatorActions.First.ToString(), "evidence/" => Path.Combine(node.Files.Folder, "evidence"), "support.tar.gz" => Path.Combine(node.Files.Folder, "support.tar.gz"), "secret.b64" => node.Files.Write("secret.b64", "YSBzZWNyZXQ=\n", secret: true), _ => a })];
        if (verb == "events") arguments = [.. arguments, "--after", "1-1", "--count", "1"];
        var run = await node.RunAsync(examples[0].EndsWith(" < password", StringComparison.Ordinal) ? "correct horse battery\n" : "", false, arguments);
        // This node has neither a boundary of that name nor such a certificate, proposal or version, nothing was recorded yet, and there is no store.
        Assert.True(run.ExitCode is 0 or 1 || (verb is "proxy zone" or "harvest allow" or "harvest forbid" or "proposal approve" or "proposal reject" or "trace show" or "config diff" && run.ExitCode is ExitCodes.NotFound) || (verb is "db check" && run.ExitCode is ExitCodes.Unreachable) || (verb is "db backup" && run.ExitCode is ExitCodes.Conflict), $"{verb}: {run}");
        // The answer is remembered after it went out.
        await Testing.Eventually.ComesTrueAsync(() => Task.FromResult(!node.Requests.Operations.IsEmpty), TimeSpan.FromSeconds(20), $"{verb} asks for something");
        return [.. node.Requests.Operations.Distinct(StringComparer.Ordinal)];
    }

    private async Task<List<Operation>> OperationsAsync()
    {
        using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/openapi.json", TestNode.OperatorToken);
        var root = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        return
        [
            .. root.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Where(m => Methods.Contains(m.Name)).Select(m => new Operation(
                m.Name, p.Name, m.Value.GetProperty("operationId").GetString()!,
                m.Value.TryGetProperty("parameters", out var parameters)
                    ? [.. parameters.EnumerateArray().Select(q => $"{q.GetProperty("in").GetString()} {q.GetProperty("name").GetString()}")]
                    : [],
                [.. m.Value.GetProperty("responses").EnumerateObject().Select(r => r.Name)], m.Value.GetRawText()))),
        ];
    }

    private sealed record Operation(string Method, string Path, string Id, HashSet<string> Parameters, HashSet<string> Statuses, string Text);

    [GeneratedRegex("#/components/schemas/([^\"]+)")]
    private static partial Regex Reference();

    [GeneratedRegex(@"(?m)^\| `\w+` \| `[A-Z]+ /")]
    private static partial Regex Row();

    [GeneratedRegex(@"'([^']*)'|\S+")]
    private static partial Regex Word();
}
