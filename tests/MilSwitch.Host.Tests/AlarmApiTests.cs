using System.Text.Json;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Tests;

/// <summary>Alarms through the API and the command line.</summary>
public sealed class AlarmApiTests : IAsyncLifetime
{
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Shows_what_stands_and_what_is_known_of_it()
    {
        node.Alarms.Records.Add(Raised("link:north/2"));
        var run = await node.RunAsync("alarm", "list", "--json");
        Assert.Equal(1, run.ExitCode);
        var item = JsonDocument.Parse(run.Output).RootElement.GetProperty("items")[0];
        Assert.Equal(
            ("link:north/2", "n1", "link", "high", "unacknowledged", "operations/runbooks/link.md"),
            (Of("id"), Of("node"), Of("kind"), Of("severity"), Of("state"), Of("runbook")));
        Assert.Contains("high", (await node.RunAsync("alarm", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await node.RunAsync("alarm", "list", "--show", "nonsense")).ExitCode);

        string? Of(string name) => item.GetProperty(name).GetString();
    }

    [Fact]
    public async Task People_acknowledge_and_put_aside_and_take_back()
    {
        node.Alarms.Records.Add(Raised("link:north/2"));
        Assert.Equal(0, (await node.RunAsync("alarm", "ack", "link:north/2", "--note", "on it", "--on", "n1", "--similar")).ExitCode);
        var shelved = await node.RunAsync("alarm", "shelve", "link:north/2", "--for", "2h", "--reason", "works");
        Assert.Contains("shelved until", shelved.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await node.RunAsync("alarm", "unshelve", "link:north/2", "--reason", "done")).ExitCode);
        Assert.Collection(
            node.Alarms.Ordered,
            o => Assert.StartsWith($"acknowledge {new AlarmChoice("link:north/2", "n1", true)} on it local:", o, StringComparison.Ordinal),
            o => Assert.StartsWith($"shelve {new AlarmChoice("link:north/2")} 02:00:00 works local:", o, StringComparison.Ordinal),
            o => Assert.StartsWith($"unshelve {new AlarmChoice("link:north/2")} done local:", o, StringComparison.Ordinal));
        var history = await node.RunAsync("alarm", "history", "link:north/2");
        Assert.Contains("acknowledged", history.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/alarms/link:a/shelve", """{"reason":"x","for":"25h"}""", 400)]
    [InlineData("/alarms/link:a/shelve", """{"for":"2h"}""", 400)]
    [InlineData("/alarms/link:a/unshelve", "{}", 400)]
    [InlineData("/alarms/link:none/acknowledge", "{}", 404)]
    [InlineData("/alarms/test", """{"notifier":"none","reason":"x"}""", 404)]
    [InlineData("/alarms/test", """{"notifier":"pager"}""", 400)]
    public async Task Refuses_what_makes_no_sense(string path, string body, int status)
    {
        using var response = await node.SendAsync(HttpMethod.Post, "/api/v1" + path, TestNode.OperatorToken, body);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_viewer_sees_and_changes_nothing()
    {
        node.Alarms.Records.Add(Raised("link:a"));
        using var seen = await node.SendAsync(HttpMethod.Get, "/api/v1/alarms?show=all", TestNode.ViewerToken);
        Assert.Equal(200, (int)seen.StatusCode);
        using var refused = await node.SendAsync(HttpMethod.Post, "/api/v1/alarms/link:a/acknowledge", TestNode.ViewerToken, "{}");
        Assert.Equal(403, (int)refused.StatusCode);
        Assert.Empty(node.Alarms.Ordered);
    }

    [Fact]
    public async Task A_notifier_is_tried_on_request()
    {
        Assert.Equal(0, (await node.RunAsync("alarm", "test", "pager", "--reason", "new")).ExitCode);
        Assert.StartsWith("test pager new local:", Assert.Single(node.Alarms.Ordered), StringComparison.Ordinal);
    }

    private static AlarmRecord Raised(string id) =>
        AlarmRecord.Observe(null, "n1", id, new Alarm(id, "link down", FakeOperatorActions.Start), new AlarmChatter(), FakeOperatorActions.Start)!;
}
