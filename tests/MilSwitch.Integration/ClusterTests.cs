using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>Three real nodes over one real PostgreSQL, in processes of their own.</summary>
public sealed class ClusterTests(ITestOutputHelper output) : FieldTest
{
    private const int Connections = 6;
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(60);

    [RequiresFact("postgres")]
    [Trait("Threat", "F1")]
    [Trait("Feature", "O-03")]
    public async Task Loses_nothing_of_nodes_that_are_killed_under_load()
    {
        var (field, sink) = await StartAsync();
        await using var load = ClusterLoad.Start(field, sink);
        foreach (var node in (int[])[1, 0])
        {
            var before = load.AcceptedBy(node);
            await Eventually.ComesTrueAsync(() => load.AcceptedBy(node) > before + 100, TakeOver, "the node accepts mail");
            await field[node].KillAsync();
            // The others go on with what it had, and it comes back to them.
            await field.StartAsync(node);
        }

        var balance = await load.EndAsync(TakeOver);
        output.WriteLine(balance.ToString());
        Assert.Equal(0, balance.Lost);
        Assert.Equal(0, balance.Unmarked);
        Assert.InRange(balance.Duplicates, 0, 2 * sink.MostAtOnce);
        Assert.All(balance.Blasts, b => Assert.DoesNotContain(b.Replies.Keys, code => code >= 500));
    }

    [RequiresFact("postgres")]
    [Trait("Feature", "O-05")]
    public async Task Replaces_all_nodes_one_after_the_other_without_losing_or_doubling_anything()
    {
        var (field, sink) = await StartAsync();
        await using var load = ClusterLoad.Start(field, sink);
        for (var node = 0; node < field.Setups.Count; node++)
        {
            var before = load.AcceptedBy(node);
            await Eventually.ComesTrueAsync(() => load.AcceptedBy(node) > before + 100, TakeOver, "the node accepts mail");
            Assert.Equal(0, await field[node].TerminateAsync());
            await field.StartAsync(node);
        }

        var balance = await load.EndAsync(TakeOver);
        output.WriteLine($"{balance}; slowest urgent {balance.SlowestUrgent.TotalSeconds:0.00} s");
        Assert.Equal(0, balance.Lost);
        Assert.Equal(0, balance.Duplicates);
    }

    [RequiresFact("postgres")]
    [Trait("Threat", "F8")]
    public async Task A_node_that_was_paused_finds_that_others_have_its_work_and_starts_afresh()
    {
        var (field, sink) = await StartAsync();
        await using var load = ClusterLoad.Start(field, sink);
        await Eventually.ComesTrueAsync(() => load.AcceptedBy(2) > 100, TakeOver, "the node accepts mail");
        ProcessTree.Signal(field[2].Id, 19);
        await Eventually.ComesTrueAsync(async () => await PartitionsOfAsync(field[0]) is [_, _] owned && owned.Sum() is 64, TakeOver, "the others own everything");
        ProcessTree.Signal(field[2].Id, 18);
        Assert.NotEqual(0, await field[2].WaitForEndAsync(TakeOver));
        await field.StartAsync(2);

        var balance = await load.EndAsync(TakeOver);
        output.WriteLine(balance.ToString());
        Assert.Equal(0, balance.Lost);
        Assert.Equal(0, balance.Unmarked);
    }

    [RequiresFact("postgres")]
    public async Task What_a_person_orders_at_one_node_holds_at_all()
    {
        var (field, sink) = await StartAsync();
        var set = await field[0].CommandAsync("minimize", "set", "--scope", "node", "--level", "flash", "--reason", "exercise");
        Assert.True(set.ExitCode is 0, set.Error);

        await SubmitAsync(field[1], Message("held back"));
        await SubmitAsync(field[2], Message("goes"), "MT-PRIORITY=4");
        Assert.Equal("goes", (await sink.WaitForAsync(1, Soon))[0].Field("Subject"));

        var queued = await field[0].CommandAsync("queue", "list", "--json");
        var id = System.Text.Json.JsonDocument.Parse(queued.Output).RootElement.GetProperty("items")[0].GetProperty("id").GetString()!;
        // Its partition is another node's.
        var held = await field[0].CommandAsync("message", "hold", id, "--reason", "look at it");
        Assert.True(held.ExitCode is 0, held.Output + held.Error);
        Assert.Contains("held", (await field[2].CommandAsync("message", "show", id)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await field[1].CommandAsync("message", "release", id, "--reason", "seen")).ExitCode);
        Assert.Single(sink.Transactions);

        Assert.Equal(0, (await field[2].CommandAsync("minimize", "cancel", RuleOf(set.Output), "--reason", "over")).ExitCode);
        Assert.Equal("held back", (await sink.WaitForAsync(2, Soon))[1].Field("Subject"));
    }

