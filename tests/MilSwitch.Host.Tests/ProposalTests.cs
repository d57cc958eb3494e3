using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>What needs two persons, and what was confirmed.</summary>
[Trait("Threat", "W2")]
public sealed class ProposalTests : IAsyncLifetime
{
    private const string Second = "CANARY-second-0123456789abcd";
    private const string Keeper = "CANARY-keeper-0123456789abcd";
    private const string Delete = "{\"verb\":\"delete\",\"filter\":{},\"expected\":2,\"reason\":\"spam\"}";

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly ISpool spool = FakeSpool.Create(SpoolHealth.Ready);
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Another_person_has_done_exactly_what_was_proposed()
    {
        var id = await ProposeAsync("/messages/actions", Delete);
        Assert.Empty(node.Actions.Acts);
        Assert.Equal(403, await ApproveAsync(TestNode.OperatorToken, id));
        Assert.Equal(403, await ApproveAsync(Keeper, id));
        Assert.Equal(403, await ApproveAsync(TestNode.ViewerToken, id));
        Assert.Empty(node.Actions.Acts);
        Assert.Equal(200, await ApproveAsync(Second, id));
        var (act, who) = Assert.Single(node.Actions.Acts);
        Assert.Equal((MessageVerb.Delete, "spam", null), (act.Verb, act.Reason, act.Filter));
        Assert.Equal<MessageId>([FakeOperatorActions.First, FakeOperatorActions.Second], act.Ids);
        Assert.Equal("ops, second", who.Name);
        Assert.Equal(409, await ApproveAsync(Second, id));
        Assert.Single(node.Actions.Acts);
        Assert.Equal(
            [(AuditKind.Proposed, "ops"), (AuditKind.ProposalApproved, "second")],
            node.Control.Recorded.Where(r => r.Detail.StartsWith(id, StringComparison.Ordinal)).Select(r => (r.Kind, r.Who!)));
        Assert.Contains("2 done, 0 failed", (await node.RunAsync("proposal", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_done_once_though_many_approve_on_two_nodes()
    {
        await using var other = await StartAsync();
        var id = await ProposeAsync("/messages/actions", Delete);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var response = await (i % 2 is 0 ? node : other).SendAsync(HttpMethod.Post, $"/api/v1/proposals/{id}/approve", Second, "{\"reason\":\"yes\"}");
            return (int)response.StatusCode;
        }));
        Assert.Equal(1, answers.Count(a => a == 200));
        Assert.Equal(7, answers.Count(a => a == 409));
        Assert.Equal(1, node.Actions.Acts.Count + other.Actions.Acts.Count);
    }

    [Fact]
    public async Task Nobody_approves_what_is_too_old_or_was_rejected()
    {
        var (old, rejected) = (await ProposeAsync("/messages/actions", Delete), await ProposeAsync("/messages/actions", Delete));
        // Whoever made it may take it back.
        Assert.Equal(200, await DecideAsync(TestNode.OperatorToken, rejected, "reject"));
        Assert.Equal(409, await ApproveAsync(Second, rejected));
        time.Advance(TimeSpan.FromMinutes(60));
        Assert.Equal(409, await ApproveAsync(Second, old));
        Assert.Equal(404, await ApproveAsync(Second, "0123456789ab"));
        Assert.Empty(node.Actions.Acts);
        var list = (await node.RunAsync("proposal", "list")).Output;
        Assert.Contains("expired", list, StringComparison.Ordinal);
        Assert.Contains("rejected", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_changed_in_the_store_is_not_done()
    {
        var id = await ProposeAsync("/messages/actions", Delete);
        var json = (await spool.ReadDocumentAsync("proposal", id))!;
        await spool.PutDocumentAsync("proposal", id, json.Replace(FakeOperatorActions.Second.ToString(), MessageId.Create(1, 3, 3).ToString(), StringComparison.Ordinal));
        Assert.Equal(409, await ApproveAsync(Second, id));
        Assert.Empty(node.Actions.Acts);
    }

    [Fact]
    public async Task A_MINIMIZE_is_proposed_changed_and_ended_by_two()
    {
        const string order = "{\"kind\":\"minimize\",\"scope\":\"node\",\"level\":\"immediate\",\"reason\":\"x\"}";
        Assert.Equal(200, await ApproveAsync(Second, await ProposeAsync("/rules", order)));
        Assert.Equal("node", Assert.Single(node.Actions.Rules).Scope);
        var end = await node.RunAsync("minimize", "cancel", "1", "--reason", "over");
        Assert.Equal(5, end.ExitCode);
        var id = (await node.RunAsync("proposal", "list", "--json")).Output;
        id = JsonDocument.Parse(id).RootElement.GetProperty("items").EnumerateArray().Single(p => p.GetProperty("state").GetString() == "open").GetProperty("id").GetString()!;
        Assert.Contains(id, end.Error, StringComparison.Ordinal);
        // It is another one by the time that somebody approves.
        node.Actions.Rules[0] = node.Actions.Rules[0] with { Reason = "y" };
        Assert.Equal(422, await ApproveAsync(Second, id));
        Assert.Single(node.Actions.Rules);
        // Suspending needs one person, as before.
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(HttpMethod.Post, "/api/v1/rules", TestNode.OperatorToken, "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}")).StatusCode);
    }

    [Fact]
    public async Task A_configuration_is_applied_as_it_was_proposed_or_not_at_all()
    {
        var tag = node.Services.GetRequiredService<INodeActions>().Settings.Tag;
        var id = await ProposeAsync("/config/apply", "{\"reason\":\"bravo moved\"}");
        var file = node.Services.GetRequiredService<INodeActions>().Settings.File;
        var text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text + "\n# more\n");
        Assert.Equal(422, await ApproveAsync(Second, id));
        Assert.Equal(tag, node.Services.GetRequiredService<INodeActions>().Settings.Tag);
        id = await ProposeAsync("/config/apply", "{\"reason\":\"bravo moved\"}");
        Assert.Equal(200, await ApproveAsync(Second, id));
        Assert.NotEqual(tag, node.Services.GetRequiredService<INodeActions>().Settings.Tag);
        var (_, detail, who) = Assert.Single(node.Control.Recorded, r => r.Kind is AuditKind.ConfigurationApplied);
        Assert.Equal((file + ": bravo moved", "ops, second"), (detail, who));
    }

