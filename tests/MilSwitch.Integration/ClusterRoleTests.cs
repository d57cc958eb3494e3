using System.Globalization;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>Nodes that do different things for one cluster, in processes of their own, over one real PostgreSQL and real tokens.</summary>
[Trait("Feature", "O-08")]
public sealed class ClusterRoleTests(ITestOutputHelper output) : FieldTest
{
    private const string Key = "signing";
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(60);
    private static readonly string[][] Roles = [["edge", "ops"], ["switch", "ops"], ["crypto", "ops"], ["crypto", "ops"]];

    [RequiresFact("postgres", MailPki.TokenProgram, "openssl")]
    [Trait("Threat", "F28")]
    public async Task Work_for_a_key_goes_to_the_nodes_that_have_it_and_waits_with_an_alarm_while_none_is_there()
    {
        using var pki = new MailPki();
        foreach (var token in (string[])["one", "two"]) await pki.InitialiseTokenAsync(token);
        pki.Issue(Key, "domain-signing-authority", "domain-signing-authority@client.test");
        await pki.MoveToTokensAsync(["one", "two"], Key);
        var sink = StartSink();
        var server = await PostgreSqlInstance.SharedAsync();
        var elsewhere = $"keys: [{{ name: {Key}, on: other-nodes, role: domain-signing, certificate: {pki[Key + ".pem"]} }}]\n";
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Nodes = 4, Connection = await server.NewDatabaseAsync(), Detection = "fast",
            Routes = [new RouteSetup("*", sink.NextHop, 4) { Protection = $"{{ sign: {{ key: {Key} }} }}" }],
            Change = (index, setup) => setup with
            {
                Roles = Roles[index], Environment = pki.Environment,
                Extra = setup.Extra + (index < 2 ? elsewhere : pki.Tokens(index is 2 ? "one" : "two", (Key, "domain-signing"))),
            },
        }));
        var (edge, ops, first, second) = (field[0], field[1], field[2], field[3]);

        for (var message = 0; message < 40; message++) await SubmitAsync(edge, Message($"message {message}"));
        await sink.WaitForAsync(40, TakeOver);
        await BelievesAsync(pki, sink.Transactions[0]);
        var (done, alsoDone) = (await DoneAsync(first), await DoneAsync(second));
        output.WriteLine($"{done} and {alsoDone} operations");
        // Work is shared evenly, so that losing one of two halves what can be done.
        Assert.True(Math.Min(done, alsoDone) > (done + alsoDone) / 3, $"{done} and {alsoDone}");

        await first.KillAsync();
        for (var message = 40; message < 50; message++) await SubmitAsync(edge, Message($"message {message}"));
        await sink.WaitForAsync(50, TakeOver);

        await second.KillAsync();
        await Eventually.ComesTrueAsync(() => AlarmsAsync(ops), TakeOver, "the alarm stands");
        await SubmitAsync(edge, Message("routine"));
        await SubmitAsync(edge, Message("flash"), "MT-PRIORITY=4");
        await Eventually.ComesTrueAsync(async () => (await ops.CommandAsync("queue", "list", "--json")).Output.Contains("flash", StringComparison.Ordinal), TakeOver, "what can't be signed waits");
        Assert.Equal(50, sink.Transactions.Count);

        await field.StartAsync(3);
        await sink.WaitForAsync(52, TakeOver);
        await BelievesAsync(pki, sink.Transactions.Single(t => t.Field("Subject") is "flash"));
        await Eventually.ComesTrueAsync(async () => !await AlarmsAsync(ops), TakeOver, "the alarm is over");
        Assert.Equal(52, sink.Transactions.Select(t => t.Field("Subject")).Distinct().Count());

        // Without the one node that owns mail none is taken, and somebody should know.
        await ops.KillAsync();
        await Eventually.ComesTrueAsync(
            async () => (await edge.CommandAsync("alarm", "list", "--json")).Output.Contains("\"owners\"", StringComparison.Ordinal), TakeOver, "nobody owns mail");

        static async Task<bool> AlarmsAsync(SwitchProcess node) => (await node.CommandAsync("alarm", "list", "--json")).Output.Contains("token:other nodes", StringComparison.Ordinal);
    }

    [RequiresFact("postgres")]
    [Trait("Threat", "F1")]
    public async Task What_an_edge_answered_for_arrives_whoever_dies()
    {
        var sink = StartSink(new SinkOptions { TransactionDelay = TimeSpan.FromMilliseconds(3) });
        var server = await PostgreSqlInstance.SharedAsync();
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Connection = await server.NewDatabaseAsync(), Detection = "fast", Routes = [new RouteSetup("*", sink.NextHop, 4)],
            Change = (index, setup) => setup with { Roles = index is 0 ? ["edge", "ops"] : ["switch", "ops"] },
        }));
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        using var stop = new CancellationTokenSource();
        var load = SmtpBlaster.RunAsync(new BlastOptions { Port = field[0].Port, Sessions = 6, KeepTrying = true, Pause = TimeSpan.FromMilliseconds(5), Size = 1024 }, ledger, stop.Token);
        int[] kills = [0, 1, 0];
        foreach (var node in kills)
        {
            var before = ledger.AcceptedCount;
            await Eventually.ComesTrueAsync(() => ledger.AcceptedCount > before + 100, TakeOver, "the edge takes mail");
            await field[node].KillAsync();
            await field.StartAsync(node);
            Assert.All(field.Nodes, n => Assert.True(n.IsRunning, $"{n.Setup.Node} ended by itself: {string.Join('\n', n.Errors.TakeLast(8))}"));
        }

        await stop.CancelAsync();
        await load;
        await Eventually.ComesTrueAsync(() => ledger.OnTheirWay.Count is 0, TakeOver, $"all of it arrives, not {ledger.Balance()}");
        var balance = ledger.Balance();
        output.WriteLine(balance.ToString());
        Assert.Equal(0, balance.UnmarkedDuplicates);
        // As everywhere: at each kill what was in flight. The sink counts a transaction until its answer, the switch until what became of it is recorded.
        Assert.InRange(balance.Duplicates, 0, kills.Length * sink.MostAtOnce);
    }

    private static async Task BelievesAsync(MailPki pki, SinkTransaction transaction)
    {
        await File.WriteAllBytesAsync(pki["arrived"], transaction.Content);
        var (good, said) = await pki.OpenSslAsync("cms", "-verify", "-in", "arrived", "-CAfile", pki.Anchors, "-purpose", "smimesign");
        Assert.True(good, said);
    }

    // What its tokens did for others.
    private static async Task<long> DoneAsync(SwitchProcess node)
    {
        using var client = new HttpClient();
        var metrics = await client.GetStringAsync(new Uri($"http://127.0.0.1:{node.Setup.MetricsPort}/metrics"));
        return metrics.Split('\n').Where(l => l.StartsWith("milswitch_key_orders_total", StringComparison.Ordinal) && l.Contains("\"done\"", StringComparison.Ordinal))
            .Sum(l => (long)double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
