using System.Diagnostics;
using System.Globalization;
using System.Net;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// What is lost, what is doubled, and how long the others wait, when nodes of a cluster are killed, paused, cut off or
/// replaced, when a clock jumps and when the disk of the store is slow or full, under load in all six levels?
/// </summary>
internal sealed class ClusterFaults
{
    private const string Faults =
        """
        kill (SIGKILL), pause (SIGSTOP for 15 s), restart (SIGTERM, one after the other), cut (a node from the other nodes'
        network), store (a node from PostgreSQL), clock (a node's time of day jumps by hours, there and back), slow-disk (each
        sync of PostgreSQL takes two seconds, for 20 s) or full-disk (no room for PostgreSQL, for 15 s)
        """;

    private static readonly string[] Known = ["kill", "pause", "restart", "cut", "store", "clock", "slow-disk", "full-disk"];
    private static readonly TimeSpan TakeOverLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(2);

    // What was on the wire to the sink when something happened still arrives; what comes later is somebody's work.
    private static readonly TimeSpan OnTheWire = TimeSpan.FromMilliseconds(300);

    private readonly ClusterField field;
    private readonly ClusterLoad load;
    private readonly PostgreSqlInstance database;
    private readonly NetworkField? network;
    private readonly FaultyDevice? device;
    private readonly Volume? volume;
    private readonly IReadOnlyList<SteppedClock> clocks;

    private ClusterFaults(
        ClusterField field, ClusterLoad load, PostgreSqlInstance database, NetworkField? network, FaultyDevice? device, Volume? volume, IReadOnlyList<SteppedClock> clocks)
    {
        this.field = field;
        this.load = load;
        this.database = database;
        this.network = network;
        this.device = device;
        this.volume = volume;
        this.clocks = clocks;
    }

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var faults = arguments.Text("fault", "kill").Split(',');
        var times = arguments.Number("times", faults.Length is 1 ? 20 : faults.Length);
        var nodes = arguments.Number("nodes", 3);
        var sessions = arguments.Number("sessions", 6);
        var only = arguments.Number("node", 0);
        var detection = arguments.Text("detection", "normal");
        var minutes = arguments.Number("minutes", 0);
        var logs = arguments.Text("logs", "");
        var from = arguments.Text("from", "");
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        if (faults.FirstOrDefault(f => !Known.Contains(f)) is { } unknown)
        {
            Console.Error.WriteLine($"--fault {unknown}: {Faults}; or several of them, separated by commas");
            return 2;
        }

        if (from.Length > 0 && !File.Exists(from))
        {
            Console.Error.WriteLine($"--from {from}: no such program");
            return 2;
        }

        using var workspace = new Workspace("cluster");
        using var network = faults.Intersect(["cut", "store"]).Any() ? NetworkField.Make(nodes) : null;
        var server = workspace["postgresql"];
        using var volume = faults.Contains("full-disk") ? new Volume(server, "size=1g") : null;
        var device = faults.Contains("slow-disk") ? new FaultyDevice(server, workspace.Folder) : null;
        SteppedClock[] clocks = faults.Contains("clock") ? [.. Enumerable.Range(0, nodes).Select(n => new SteppedClock(workspace[$"clock{n + 1}"]))] : [];
        await using var database = await PostgreSqlInstance.StartAsync(
            server, device?.Environment, network is null ? [] : [$"listen_addresses = '127.0.0.1,{network.Other}'"]).ConfigureAwait(false);
        var connection = await database.NewDatabaseAsync().ConfigureAwait(false);
        if (faults.Contains("store"))
        {
            await database.AdmitAsync($"{network!.Other}/24").ConfigureAwait(false);
            connection = database.ConnectionBy(network.Other.ToString(), "test1");
        }