    [Fact]
    public async Task Accounts_are_made_changed_and_removed_by_two()
    {
        const string account = "{\"name\":\"anna\",\"password\":\"correct horse battery\",\"roles\":[\"viewer\"],\"reason\":\"first watch\"}";
        var id = await ProposeAsync("/accounts", account);
        Assert.Null(await spool.ReadDocumentAsync("account", "anna"));
        // Proposals are for many to read: neither the password nor its hash is in them, and the hash that is approved is the one that was proposed.
        var stored = (await spool.ReadDocumentAsync("proposal", id))!;
        var waiting = Assert.Single(await spool.ListDocumentsAsync("account-waiting"));
        var hash = JsonDocument.Parse(waiting.Json).RootElement.GetProperty("password").GetString()!;
        Assert.DoesNotContain("horse", stored, StringComparison.Ordinal);
        Assert.DoesNotContain(hash, stored, StringComparison.Ordinal);
        await spool.PutDocumentAsync("account-waiting", waiting.Id, waiting.Json.Replace("\"password\":\"", "\"password\":\"x", StringComparison.Ordinal));
        Assert.Equal(422, await ApproveAsync(Second, id));
        Assert.Null(await spool.ReadDocumentAsync("account", "anna"));
        id = await ProposeAsync("/accounts", account);
        Assert.Equal(403, await ApproveAsync(Keeper, id));
        Assert.Equal(403, await ApproveAsync(TestNode.OperatorToken, id));
        Assert.Equal(200, await ApproveAsync(Second, id));
        Assert.Equal("ops, second", JsonDocument.Parse((await spool.ReadDocumentAsync("account", "anna"))!).RootElement.GetProperty("createdBy").GetString());
        foreach (var (path, body, expected) in new[]
        {
            ("roles", "{\"roles\":[\"supervisor\"],\"reason\":\"x\"}", "supervisor"), ("password", "{\"password\":\"another one of hers\",\"reason\":\"x\"}", "supervisor"),
            ("lock", "{\"reason\":\"x\"}", "\"locked\":true"), ("unlock", "{\"reason\":\"x\"}", "\"locked\":false"),
        })
        {
            var before = await spool.ReadDocumentAsync("account", "anna");
            id = await ProposeAsync("/accounts/anna/" + path, body);
            Assert.Equal(before, await spool.ReadDocumentAsync("account", "anna"));
            Assert.Equal(200, await ApproveAsync(Second, id));
            var after = (await spool.ReadDocumentAsync("account", "anna"))!;
            Assert.NotEqual(before, after);
            Assert.Contains(expected, after, StringComparison.Ordinal);
        }

        Assert.Equal(200, await ApproveAsync(Second, await ProposeAsync("/accounts/anna/remove", "{\"reason\":\"x\"}")));
        Assert.Null(await spool.ReadDocumentAsync("account", "anna"));
        Assert.Equal(404, await PostAsync("/accounts/anna/lock", "{\"reason\":\"x\"}"));
        // What nobody decided about does not stay.
        await ProposeAsync("/accounts", account);
        time.Advance(TimeSpan.FromHours(3));
        await ProposeAsync("/accounts", account);
        Assert.Single(await spool.ListDocumentsAsync("account-waiting"));
    }