    [RequiresFact("postgres")]
    public async Task What_is_applied_at_one_node_holds_at_all_and_at_those_that_come_later()
    {
        var (field, before) = await StartAsync();
        var after = StartSink();
        var first = field[0];
        first.Configure(first.Setup with { Routes = [new RouteSetup("*", after.NextHop, Connections)] });
        var applied = await first.CommandAsync("config", "apply", "--reason", "test");
        Assert.True(applied.ExitCode is 0, applied.Output + applied.Error);

        // Whose files still name the other.
        await SubmitAsync(field[1], Message("one"));
        await SubmitAsync(field[2], Message("two"));
        await after.WaitForAsync(2, Soon);
        await field[2].TerminateAsync();
        await field.StartAsync(2);
        await SubmitAsync(field[2], Message("three"));
        Assert.Equal(["one", "three", "two"], (await after.WaitForAsync(3, Soon)).Select(t => t.Field("Subject")).Order(StringComparer.Ordinal));
        Assert.Empty(before.Transactions);
    }

    [RequiresFact("postgres")]
    public async Task Any_node_shows_links_and_alarms_of_all()
    {
        var (field, sink) = await StartAsync(extra: "alarms: { dead-letters: 1 }\n");
        sink.StopListening();
        // Partitions still move after a start: enough of them that each node has some, wherever they go.
        foreach (var node in field.Nodes)
            for (var message = 0; message < 20; message++) await SubmitAsync(node, Message("waits"));
        string[] everybody = ["n1", "n2", "n3"];
        foreach (var node in field.Nodes)
        {
            await Eventually.ComesTrueAsync(async () => (await NodesAsync(node, "alarm", "link:" + sink.NextHop)).SequenceEqual(everybody), TakeOver, "each node's link is down");
            Assert.Equal(everybody, await NodesAsync(node, "dest", sink.NextHop));
        }

        // One that is silent is itself something to look at, whether it is still taken for a member or not.
        ProcessTree.Signal(field[2].Id, 19);
        await Eventually.ComesTrueAsync(async () => (await NodesAsync(field[0], "alarm", "node:n3")).SequenceEqual(["n3"]), TakeOver, "it is missed");
        // Half of those that are there is a split, for as long as it takes one side to end.
        ProcessTree.Signal(field[1].Id, 19);
        await Eventually.ComesTrueAsync(async () => (await field[0].CommandAsync("alarm", "history", "split")).Output.Contains("raised", StringComparison.Ordinal), TakeOver, "the cluster is divided");
        foreach (var node in (int[])[1, 2]) ProcessTree.Signal(field[node].Id, 9);
        await Eventually.ComesTrueAsync(
            async () => (await field[0].CommandAsync("alarm", "history", "split")).Output.Contains("cleared", StringComparison.Ordinal), TakeOver, "it is not when one side has ended");
        // What was on its way to them found nobody.
        await Eventually.ComesTrueAsync(async () => (await NodesAsync(field[0], "alarm", "dead-letters")).SequenceEqual(["n1"]), TakeOver, "letters to nobody are counted");
    }

    [RequiresFact("postgres")]
    public async Task What_was_asked_of_one_node_is_not_done_again_by_another()
    {
        var (field, _) = await StartAsync();
        string[] order = ["rule", "add", "suspend", "--scope", "domain:nowhere.test", "--reason", "once", "--idempotency-key", "8e03978e"];
        var said = await Task.WhenAll(field.Nodes.Select(n => n.CommandAsync(order)));
        // Who came while it was being done hears that, and finds the answer when it asks again.
        Assert.All(said, s => Assert.True(s.ExitCode is 0 or 6, s.Error));
        var again = await Task.WhenAll(field.Nodes.Select(n => n.CommandAsync(order)));
        Assert.All(again, s => Assert.True(s.ExitCode is 0, s.Error));
        Assert.Single(again.Select(s => s.Output).Distinct());
        // A node that comes anew knows it too.
        await field[1].KillAsync();
        await field.StartAsync(1);
        Assert.Equal(again[0].Output, (await field[1].CommandAsync(order)).Output);
        using var rules = System.Text.Json.JsonDocument.Parse((await field[2].CommandAsync("rule", "list", "--json")).Output);
        Assert.Single(rules.RootElement.GetProperty("items").EnumerateArray());
    }