        await using var sink = SinkServer.Start(new SinkOptions { Host = network?.Machine ?? IPAddress.Loopback, KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(5) });
        await using var field = await ClusterField.StartAsync(workspace.Folder, new ClusterFieldOptions
        {
            Nodes = nodes, Connection = connection, Detection = detection, StartsAfresh = true,
            Routes = [new RouteSetup("*", sink.NextHop, 6)],
            Host = n => network?.Of(n).ToString() ?? "127.0.0.1",
            Launcher = n => network?.Launcher(n) ?? [],
            Change = (n, setup) => setup with { Program = from is "" ? null : Path.GetFullPath(from), Environment = clocks.Length is 0 ? setup.Environment : clocks[n].Environment },
        }).ConfigureAwait(false);

        await using var load = ClusterLoad.Start(field, sink, sessions);
        var stage = new ClusterFaults(field, load, database, network, device, volume, clocks);
        var first = new List<double>();
        var random = new Random(7);
        var watch = Stopwatch.StartNew();
        var restarts = 0;
        var done = 0;
        while (done < times && (minutes is 0 || watch.Elapsed < TimeSpan.FromMinutes(minutes)))
        {
            var fault = faults[done++ % faults.Length];
            var node = only > 0 ? only - 1 : fault is "restart" ? restarts++ % nodes : random.Next(nodes);
            await PauseAsync(TimeSpan.FromMilliseconds(1500 + random.Next(1500))).ConfigureAwait(false);
            var at = TimeProvider.System.GetUtcNow();
            TimeSpan? redelivered;
            try
            {
                redelivered = await stage.HappenAsync(fault, node).ConfigureAwait(false);
            }
            catch
            {
                await stage.WriteLogsAsync(logs).ConfigureAwait(false);
                throw;
            }

            if (redelivered is { } took) first.Add(took.TotalSeconds);
            Console.Error.WriteLine($"{done} of {times}: {fault} n{node + 1} at {at:HH:mm:ss.fff}{(redelivered is { } after ? $", first redelivery after {after.TotalSeconds:0.00} s" : "")}");
        }

