using System.Diagnostics;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// What is lost, what is doubled, and how long the others wait, when nodes of a cluster are killed, paused, cut off or
/// replaced under load in all six levels?
/// </summary>
internal static class ClusterFaults
{
    private static readonly TimeSpan TakeOverLimit = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var faults = arguments.Text("fault", "kill").Split(',');
        var times = arguments.Number("times", faults.Length is 1 ? 20 : faults.Length);
        var nodes = arguments.Number("nodes", 3);
        var sessions = arguments.Number("sessions", 6);
        var only = arguments.Number("node", 0);
        var detection = arguments.Text("detection", "normal");
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        if (faults.FirstOrDefault(f => f is not ("kill" or "pause" or "restart" or "cut")) is { } unknown)
        {
            Console.Error.WriteLine($"--fault {unknown}: kill (SIGKILL), pause (SIGSTOP for 15 s), restart (SIGTERM, one after the other) or cut (from the other nodes' network), or several of them, separated by commas");
            return 2;
        }

        using var workspace = new Workspace("cluster");
        await using var database = await PostgreSqlInstance.StartAsync(workspace["postgresql"]).ConfigureAwait(false);
        var connection = await database.NewDatabaseAsync().ConfigureAwait(false);
        using var network = faults.Contains("cut") ? NetworkField.Make(nodes) : null;
        await using var sink = SinkServer.Start(new SinkOptions { Host = network?.Machine ?? System.Net.IPAddress.Loopback, KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(5) });
        await using var field = await ClusterField.StartAsync(workspace.Folder, new ClusterFieldOptions
        {
            Nodes = nodes, Connection = connection, Detection = detection,
            Routes = [new RouteSetup("*", sink.NextHop, 6)],
            Host = n => network?.Of(n).ToString() ?? "127.0.0.1",
            Launcher = n => network?.Launcher(n) ?? [],
        }).ConfigureAwait(false);

        await using var load = ClusterLoad.Start(field, sink, sessions);
        var first = new List<double>();
        var random = new Random(7);
        var watch = Stopwatch.StartNew();
        var restarts = 0;
        for (var time = 1; time <= times; time++)
        {
            var fault = faults[(time - 1) % faults.Length];
            var node = only > 0 ? only - 1 : fault is "restart" ? restarts++ % nodes : random.Next(nodes);
            await Task.Delay(TimeSpan.FromMilliseconds(1500 + random.Next(1500)), TimeProvider.System).ConfigureAwait(false);
            var redelivered = await HappenAsync(field, load, network, fault, node).ConfigureAwait(false);
            if (redelivered is { } took) first.Add(took.TotalSeconds);
            Console.Error.WriteLine($"{time} of {times}: {fault} n{node + 1}{(redelivered is { } after ? $", first redelivery after {after.TotalSeconds:0.00} s" : "")}");
        }