    [RequiresFact("postgres")]
    public async Task A_node_that_can_not_follow_takes_mail_and_delivers_nothing_until_it_can()
    {
        var (field, sink) = await StartAsync();
        foreach (var node in (SwitchProcess[])[field[0], field[1]]) File.Copy(Workspace["cluster-ca.pem"], Beside(node));
        field[0].Configure(field[0].Setup with { Routes = [new RouteSetup("elsewhere.test", "127.0.0.1:9") { Tls = "{ mode: required, ca: hop.pem }" }, new RouteSetup("*", sink.NextHop, Connections)] });
        var applied = await field[0].CommandAsync("config", "apply", "--reason", "test");
        Assert.True(applied.ExitCode is 0, applied.Output + applied.Error);
        await Eventually.ComesTrueAsync(() => field[2].Errors.Any(e => e.Contains("hop.pem", StringComparison.Ordinal)), Soon, "the third node says what it lacks");

        await SubmitAsync(field[2], Message("waits"), "MT-PRIORITY=6");
        await SubmitAsync(field[1], Message("goes"));
        await sink.WaitForAsync(1, Soon);
        // Long after a node that could would have sent it.
        await SubmitAsync(field[1], Message("goes too"));
        await sink.WaitForAsync(2, Soon);
        Assert.DoesNotContain("waits", sink.Transactions.Select(t => t.Field("Subject")));
        // It tries each second and says it once.
        Assert.Single(field[2].Errors, e => e.Contains("hop.pem", StringComparison.Ordinal));

        File.Copy(Workspace["cluster-ca.pem"], Beside(field[2]));
        Assert.Equal("waits", (await sink.WaitForAsync(3, Soon))[2].Field("Subject"));

        static string Beside(SwitchProcess node) => Path.Combine(Path.GetDirectoryName(node.ConfigurationFile)!, "hop.pem");
    }

    [RequiresFact("postgres")]
    public async Task A_link_that_takes_one_connection_gets_one_from_all_nodes()
    {
        var (field, sink) = await StartAsync(connections: 1);
        for (var message = 0; message < 30; message++) await SubmitAsync(field[message % 3], Message($"message {message}"));
        await sink.WaitForAsync(30, TakeOver);
        Assert.Equal(1, sink.MostAtOnce);
        Assert.Equal(30, sink.Transactions.Select(t => t.Field("Subject")).Distinct().Count());
    }

    private async Task<(ClusterField Field, SinkServer Sink)> StartAsync(int connections = Connections, string extra = "")
    {
        var server = await PostgreSqlInstance.SharedAsync();
        var sink = StartSink(new SinkOptions { TransactionDelay = TimeSpan.FromMilliseconds(5) });
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Connection = await server.NewDatabaseAsync(), Routes = [new RouteSetup("*", sink.NextHop, connections)], Change = (_, setup) => setup with { Extra = setup.Extra + extra },
        }));
        return (field, sink);
    }

    private static async Task<string[]> NodesAsync(SwitchProcess node, string noun, string id)
    {
        using var list = System.Text.Json.JsonDocument.Parse((await node.CommandAsync(noun, "list", "--json")).Output);
        return
        [
            .. list.RootElement.GetProperty("items").EnumerateArray().Where(i => i.GetProperty(noun is "alarm" ? "id" : "name").GetString() == id)
                .Select(i => i.GetProperty("node").GetString()!).Order(StringComparer.Ordinal),
        ];
    }

    // The order prints the id of the rule that it made.
    private static string RuleOf(string text) => text.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)[0];

    // Of the nodes that are there, as one of them sees it.
    private static async Task<int[]> PartitionsOfAsync(SwitchProcess node)
    {
        var status = await node.CommandAsync("cluster", "status", "--json");
        if (status.Output.Length is 0) return [];
        return
        [
            .. System.Text.Json.JsonDocument.Parse(status.Output).RootElement.GetProperty("nodes").EnumerateArray()
                .Where(n => n.GetProperty("reachable").GetBoolean() && n.GetProperty("state").GetString() is "up")
                .Select(n => n.GetProperty("partitions") is { ValueKind: System.Text.Json.JsonValueKind.Number } count ? count.GetInt32() : 0).Order(),
        ];
    }
}
