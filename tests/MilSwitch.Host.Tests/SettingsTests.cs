using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>Which settings were in force, what differs between them, and what others would have made of the traffic.</summary>
public sealed class SettingsTests : IAsyncLifetime
{
    private const string Plans = """
        plans: [peace, war]
        plan: peace
        rules:
          - { name: everything, plans: [peace], sic: [SDM], action: log@example.org }
          - { name: all, plans: [war], sic: [SDM], action: ops@example.org }

        """;

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly ISpool spool = FakeSpool.Create(SpoolHealth.Ready);
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync(
        time, spool, further: files =>
        {
            files.Write("plans.yaml", Plans);
            return "profiling: { plans: plans.yaml, addresses: [profiler@example.org], returns: originator }\n";
        }, change: text => text.Replace("next-hop: \"127.0.0.1:2626\" }", "next-hop: \"127.0.0.1:2626\" } # CANARY-comment", StringComparison.Ordinal));

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Each_version_tells_who_applied_it_and_why_and_what_differs_line_by_line()
    {
        var start = Assert.Single(await VersionsAsync());
        Assert.Equal(("n1-000001", JsonValueKind.Null, 2), (Text(start, "id"), start.GetProperty("by").ValueKind, start.GetProperty("files").GetArrayLength()));
        time.Advance(TimeSpan.FromMinutes(1));
        Change("127.0.0.1:2626", "127.0.0.1:2727");
        node.Files.Write("plans.yaml", Plans.Replace("log@example.org", "registry@example.org", StringComparison.Ordinal));
        Assert.Equal(0, (await node.RunAsync("config", "apply", "--reason", "bravo moved")).ExitCode);
        var versions = await VersionsAsync();
        Assert.Equal(["n1-000002", "n1-000001"], versions.Select(v => Text(v, "id")));
        Assert.Equal("bravo moved", Text(versions[0], "reason"));
        Assert.Contains("bravo moved", (await node.RunAsync("config", "versions")).Output, StringComparison.Ordinal);

        var run = await node.RunAsync("config", "diff", "n1-000001", "n1-000002");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("-    next-hop: \"127.0.0.1:2626\"", run.Output, StringComparison.Ordinal);
        Assert.Contains("+    next-hop: \"127.0.0.1:2727\"", run.Output, StringComparison.Ordinal);
        Assert.Contains("registry@example.org", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await node.RunAsync("config", "diff", "n1-000002", "n1-000002")).ExitCode);
        Assert.Equal(3, (await node.RunAsync("config", "diff", "n1-000001", "n1-000009")).ExitCode);
        using var viewer = await node.SendAsync(HttpMethod.Get, "/api/v1/config/versions", TestNode.ViewerToken);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, viewer.StatusCode);

        // A signal that brings nothing new is no version; a person who applies the same is.
        await node.Services.GetRequiredService<Running.ConfigurationHolder>().ReloadAsync();
        Assert.Equal(2, (await VersionsAsync()).Count);
        Assert.Equal(0, (await node.RunAsync("config", "apply", "--reason", "to be sure")).ExitCode);
        Assert.Equal(3, (await VersionsAsync()).Count);
    }

    [Fact]
    public async Task Nothing_secret_is_kept_and_not_more_versions_than_fifty()
    {
        for (var i = 0; i < ISettingsHistory.Most + 2; i++) Assert.Equal(0, (await node.RunAsync("config", "apply", "--reason", $"round {i}")).ExitCode);
        var versions = await VersionsAsync();
        Assert.Equal(ISettingsHistory.Most, versions.Count);
        var texts = await spool.ListDocumentsAsync("settings-text");
        Assert.Equal(ISettingsHistory.Most, texts.Count);
        Assert.All(texts, t => Assert.DoesNotContain("CANARY", t.Json, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_store_does_not_take_is_in_force_all_the_same()
    {
        FakeSpool.Turn(spool, SpoolHealth.Full);
        var before = (await VersionsAsync()).Count;
        await node.Services.GetRequiredService<Running.ConfigurationHolder>().ReloadAsync(_ => true, "ops", "x");
        Assert.Equal(before, (await VersionsAsync()).Count);
        Assert.Contains("could not be kept for comparison", node.Log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_is_tried_on_the_traffic_of_the_last_days_before_anybody_applies_it()
    {
        FakeSpool.Hold(
            spool, Message(1, time.GetUtcNow().AddDays(-8), "old@example.net"), Message(2, time.GetUtcNow().AddDays(-2), "b@example.net", "c@example.org"), Message(3, time.GetUtcNow().AddHours(-1), "profiler@example.org"));
        var same = await node.RunAsync("config", "try");
        Assert.True(same.ExitCode is 0, same.ToString());
        Change("- { match: \"*\"", "- { match: example.net, next-hop: \"127.0.0.1:2828\" }\n  - { match: \"*\"");
        node.Files.Write("plans.yaml", Plans.Replace("log@example.org", "registry@example.org", StringComparison.Ordinal));
        var run = await node.RunAsync("config", "try", "--json");
        Assert.True(run.ExitCode is 1, run.ToString());
        var trial = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal((2, 3, 1, 2), (Number(trial, "messages"), Number(trial, "copies"), Number(trial, "profiled"), Number(trial, "different")));
        var moved = trial.GetProperty("differences").EnumerateArray().Single(d => Text(d, "recipient") == "b@example.net");
        Assert.Equal(("link 127.0.0.1:2626", "link 127.0.0.1:2828"), (Text(moved, "before"), Text(moved, "after")));
        var distributed = trial.GetProperty("differences").EnumerateArray().Single(d => Text(d, "recipient") == "profiler@example.org");
        Assert.Equal(("action log@example.org", "action registry@example.org"), (Text(distributed, "before"), Text(distributed, "after")));
        Assert.Contains("action ops@example.org", (await node.RunAsync("config", "try", "--plan", "war")).Output, StringComparison.Ordinal);
        Assert.Equal(1, Number(JsonDocument.Parse((await node.RunAsync("config", "try", "--messages", "1", "--json")).Output).RootElement, "messages"));
        // Nothing is in force that was not before.
        Assert.Single(await VersionsAsync());
        Assert.Equal(2, (await node.RunAsync("config", "try", "--plan", "none")).ExitCode);
        Assert.Equal(2, (await node.RunAsync("config", "try", "--days", "8")).ExitCode);
        using var viewer = await node.SendAsync(HttpMethod.Get, "/api/v1/config/trial", TestNode.ViewerToken);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, viewer.StatusCode);
        Change("role: relay", "role: nothing");
        using var bad = await node.SendAsync(HttpMethod.Get, "/api/v1/config/trial", TestNode.OperatorToken);
        Assert.Equal(System.Net.HttpStatusCode.UnprocessableEntity, bad.StatusCode);
    }

    private static (StoredMessage, string) Message(int number, DateTimeOffset at, params string[] recipients)
    {
        var envelope = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("a@example.org")), Recipients = [.. recipients.Select(r => new Recipient(Mailbox.Parse(r)))], ArrivedAt = at,
            Origin = new Origin { Listener = "mta", ClientAddress = "192.0.2.9", Helo = "x" }, Precedence = Precedence.Routine,
        };
        return (new StoredMessage(MessageId.Create(1, 3, number), envelope, default, MessageState.Done, 100, default) { Recipients = [], HasContent = true }, "Subject: x\r\nMMHS-Subject-Indicator-Codes: SDM\r\n\r\ntext\r\n");
    }

    private void Change(string from, string to)
    {
        var file = Path.Combine(node.Files.Folder, "milswitch.yaml");
        var text = File.ReadAllText(file);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(from, to, StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<JsonElement>> VersionsAsync() => [.. JsonDocument.Parse((await node.RunAsync("config", "versions", "--json")).Output).RootElement.GetProperty("items").EnumerateArray()];

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