        times = done;
        var balance = await load.EndAsync(Recovery).ConfigureAwait(false);
        Console.Error.WriteLine(balance);
        await stage.WriteLogsAsync(logs).ConfigureAwait(false);
        if (balance.Lost > 0)
        {
            // What the store and the nodes say of them, before they are gone.
            foreach (var node in field.Nodes.Where(n => n.IsRunning))
            {
                Console.Error.WriteLine((await node.CommandAsync("cluster", "status").ConfigureAwait(false)).Output);
                Console.Error.WriteLine((await node.CommandAsync("dest", "list").ConfigureAwait(false)).Output);
                Console.Error.WriteLine(string.Join('\n', node.Errors.TakeLast(15)));
            }

            var missing = string.Join(',', balance.Nodes.SelectMany(n => n.Lost).Take(20).Select(n => $"'%<{n}.%'"));
            Console.Error.WriteLine(await database.QueryAsync("test1", $"SELECT m.id, m.id & 63 AS partition, m.state, m.initial, m.precedence, r.n, r.state, r.attempts, r.due, r.reply, o.owner, o.epoch FROM message m LEFT JOIN recipient r ON r.message = m.id LEFT JOIN ownership o ON o.partition = (m.id & 63) WHERE m.message_id LIKE ANY (ARRAY[{missing}])").ConfigureAwait(false));
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
        Measures.Row("marked", balance.Nodes.Sum(n => n.Marked));
        Measures.Row("refused", balance.Refused);
        Measures.Row("taken for dead while starting", field.FreshStarts);
        Measures.Row("slowest urgent message, s", balance.SlowestUrgent.TotalSeconds);
        Measures.Row("first redelivery, measured", first.Count);
        Measures.Row("first redelivery, median s", median);
        Measures.Row("first redelivery, worst s", worst);
        Measures.WriteJson(json, new { faults, times, nodes, balance.Accepted, balance.Lost, balance.Duplicates, balance.Unmarked, Marked = balance.Nodes.Sum(n => n.Marked), balance.Refused, Measured = first.Count, median, worst });
        var met = Measures.Require("lost", balance.Lost, n => n == 0, "0");
        met &= Measures.Require("refused for good", balance.Blasts.Sum(b => b.Replies.Where(r => r.Key >= 500).Sum(r => r.Value)), n => n == 0, "0");
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

    /// <summary>What the nodes said, one file each; an empty name writes none.</summary>
    private async Task WriteLogsAsync(string folder)
    {
        if (folder.Length is 0) return;
        Directory.CreateDirectory(folder);
        foreach (var node in field.Nodes) await File.WriteAllLinesAsync(Path.Combine(folder, node.Setup.Node + ".log"), node.Errors).ConfigureAwait(false);
    }

    private static Task PauseAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    private static string Name(int node) => string.Create(CultureInfo.InvariantCulture, $"n{node + 1}");

    private static TimeSpan? Since(long from, long? to) => to is { } at ? Stopwatch.GetElapsedTime(from, at) : null;

    private Task<TimeSpan?> HappenAsync(string fault, int node) => fault switch
    {
        "kill" => KillAsync(node),
        "pause" => StopAsync(node),
        "cut" => CutAsync(node, [.. Enumerable.Range(0, field.Setups.Count).Where(other => other != node).Select(network!.Of)]),
        "store" => CutAsync(node, [network!.Other]),
        "clock" => StepAsync(node),
        "slow-disk" => WithoutStoreAsync(
            "each sync takes two seconds", TimeSpan.FromSeconds(20),
            () => device!.Delay(DeviceCall.Sync, TimeSpan.FromSeconds(2)), () => device!.Heal()),
        "full-disk" => WithoutStoreAsync(
            "no octet is left", TimeSpan.FromSeconds(15),
            () => Volume.Fill(Filler), () => File.Delete(Filler)),
        _ => ReplaceAsync(node),
    };

    private string Filler => Path.Combine(volume!.Folder, "filler");

    private async Task<TimeSpan?> KillAsync(int node)
    {
        var from = Stopwatch.GetTimestamp();
        await field[node].KillAsync().ConfigureAwait(false);
        var first = await FirstOfItsWorkAsync(node).ConfigureAwait(false);
        await field.StartAsync(node).ConfigureAwait(false);
        return Since(from, first);
    }

    private async Task<TimeSpan?> StopAsync(int node)
    {
        var from = Stopwatch.GetTimestamp();
        ProcessTree.Signal(field[node].Id, 19);
        var first = await FirstOfItsWorkAsync(node).ConfigureAwait(false);
        var rest = TimeSpan.FromSeconds(15) - Stopwatch.GetElapsedTime(from);
        if (rest > TimeSpan.Zero) await PauseAsync(rest).ConfigureAwait(false);
        ProcessTree.Signal(field[node].Id, 18);
        // Others own what it thinks is its own: it finds out and ends.
        var code = await field[node].WaitForEndAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        Console.Error.WriteLine($"  {Name(node)} woke up and ended with {code}");
        await field.StartAsync(node).ConfigureAwait(false);
        return Since(from, first);
    }

    private async Task<TimeSpan?> CutAsync(int node, IReadOnlyList<IPAddress> from)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var address in from) network!.Cut(node, address);
        // For a while it goes on with what it has, as it may; what it leaves behind comes from another node's address, be it for
        // the second time.
        var first = await load.FirstAsync(TakeOverLimit, (serial, taken) => ClusterLoad.NodeOf(serial) == node && !taken.From.Equals(network!.Of(node))).ConfigureAwait(false);
        var code = await field[node].WaitForEndAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        Console.Error.WriteLine($"  {Name(node)} ended with {code} after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        foreach (var address in from) network!.Heal(node, address);
        await field.StartAsync(node).ConfigureAwait(false);
        return Since(began, first);
    }

    private async Task<TimeSpan?> StepAsync(int node)
    {
        foreach (var hours in (int[])[6, -6, 0])
        {
            var before = await OwnershipAsync().ConfigureAwait(false);
            var accepted = load.AcceptedBy(node);
            clocks[node].Set(TimeSpan.FromHours(hours));
            await PauseAsync(TimeSpan.FromSeconds(8)).ConfigureAwait(false);
            var after = await OwnershipAsync().ConfigureAwait(false);
            Console.Error.WriteLine(
                $"  {Name(node)} is {hours} h off: {(field[node].IsRunning ? "runs" : "ended")}, {load.AcceptedBy(node) - accepted} accepted in 8 s, {before.Except(after).Count()} partitions changed owners");
        }

        await ReviveAsync().ConfigureAwait(false);
        return null;
    }