    [Fact]
    public async Task More_messages_than_were_confirmed_are_left_alone()
    {
        Assert.Equal(409, await PostAsync("/messages/actions", Delete.Replace("delete", "hold", StringComparison.Ordinal).Replace(":2", ":1", StringComparison.Ordinal)));
        Assert.Equal(400, await PostAsync("/messages/actions", "{\"verb\":\"hold\",\"filter\":{},\"reason\":\"x\"}"));
        Assert.Empty(node.Actions.Acts);
        Assert.Equal(200, await PostAsync("/messages/actions", Delete.Replace("delete", "hold", StringComparison.Ordinal)));
        Assert.Equal(2, Assert.Single(node.Actions.Acts).Act.Ids.Length);
    }

    private Task<TestNode> StartAsync() => TestNode.StartAsync(time, spool, files =>
    {
        files.Write("second.token", Second + "\n", secret: true);
        files.Write("keeper.token", Keeper + "\n", secret: true);
        return "";
    }, change: text => text.Replace("  tokens:\n", "  two-person: [delete, minimize, config, account]\n  tokens:\n    - { name: second, roles: [supervisor, administrator], token: { file: second.token } }\n    - { name: keeper, role: watch-keeper, token: { file: keeper.token } }\n", StringComparison.Ordinal));

    private async Task<string> ProposeAsync(string path, string? body)
    {
        using var response = await node.SendAsync(HttpMethod.Post, "/api/v1" + path, TestNode.OperatorToken, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
    }

    private async Task<int> PostAsync(string path, string body)
    {
        using var response = await node.SendAsync(HttpMethod.Post, "/api/v1" + path, TestNode.OperatorToken, body);
        return (int)response.StatusCode;
    }

    private Task<int> ApproveAsync(string token, string id) => DecideAsync(token, id, "approve");

    private async Task<int> DecideAsync(string token, string id, string verb)
    {
        using var response = await node.SendAsync(HttpMethod.Post, $"/api/v1/proposals/{id}/{verb}", token, "{\"reason\":\"seen\"}");
        return (int)response.StatusCode;
    }
}
