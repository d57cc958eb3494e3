using System.Net;
using System.Text.Json;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using Microsoft.Extensions.DependencyInjection;

namespace MilSwitch.Host.Tests;

public sealed class AdminApiTests : IAsyncLifetime
{
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Theory]
    [Trait("Threat", "W2")]
    [InlineData("/api/v1/status")]
    [InlineData("/api/v1/openapi.json")]
    [InlineData("/api/v1/nothing")]
    public async Task Answers_nothing_without_a_token(string path)
    {
        foreach (var token in new[] { null, "", "CANARY-wrong-0123456789ab", TestNode.OperatorToken + "x" })
        {
            using var response = await node.SendAsync(HttpMethod.Get, path, token);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
            Assert.StartsWith("Bearer", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task A_viewer_sees_the_switch_but_no_mail_and_changes_nothing()
    {
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(HttpMethod.Get, "/api/v1/status", TestNode.ViewerToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await node.SendAsync(HttpMethod.Get, $"/api/v1/messages/{FakeOperatorActions.First}/raw", TestNode.ViewerToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await node.SendAsync(HttpMethod.Post, "/api/v1/config/apply", TestNode.ViewerToken, "{\"reason\":\"x\"}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await node.SendAsync(HttpMethod.Delete, "/api/v1/rules/1?reason=x", TestNode.ViewerToken)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/api/v1/queue?precedence=urgent", null, "precedence must be one of deferred, routine, priority, immediate, flash, override.")]
    [InlineData("GET", "/api/v1/queue?limit=0", null, "limit must be a number from 1 to 10000.")]
    [InlineData("GET", "/api/v1/queue?colour=red", null, "There is an unknown parameter; known are link, precedence, sender, recipient, state, olderThan, limit, after.")]
    [InlineData("GET", "/api/v1/messages/12", null, "The id is not 13 characters of base 32.")]
    [InlineData("GET", "/api/v1/route-test?address=x", null, "address is not a mail address.")]
    [InlineData("GET", "/api/v1/labels/catalogue?from=x&to=b@dest.test", null, "from is not a mail address.")]
    [InlineData("GET", "/api/v1/labels/catalogue?from=a@src.test&to=b@dest.test,x", null, "to is not a list of mail addresses, separated by commas.")]
    [InlineData("GET", "/api/v1/labels/catalogue?from=a@src.test&to=", null, "to must name from 1 to 100 recipients.")]
    [InlineData("POST", "/api/v1/messages/actions", "{", "The body is not what this operation takes, at $.")]
    [InlineData("POST", "/api/v1/messages/actions", "{\"verb\":\"burn\"}", "verb must be one of hold, release, try, requeue, reroute, return, delete, restore.")]
    [InlineData("POST", "/api/v1/messages/actions", "{\"verb\":\"hold\",\"ids\":[]}", "reason is missing.")]
    [InlineData("POST", "/api/v1/messages/actions", "{\"verb\":\"hold\",\"reason\":\"x\"}", "Give either ids or a filter.")]
    [InlineData("POST", "/api/v1/messages/actions", "{\"verb\":\"reroute\",\"reason\":\"x\",\"ids\":[]}", "link belongs to reroute, and reroute needs it.")]
    [InlineData("POST", "/api/v1/messages/actions", "{\"verb\":\"hold\",\"extra\":1}", "The body is not what this operation takes, at $.extra.")]
    [InlineData("POST", "/api/v1/rules", "{\"kind\":\"minimize\",\"scope\":\"node\",\"reason\":\"x\"}", "level belongs to minimize, and minimize needs it.")]
    [InlineData("POST", "/api/v1/rules", "{\"kind\":\"suspend\",\"scope\":\"all\",\"reason\":\"x\"}", "scope must be node, link:NAME, domain:NAME, sender:ADDRESS or recipient:ADDRESS.")]
    [InlineData("POST", "/api/v1/rules", "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\",\"expires\":\"2001-01-01T00:00:00Z\"}", "expires lies in the past.")]
    public async Task Explains_what_it_does_not_understand(string method, string path, string? body, string detail)
    {
        using var response = await node.SendAsync(new HttpMethod(method), path, TestNode.OperatorToken, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(detail, problem.RootElement.GetProperty("detail").GetString());
        Assert.Equal(400, problem.RootElement.GetProperty("status").GetInt32());
    }

    [Fact]
    [Trait("Feature", "H-18")]
    public async Task Lists_labels_towards_several_recipients()
    {
        using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/labels/catalogue?from=a@src.test&to=b@dest.test,%20c@dest.test", TestNode.ViewerToken);
        using var catalogue = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(["a@src.test", "b@dest.test", "c@dest.test"], node.Actions.LabelsAskedFor);
        Assert.Equal("ALFA SECRET", catalogue.RootElement.GetProperty("items")[0].GetProperty("marking").GetString());
    }

    [Fact]
    [Trait("Threat", "W3")]
    public async Task Never_shows_a_cause_from_inside()
    {
        node.Actions.Fails = true;
        using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/status", TestNode.OperatorToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain("inner cause", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("inner cause", node.Log.All, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Theory]
    [Trait("Threat", "F6")]
    [InlineData(SpoolHealth.Full, "the store is full")]
    [InlineData(SpoolHealth.Unwritable, "the store can't be written")]
    public async Task Names_the_store_that_takes_no_orders(SpoolHealth health, string reason)
    {
        node.Actions.Refuses = health;
        const string rule = "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}";
        using var response = await node.SendAsync(HttpMethod.Post, "/api/v1/rules", TestNode.OperatorToken, rule);
        Assert.Equal(HttpStatusCode.InsufficientStorage, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal($"Nothing was done: {reason}.", problem.RootElement.GetProperty("detail").GetString());
        foreach (var command in new[] { ["rule", "add", "suspend", "--scope", "node"], new[] { "message", "return", FakeOperatorActions.First.ToString() } })
        {
            var run = await node.RunAsync([.. command, "--reason", "x"]);
            Assert.Equal((1, true), (run.ExitCode, run.Error.Contains(reason, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("/api/v1/nothing", 404)]
    [InlineData("/api/v1/messages/0000000000000", 404)]
    [InlineData("/api/v1/links/other", 404)]
    public async Task Says_that_something_is_not_there(string path, int status)
    {
        using var response = await node.SendAsync(HttpMethod.Get, path, TestNode.OperatorToken);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Writes_words_in_lower_case_and_ids_as_text()
    {
        using var response = await node.SendAsync(HttpMethod.Get, $"/api/v1/messages/{FakeOperatorActions.First}", TestNode.OperatorToken);
        using var message = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var root = message.RootElement;
        Assert.Equal(FakeOperatorActions.First.ToString(), root.GetProperty("id").GetString());
        Assert.Equal("flash", root.GetProperty("precedence").GetString());
        Assert.Equal("seven-bit", root.GetProperty("body").GetString());
        Assert.Equal("success,failure", root.GetProperty("recipients")[0].GetProperty("notify").GetString());
        Assert.Equal("accepted", root.GetProperty("audit")[0].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Pages_by_cursor()
    {
        using var response = await node.SendAsync(HttpMethod.Get, $"/api/v1/queue?limit=1&olderThan=2h&after={FakeOperatorActions.Second}", TestNode.OperatorToken);
        using var page = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(FakeOperatorActions.First.ToString(), page.RootElement.GetProperty("next").GetString());
        Assert.Equal(new QueueFilter { Limit = 1, OlderThan = TimeSpan.FromHours(2), After = FakeOperatorActions.Second }, node.Actions.Filters[^1]);
    }

    [Fact]
    public async Task Names_who_acted()
    {
        var body = $"{{\"verb\":\"hold\",\"ids\":[\"{FakeOperatorActions.First}\"],\"reason\":\"x\"}}";
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(HttpMethod.Post, "/api/v1/messages/actions", TestNode.OperatorToken, body)).StatusCode);
        Assert.Equal(new OperatorIdentity("ops", "127.0.0.1") { Roles = OperatorRoles.All }, node.Actions.Acts[^1].Who);
        Assert.Equal(0, (await node.RunAsync("message", "hold", FakeOperatorActions.First.ToString(), "--reason", "x")).ExitCode);
        Assert.Equal("socket", node.Actions.Acts[^1].Who.Via);
        Assert.Matches("^local:[0-9]+$", node.Actions.Acts[^1].Who.Name);
    }

    [Fact]
    public async Task Describes_every_operation()
    {
        using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/openapi.json", TestNode.OperatorToken);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToArray();
        foreach (var path in new[] { "version", "status", "queue", "queue/shape", "messages/{id}", "messages/{id}/raw", "messages/actions", "track", "links", "links/{name}", "links/{name}/try", "rules", "rules/{id}", "route-test", "config/apply" })
            Assert.Contains("/api/v1/" + path, paths);
    }

    [Fact]
    [Trait("Threat", "F30")]
    public async Task A_bad_configuration_changes_nothing_and_raises_an_alarm()
    {
        var before = node.Control.Current;
        var holder = node.Services.GetRequiredService<ConfigurationHolder>();
        node.Files.Write("milswitch.yaml", TestNode.Text("loops: { maximum-hops: 0 }\nreports: { from: x }"));
        using var response = await node.SendAsync(HttpMethod.Post, "/api/v1/config/apply", TestNode.OperatorToken, "{\"reason\":\"x\"}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(2, problem.RootElement.GetProperty("problems").GetArrayLength());
        Assert.Same(before, node.Control.Current);
        Assert.Contains("loops.maximum-hops", Assert.Single(holder.Alarms).Text, StringComparison.Ordinal);
        Assert.Equal(1, (await node.RunAsync("status")).ExitCode);
        node.Actions.Alarms = ["link down: north"];
        using var metrics = await node.SendAsync(HttpMethod.Get, "/metrics", null, origin: node.Metrics);
        Assert.Contains("milswitch_alarms 2\n", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var (kind, detail, who) = Assert.Single(node.Control.Recorded);
        Assert.Equal((AuditKind.ConfigurationRejected, "ops"), (kind, who));
        Assert.Contains("loops.maximum-hops", detail, StringComparison.Ordinal);
        Assert.EndsWith(" and 1 more: x", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_good_configuration_is_recorded_with_the_person_who_applied_it()
    {
        foreach (var without in new[] { "{}", "{\"reason\":\" \"}", $"{{\"reason\":\"{new string('x', 1001)}\"}}" })
        {
            using var refused = await node.SendAsync(HttpMethod.Post, "/api/v1/config/apply", TestNode.OperatorToken, without);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        Assert.Empty(node.Control.Recorded);
        using var response = await node.SendAsync(HttpMethod.Post, "/api/v1/config/apply", TestNode.OperatorToken, "{\"reason\":\"bravo moved\"}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((AuditKind.ConfigurationApplied, Path.Combine(node.Files.Folder, "milswitch.yaml") + ": bravo moved", "ops"), Assert.Single(node.Control.Recorded));
    }

    [Fact]
    [Trait("Threat", "K4")]
    public async Task Secrets_never_reach_log_or_output()
    {
        await node.SendAsync(HttpMethod.Get, "/api/v1/status", TestNode.OperatorToken);
        await node.SendAsync(HttpMethod.Get, "/api/v1/status", "CANARY-wrong-0123456789ab");
        var status = await node.RunAsync("status", "--node", node.Admin, "--token-file", Path.Combine(node.Files.Folder, "wrong.token"));
        var check = await CommandRun.OfAsync(["config", "check", "--config", Path.Combine(node.Files.Folder, "milswitch.yaml"), "--json"]);
        node.Files.Write("milswitch.yaml", TestNode.Text("accounts: [{ name: a, password: CANARY }]"));
        var apply = await node.RunAsync("config", "apply", "--reason", "test");
        Assert.Equal((4, 0, 1), (status.ExitCode, check.ExitCode, apply.ExitCode));
        Assert.DoesNotContain("CANARY", node.Log.All + status + check + apply, StringComparison.Ordinal);
    }
}