        var balance = await load.EndAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false);
        Console.Error.WriteLine(balance);
        if (balance.Lost > 0)
        {
            // What the store and the nodes say of them, before they are gone.
            foreach (var node in field.Nodes.Where(n => n.IsRunning))
            {
                Console.Error.WriteLine((await node.CommandAsync("cluster", "status").ConfigureAwait(false)).Output);
                Console.Error.WriteLine((await node.CommandAsync("dest", "list").ConfigureAwait(false)).Output);
                Console.Error.WriteLine(string.Join('\n', node.Errors.TakeLast(15)));
            }

            var lost = string.Join(',', balance.Nodes.SelectMany(n => n.Lost).Take(20).Select(n => $"'%<{n}.%'"));
            Console.Error.WriteLine(await database.QueryAsync("test1", $"SELECT m.id, m.id & 63 AS partition, m.state, m.initial, m.precedence, r.n, r.state, r.attempts, r.due, r.reply, o.owner, o.epoch FROM message m LEFT JOIN recipient r ON r.message = m.id LEFT JOIN ownership o ON o.partition = (m.id & 63) WHERE m.message_id LIKE ANY (ARRAY[{lost}])").ConfigureAwait(false));
        }
        first.Sort();
        var median = first.Count > 0 ? first[first.Count / 2] : 0;
        var worst = first.Count > 0 ? first[^1] : 0;
        Measures.Row("times", times);
        Measures.Row("seconds", watch.Elapsed.TotalSeconds);
        Measures.Row("accepted", balance.Accepted);
        Measures.Row("lost", balance.Lost);
        Measures.Row("duplicates", balance.Duplicates);
        Measures.Row("  unmarked", balance.Unmarked);
        Measures.Row("refused", balance.Refused);
        Measures.Row("slowest urgent message, s", balance.SlowestUrgent.TotalSeconds);
        Measures.Row("first redelivery, median s", median);
        Measures.Row("first redelivery, worst s", worst);
        Measures.WriteJson(json, new { faults, times, nodes, balance.Accepted, balance.Lost, balance.Duplicates, balance.Unmarked, balance.Refused, median, worst });
        var met = Measures.Require("lost", balance.Lost, n => n == 0, "0");
        met &= Measures.Require("unmarked duplicates", balance.Unmarked, n => n == 0, "0");
        if (faults is ["restart"])
        {
            met &= Measures.Require("duplicates", balance.Duplicates, n => n == 0, "0");
            met &= Measures.Require("slowest urgent message, s", balance.SlowestUrgent.TotalSeconds, s => s < 3, "under 3");
        }
        else met &= Measures.Require("duplicates", balance.Duplicates, n => n <= (long)times * sink.MostAtOnce, $"at most {times} x {sink.MostAtOnce} in flight");
        if (first.Count > 0)
        {
            met &= Measures.Require("median of the first redelivery, s", median, s => s < 6, "under 6");
            met &= Measures.Require("worst first redelivery, s", worst, s => s < 10, "under 10");
        }

        return met ? 0 : 1;
    }

    private static async Task<TimeSpan?> HappenAsync(ClusterField field, ClusterLoad load, NetworkField? network, string fault, int node)
    {
        switch (fault)
        {
            case "kill":
            {
                var from = Stopwatch.GetTimestamp();
                await field[node].KillAsync().ConfigureAwait(false);
                var first = await AfterAsync(load, node, from).ConfigureAwait(false);
                await field.StartAsync(node).ConfigureAwait(false);
                return first;
            }

            case "pause":
            {
                var from = Stopwatch.GetTimestamp();
                ProcessTree.Signal(field[node].Id, 19);
                var first = await AfterAsync(load, node, from).ConfigureAwait(false);
                var rest = TimeSpan.FromSeconds(15) - Stopwatch.GetElapsedTime(from);
                if (rest > TimeSpan.Zero) await Task.Delay(rest, TimeProvider.System).ConfigureAwait(false);
                ProcessTree.Signal(field[node].Id, 18);
                // Others own what it thinks is its own: it finds out and ends.
                var code = await field[node].WaitForEndAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
                Console.Error.WriteLine($"  n{node + 1} woke up and ended with {code}");
                await field.StartAsync(node).ConfigureAwait(false);
                return first;
            }

            case "cut":
            {
                var from = Stopwatch.GetTimestamp();
                for (var other = 0; other < field.Setups.Count; other++)
                    if (other != node) network!.Cut(node, network.Of(other));
                var first = await AfterAsync(load, node, from).ConfigureAwait(false);
                var ended = await field[node].WaitForEndAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
                Console.Error.WriteLine($"  n{node + 1} ended with {ended}");
                for (var other = 0; other < field.Setups.Count; other++)
                    if (other != node) network!.Heal(node, network.Of(other));
                await field.StartAsync(node).ConfigureAwait(false);
                return first;
            }

            default:
            {
                var watch = Stopwatch.StartNew();
                var code = await field[node].TerminateAsync().ConfigureAwait(false);
                Console.Error.WriteLine($"  n{node + 1} left in {watch.Elapsed.TotalSeconds:0.00} s with {code}");
                await field.StartAsync(node).ConfigureAwait(false);
                return null;
            }
        }
    }

    // What was on the wire to the sink at the moment still arrives: only what comes later is somebody else's work.
    private static async Task<TimeSpan?> AfterAsync(ClusterLoad load, int node, long from)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System).ConfigureAwait(false);
        return await load.FirstFromAsync(node, TakeOverLimit).ConfigureAwait(false) is null ? null : Stopwatch.GetElapsedTime(from);
    }
}
