using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Api;
using MilSwitch.Switching.Operations;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

public sealed class EventStreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider time = new(FakeOperatorActions.Start);
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync(time);

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Tells_what_was_committed_with_ids_that_follow_each_other()
    {
        using var stream = await WatchAsync();
        Assert.Equal(("stream.opened", "7-0"), await stream.NextAsync());
        node.Events.Committed(
            [new AuditEvent(FakeOperatorActions.Start, AuditKind.Delivered, FakeOperatorActions.First, 1, "192.0.2.1:25: 250 ok\r\nevent: forged\r\n")], Precedence.Flash);
        node.Events.Publish(new SwitchEvent(FakeOperatorActions.Start, "link.down") { Subject = "192.0.2.1:25", Detail = "refused" });

        Assert.Equal(("message.delivered", "7-1"), await stream.NextAsync());
        var data = stream.Data;
        Assert.Equal(FakeOperatorActions.First.ToString(), data.GetProperty("message").GetString());
        Assert.Equal((1, "flash"), (data.GetProperty("recipient").GetInt32(), data.GetProperty("precedence").GetString()));
        Assert.Contains("forged", data.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.False(data.TryGetProperty("actor", out _));
        Assert.Equal(("link.down", "7-2"), await stream.NextAsync());
        Assert.Equal("192.0.2.1:25", stream.Data.GetProperty("subject").GetString());
    }

    [Fact]
    public async Task Goes_on_behind_the_last_event_that_was_received()
    {
        using (var first = await WatchAsync())
        {
            await first.NextAsync();
            node.Events.Publish(Happened("rule.added"));
            Assert.Equal(("rule.added", "7-1"), await first.NextAsync());
        }

        // Nobody watches at this moment, and nothing is missed.
        node.Events.Publish(Happened("rule.removed"));
        using var again = await WatchAsync(lastEventId: "7-1");
        Assert.Equal(("stream.opened", "7-1"), await again.NextAsync());
        Assert.Equal(("rule.removed", "7-2"), await again.NextAsync());
    }

    [Theory]
    [InlineData("7-99")]
    [InlineData("6-0")]
    [InlineData("nonsense")]
    public async Task Says_that_events_are_missing_when_the_last_one_is_not_known(string lastEventId)
    {
        using var stream = await WatchAsync(lastEventId: lastEventId);
        Assert.Equal("stream.opened", (await stream.NextAsync()).Type);
        Assert.Equal("stream.gap", (await stream.NextAsync()).Type);
        node.Events.Publish(Happened("rule.added"));
        Assert.Equal(("rule.added", "7-1"), await stream.NextAsync());
    }

    [Fact]
    public async Task Sends_only_the_topics_that_were_asked_for()
    {
        using var stream = await WatchAsync("?topics=link,alarm");
        await stream.NextAsync();
        node.Events.Publish(Happened("message.accepted"));
        node.Events.Publish(Happened("alarm.raised"));
        Assert.Equal(("alarm.raised", "7-2"), await stream.NextAsync());
        using var wrong = await node.SendAsync(HttpMethod.Get, "/api/v1/events?topics=weather", TestNode.OperatorToken);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Breaks_a_silence_with_a_comment_and_the_place_to_go_on_from()
    {
        using var stream = await WatchAsync("?topics=link");
        await stream.NextAsync();
        node.Events.Publish(Happened("message.accepted"));
        var heartbeat = ReadHeartbeatsAsync();
        await Eventually.ComesTrueAsync(
            () =>
            {
                time.Advance(EventStream.Heartbeat);
                return Task.FromResult(heartbeat.IsCompleted);
            },
            Patience, "a heartbeat");
        Assert.All(await heartbeat, lines => Assert.Equal((2, ": still here"), (lines.Count, lines[0])));

        async Task<List<List<string>>> ReadHeartbeatsAsync()
        {
            var all = new List<List<string>>();
            do all.Add(await stream.LinesAsync());
            while (all[^1].LastOrDefault() is { } last && last != "id: 7-1");
            return all;
        }
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task A_viewer_may_watch_and_nobody_without_a_token()
    {
        using (var stream = await WatchAsync(token: TestNode.ViewerToken)) Assert.Equal("stream.opened", (await stream.NextAsync()).Type);
        using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/events", null);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task Ends_when_the_token_is_taken_away()
    {
        using var stream = await WatchAsync(token: TestNode.ViewerToken);
        await stream.NextAsync();
        node.Files.Write("milswitch.yaml", TestNode.Text().Replace("- { name: watch, role: viewer, token: { file: viewer.token } }", "", StringComparison.Ordinal));
        Assert.Equal(0, (await node.RunAsync("config", "apply", "--reason", "test")).ExitCode);
        Assert.Equal("configuration.applied", (await stream.NextAsync()).Type);
        var end = ReadToEndAsync();
        await Eventually.ComesTrueAsync(
            () =>
            {
                time.Advance(EventStream.Heartbeat);
                return Task.FromResult(end.IsCompleted);
            },
            Patience, "the end of the stream");
        await end;

        async Task ReadToEndAsync()
        {
            while (await stream.LinesAsync() is { Count: > 0 }) continue;
        }
    }

    [Fact]
    public async Task Refuses_more_who_watch_than_it_can_serve()
    {
        var streams = new List<Watcher>();
        try
        {
            for (var i = 0; i < EventHub.MaximumSubscriptions; i++) streams.Add(await WatchAsync());
            using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/events", TestNode.OperatorToken);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }
        finally
        {
            streams.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Ends_when_the_node_stops()
    {
        using var stream = await WatchAsync();
        await stream.NextAsync();
        var stop = node.StopAsync();
        Assert.Empty(await stream.LinesAsync());
        await stop.WaitAsync(Patience);
    }

    [Fact]
    public async Task Tells_of_a_refused_and_of_an_applied_configuration_and_of_its_alarm()
    {
        using var stream = await WatchAsync();
        await stream.NextAsync();
        node.Files.Write("milswitch.yaml", "nonsense: true");
        await node.RunAsync("config", "apply", "--reason", "test");
        Assert.Equal("configuration.refused", (await stream.NextAsync()).Type);
        Assert.StartsWith("local:", stream.Data.GetProperty("actor").GetString(), StringComparison.Ordinal);
        Assert.Equal("alarm.raised", (await stream.NextAsync()).Type);
        var standing = await node.RunAsync("alarm", "list");
        Assert.Equal(1, standing.ExitCode);
        Assert.Contains("configuration refused", standing.Output, StringComparison.Ordinal);

        node.Files.Write("milswitch.yaml", TestNode.Text());
        Assert.Equal(0, (await node.RunAsync("config", "apply", "--reason", "test")).ExitCode);
        Assert.Equal("configuration.applied", (await stream.NextAsync()).Type);
        Assert.Equal("alarm.cleared", (await stream.NextAsync()).Type);
        Assert.Equal("configuration", stream.Data.GetProperty("subject").GetString());
        Assert.Equal(0, (await node.RunAsync("alarm", "list")).ExitCode);
    }

    [Fact]
    public async Task The_command_line_watches()
    {
        var run = node.RunAsync("events", "--topics", "link", "--count", "2", "--json");
        await Eventually.ComesTrueAsync(() => Task.FromResult(node.Events.IsHeard), Patience, "the command watches");
        node.Events.Publish(Happened("link.down"));
        node.Events.Publish(Happened("message.accepted"));
        node.Events.Publish(Happened("link.up"));
        var (exitCode, output, error) = await run.WaitAsync(Patience);
        Assert.Equal((0, "watching from 7-0\n"), (exitCode, error));
        Assert.Equal(["link.down", "link.up"], output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("type").GetString()));

        var again = await node.RunAsync("events", "--after", "7-2", "--count", "1").WaitAsync(Patience);
        Assert.Equal("2030-01-02T03:04:05.000Z  7-3  link.up\n", again.Output);
        Assert.Contains("events are missing here", (await node.RunAsync("events", "--after", "1-1", "--count", "1").WaitAsync(Patience)).Error, StringComparison.Ordinal);
    }

    private static SwitchEvent Happened(string type) => new(FakeOperatorActions.Start, type);

    private async Task<Watcher> WatchAsync(string query = "", string? lastEventId = null, string token = TestNode.OperatorToken)
    {
        var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, node.Admin + "/api/v1/events" + query);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new Watcher(client, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    private sealed class Watcher(HttpClient client, StreamReader reader) : IDisposable
    {
        public JsonElement Data { get; private set; }

        /// <summary>The next event; comments and ids without data are passed over.</summary>
        public async Task<(string Type, string Id)> NextAsync()
        {
            while (true)
            {
                var lines = await LinesAsync();
                Assert.NotEmpty(lines);
                if (lines[^1].StartsWith("data: ", StringComparison.Ordinal) is false) continue;
                Assert.Equal(3, lines.Count);
                Data = JsonDocument.Parse(lines[2][6..]).RootElement;
                return (lines[1]["event: ".Length..], lines[0]["id: ".Length..]);
            }
        }

        /// <summary>Up to the next empty line; nothing at the end of the stream.</summary>
        public async Task<List<string>> LinesAsync()
        {
            var lines = new List<string>();
            while (await reader.ReadLineAsync().WaitAsync(Patience) is { Length: > 0 } line) lines.Add(line);
            return lines;
        }

        public void Dispose()
        {
            reader.Dispose();
            client.Dispose();
        }
    }
}