    private async Task<TimeSpan?> WithoutStoreAsync(string what, TimeSpan time, Action begin, Action end)
    {
        var before = await OwnershipAsync().ConfigureAwait(false);
        var accepted = Accepted();
        begin();
        await PauseAsync(time).ConfigureAwait(false);
        var meanwhile = Accepted() - accepted;
        end();
        var healed = Stopwatch.GetTimestamp();
        if (!database.IsRunning)
        {
            // Whatever supervises the server starts it again.
            Console.Error.WriteLine("  PostgreSQL ended; started again");
            await database.StartAgainAsync().ConfigureAwait(false);
        }

        var ended = await ReviveAsync().ConfigureAwait(false);
        var now = Enumerable.Range(0, field.Setups.Count).Select(load.AcceptedBy).ToList();
        await Eventually.ComesTrueAsync(
            () => Enumerable.Range(0, field.Setups.Count).All(n => load.AcceptedBy(n) > now[n] + 20), Recovery, "every node accepts mail again").ConfigureAwait(false);
        var after = await OwnershipAsync().ConfigureAwait(false);
        Console.Error.WriteLine(
            $"  {what}: {meanwhile} accepted in {time.TotalSeconds} s, {ended} nodes ended, {before.Except(after).Count()} partitions changed owners, all accept mail {Stopwatch.GetElapsedTime(healed).TotalSeconds:0.0} s after it was over");
        return null;

        int Accepted() => Enumerable.Range(0, field.Setups.Count).Sum(load.AcceptedBy);
    }

    private async Task<TimeSpan?> ReplaceAsync(int node)
    {
        var watch = Stopwatch.StartNew();
        var code = await field[node].TerminateAsync().ConfigureAwait(false);
        Console.Error.WriteLine($"  {Name(node)} left in {watch.Elapsed.TotalSeconds:0.00} s with {code}");
        // What began with another program goes on with this one.
        field[node].Configure(field[node].Setup with { Program = null });
        await field.StartAsync(node).ConfigureAwait(false);
        return null;
    }

    /// <summary>Starts those that ended, as their supervisor would; returns how many.</summary>
    private async Task<int> ReviveAsync()
    {
        var ended = 0;
        for (var node = 0; node < field.Setups.Count; node++)
        {
            if (field[node].IsRunning) continue;
            ended++;
            await field.StartAsync(node).ConfigureAwait(false);
        }

        return ended;
    }

    /// <summary>Partitions, owners, epochs.</summary>
    private async Task<IReadOnlyList<string>> OwnershipAsync() =>
        (await database.QueryAsync("test1", "SELECT partition, owner, incarnation, epoch FROM ownership").ConfigureAwait(false)).Split('\n');

    /// <summary>
    /// Who is dead owns what it owned until another takes it. The first arrival of what lay there, waiting, when it died:
    /// another's work for certain.
    /// </summary>
    private async Task<long?> FirstOfItsWorkAsync(int node)
    {
        var waiting = await database.QueryAsync(
            "test1",
            $"SELECT substring(m.message_id from '^<([0-9]+)[.]') FROM message m JOIN ownership o ON o.partition = m.id & 63 WHERE m.state < 4 AND o.owner = '{Name(node)}'").ConfigureAwait(false);
        await PauseAsync(OnTheWire).ConfigureAwait(false);
        var serials = waiting.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(s => long.Parse(s, CultureInfo.InvariantCulture)).Where(s => !load.HasArrived(s)).ToHashSet();
        if (serials.Count is 0)
        {
            Console.Error.WriteLine($"  nothing waited with {Name(node)}");
            return null;
        }

        return await load.FirstAsync(TakeOverLimit, (serial, _) => serials.Contains(serial)).ConfigureAwait(false);
    }
}
