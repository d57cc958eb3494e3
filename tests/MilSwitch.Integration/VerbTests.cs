using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>Every verb of the operator's, against a node in a process of its own.</summary>
public sealed class VerbTests : FieldTest
{
    private SinkServer dead = null!;
    private SinkServer alive = null!;
    private SwitchProcess milswitch = null!;

    [Fact]
    public async Task Verbs_on_messages_do_what_they_say_and_end_with_their_exit_codes()
    {
        await StartAsync();
        for (var i = 0; i < 3; i++) await SubmitAsync(milswitch, Message($"message {i}"), "", "a@client.test", "b@dead.test");
        var ids = (await RunAsync(0, "queue list --ids")).Output.Trim();
        Assert.Equal(3, ids.Split('\n').Length);
        var (first, second, third) = (ids.Split('\n')[0], ids.Split('\n')[1], ids.Split('\n')[2]);

        await RunAsync(1, "alarm list", until: true);
        Assert.Contains($"link:{dead.NextHop}", (await RunAsync(1, "alarm list --json")).Output, StringComparison.Ordinal);
        await RunAsync(1, "status");
        await RunAsync(0, "version");
        Assert.Contains(dead.NextHop, (await RunAsync(0, "queue shape --by link")).Output, StringComparison.Ordinal);
        await RunAsync(1, $"dest show {dead.NextHop}");
        await RunAsync(0, $"dest show {alive.NextHop}");
        await RunAsync(0, $"dest try {dead.NextHop}");
        await RunAsync(3, "dest try nowhere");
        Assert.Contains(alive.NextHop, (await RunAsync(0, "dest list")).Output, StringComparison.Ordinal);
        Assert.Contains(dead.NextHop, (await RunAsync(0, "route test b@dead.test --explain")).Output, StringComparison.Ordinal);
        Assert.Contains("Subject: message", (await RunAsync(0, "message raw -", first)).Output, StringComparison.Ordinal);

        Assert.Contains("would do", (await RunAsync(0, "message hold - --dry-run --reason test", ids)).Output, StringComparison.Ordinal);
        Assert.Empty((await RunAsync(0, "queue list --state held --ids")).Output.Trim());
        await RunAsync(0, "message hold - --reason test", ids);
        Assert.Equal(3, (await RunAsync(0, "queue list --state held --ids")).Output.Trim().Split('\n').Length);
        await RunAsync(3, "message hold 0000000000000 --reason test");
        await RunAsync(1, $"message hold {first} 0000000000000 --reason test");
        await RunAsync(2, $"message hold {first}");

        await RunAsync(0, $"message release {first} --reason test");
        await RunAsync(0, $"message requeue {first} --reason test");
        await RunAsync(0, $"message try {first} --reason test");
        await RunAsync(3, $"message reroute {first} --to-link nowhere --reason test");
        await RunAsync(0, $"message reroute {first} --to-link {alive.NextHop} --reason test");
        await alive.WaitForAsync(1, Soon);
        await RunAsync(6, $"message hold {first} --reason test", until: true);

        await RunAsync(0, $"message return {second} --reason test");
        await alive.WaitForAsync(2, Soon);
        await RunAsync(0, $"message delete {third} --reason test");
        await RunAsync(6, $"message release {third} --reason test");
        await RunAsync(0, $"message restore {third} --reason test");

        Assert.Contains("rerouted", (await RunAsync(0, $"message show {first} --json")).Output, StringComparison.Ordinal);
        Assert.Equal(3, JsonDocument.Parse((await RunAsync(0, "track --recipient dead.test --json")).Output).RootElement.GetProperty("items").GetArrayLength());
        await RunAsync(3, "track --recipient nobody");
    }

    [Fact]
    public async Task Verbs_on_rules_and_configuration_do_what_they_say_and_end_with_their_exit_codes()
    {
        await StartAsync();
        var id = (await RunAsync(0, $"rule add suspend --scope link:{dead.NextHop} --for 2h --reason test --idempotency-key k")).Output.Trim();
        Assert.Equal(id, (await RunAsync(0, $"rule add suspend --scope link:{dead.NextHop} --for 2h --reason test --idempotency-key k")).Output.Trim());
        await RunAsync(1, "rule add suspend --scope node --reason test --idempotency-key k");
        await RunAsync(3, "rule add reroute --scope node --to-link nowhere --reason test");
        await RunAsync(2, "rule add suspend --scope everything --reason test");
        var tag = JsonDocument.Parse((await RunAsync(0, $"rule show {id} --json")).Output).RootElement.GetProperty("tag").GetString();
        await RunAsync(0, $"rule replace {id} suspend --scope domain:dead.test --reason test --if-match {tag}");
        await RunAsync(6, $"rule remove {id} --reason test --if-match {tag}");
        Assert.Contains("domain:dead.test", Assert.Single((await RunAsync(0, "rule list")).Output.Trim().Split('\n').Skip(1)), StringComparison.Ordinal);
        await RunAsync(0, "rule remove - --reason test", id);
        await RunAsync(3, $"rule remove {id} --reason test");

        var minimize = (await RunAsync(0, "minimize set --scope node --level immediate --for 1h --reason test")).Output.Trim();
        await RunAsync(0, $"minimize replace {minimize} --scope node --level flash --for 2h --reason test");
        Assert.Contains("flash and above", (await RunAsync(0, "minimize list")).Output, StringComparison.Ordinal);
        await RunAsync(0, $"minimize cancel {minimize} --reason test");

        var seen = JsonDocument.Parse((await RunAsync(0, "config show --json")).Output).RootElement.GetProperty("tag").GetString();
        await RunAsync(0, $"config apply --reason x --if-match {seen}");
        await RunAsync(6, $"config apply --reason x --if-match {seen}");
        // The same file twice: at the start, and by a person.
        var versions = JsonDocument.Parse((await RunAsync(0, "config versions --json")).Output).RootElement.GetProperty("items").EnumerateArray().Select(v => v.GetProperty("id").GetString()!).ToArray();
        Assert.Equal(["n1-000002", "n1-000001"], versions);
        await RunAsync(0, "config diff n1-000001 n1-000002");
        Assert.Contains("Different", (await RunAsync(0, "config try --days 1")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_come_from_a_node_that_works()
    {
        await StartAsync();
        var watching = milswitch.CommandAsync("events", "--topics", "message", "--count", "2", "--json");
        await Eventually.ComesTrueAsync(
            async () =>
            {
                await SubmitAsync(milswitch, Message("watched"), "", "a@client.test", "b@alive.test");
                return watching.IsCompleted;
            },
            Soon, "two events");
        var result = await watching;
        Assert.Equal(0, result.ExitCode);
        foreach (var line in result.Output.Trim().Split('\n'))
            Assert.StartsWith("message.", JsonDocument.Parse(line).RootElement.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await milswitch.TerminateAsync());
    }

    private async Task StartAsync()
    {
        (dead, alive) = (StartSink(), StartSink());
        dead.StopListening();
        milswitch = await StartSwitchAsync([new RouteSetup("dead.test", dead.NextHop), new RouteSetup("*", alive.NextHop)]);
    }

    private async Task<CommandResult> RunAsync(int exitCode, string arguments, string? input = null, bool until = false)
    {
        CommandResult? result = null;
        await Eventually.ComesTrueAsync(
            async () => (result = await milswitch.CommandAsync(input, arguments.Split(' '))).ExitCode == exitCode || !until, Soon, $"{arguments} ends with {exitCode}: {result}");
        Assert.True(result!.ExitCode == exitCode, $"{arguments} ended with {result.ExitCode}: {result.Error}{result.Output}");
        return result;
    }
}
