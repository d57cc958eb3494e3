using System.Diagnostics;
using System.Globalization;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// Relayed messages a second and processor time per message, MilSwitch and Postfix in turn in one run:
/// a source, the switch, a sink, all on this machine. The switch is one process with a store of its own, or nodes over one
/// PostgreSQL, whose server's processor time counts as theirs.
/// </summary>
internal static class RelayComparison
{
    private const int Sessions = 20;

    /// <summary>Above it the tools of Postfix cost so much for each octet that they would be what is measured.</summary>
    private const int LargestForSmtpSource = 16 << 10;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var rounds = arguments.Number("rounds", 5);
        var messages = arguments.Number("messages", 0);
        var sizes = arguments.Numbers("sizes", "4096,102400,1048576");
        var only = arguments.Text("only", "");
        var json = arguments.Text("json", "");
        var generator = arguments.Text("generator", "");
        var budget = TimeSpan.FromSeconds(arguments.Number("seconds", 1500));
        var nodes = arguments.Number("nodes", 0);
        var pinned = arguments.Text("pin", "no") is not "no";
        arguments.RefuseOthers();
        if (generator is not ("" or "lean" or "smtp-source")) throw new ArgumentException($"no such generator: {generator}");
        var sessions = Sessions * Math.Max(1, nodes);
        if (Requirement.Missing("postfix", "smtp-source", "smtp-sink", Requirement.Root) is { } missing)
        {
            Console.WriteLine("skipped: " + missing);
            return 0;
        }

        var watch = Stopwatch.StartNew();
        var results = new List<RelayRound>();
        Measures.Row("round", "messages/s", "us CPU/msg", "of it in store", "others' CPU %");
        foreach (var group in sizes.GroupBy(size => generator is "" ? size > LargestForSmtpSource ? "lean" : "smtp-source" : generator))
        {
            using var workspace = new Workspace("relay");
            await using var load = group.Key is "lean" ? await LeanLoad.StartAsync().ConfigureAwait(false) : await PostfixLoad.StartAsync().ConfigureAwait(false);
            Console.WriteLine($"load: {load.Name}");
            await using var ours = only is "" or "milswitch" ? await ContenderAsync(workspace["switch"], load.NextHop, nodes, pinned).ConfigureAwait(false) : null;
            await using var postfix = only is "" or "postfix"
                ? await PostfixInstance.StartAsync(Folder(workspace["postfix"]), new PostfixOptions { NextHop = load.NextHop, Connections = sessions }).ConfigureAwait(false)
                : null;
            var contestants = new List<Contestant>();
            if (ours is not null) contestants.Add(ours.Contestant);
            if (postfix is not null) contestants.Add(new Contestant("postfix", [postfix.Port], () => postfix.ProcessorTime, static () => default));
            foreach (var size in group)
            {
                foreach (var contestant in contestants)
                    await MeasureAsync(contestant, load, size, sessions, 0, Count(contestant, size, messages)).ConfigureAwait(false);
                for (var round = 1; round <= rounds && watch.Elapsed < budget; round++)
                {
                    foreach (var contestant in round % 2 is 0 ? Enumerable.Reverse(contestants) : contestants)
                    {
                        var result = await MeasureAsync(contestant, load, size, sessions, round, Count(contestant, size, messages)).ConfigureAwait(false);
                        results.Add(result);
                        Measures.Row($"{size} {contestant.Name} {round}", result.Rate, result.Microseconds, result.InStore, result.Foreign * 100);
                    }
                }
            }
        }

        Console.WriteLine();
        Measures.Row("median", "messages/s", "us CPU/msg");
        var medians = results.GroupBy(r => (r.Size, r.Name)).ToDictionary(
            g => g.Key, g => (Rate: Measures.Median(g.Select(r => r.Rate)), Microseconds: Measures.Median(g.Select(r => r.Microseconds))));
        foreach (var ((size, name), median) in medians) Measures.Row($"{size} {name}", median.Rate, median.Microseconds);
        Console.WriteLine();
        var met = true;
        var ratios = new List<object>();
        foreach (var size in sizes)
        {
            if (!medians.TryGetValue((size, "milswitch"), out var ours) || !medians.TryGetValue((size, "postfix"), out var theirs)) continue;
            var (rate, time) = (ours.Rate / theirs.Rate, ours.Microseconds / theirs.Microseconds);
            ratios.Add(new { size, rate, processorTime = time, microseconds = ours.Microseconds });
            var wanted = (size, nodes) switch { ( <= 4096, 0) => 7, ( <= 4096, 1) => 4, ( <= 4096, _) => 3, ( <= 102400, 0) => 3, (_, 0) => 2, _ => 0 };
            if (wanted > 0) met &= Measures.Require($"{size} octets, messages/s as multiple of Postfix", rate, r => r >= wanted, $"at least {wanted}");
            if (size > 4096 || nodes > 0) continue;
            met &= Measures.Require($"{size} octets, processor time as share of Postfix", time, t => t <= 1.0 / 3, "at most 0.33");
            met &= Measures.Require($"{size} octets, processor time in us", ours.Microseconds, t => t <= 200, "at most 200");
        }

        Measures.WriteJson(json, new { rounds = results, ratios });
        return met ? 0 : 1;
    }

    private static async Task<Contender> ContenderAsync(string folder, string nextHop, int nodes, bool pinned)
    {
        if (nodes == 0)
        {
            var single = await StartSwitchAsync(folder, nextHop).ConfigureAwait(false);
            return new Contender(new Contestant("milswitch", [single.Port], () => single.ProcessorTime, static () => default), [single]);
        }

        var server = await PostgreSqlInstance.StartAsync(Path.Combine(Folder(folder), "postgresql"), "shared_buffers = 256MB").ConfigureAwait(false);
        try
        {
            var field = await ClusterField.StartAsync(folder, new ClusterFieldOptions
            {
                Nodes = nodes,
                Connection = await server.NewDatabaseAsync().ConfigureAwait(false),
                Routes = [new RouteSetup("*", nextHop, Sessions * nodes)],
                Launcher = n => pinned ? ["taskset", "-c", (n % Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture)] : [],
            }).ConfigureAwait(false);
            return new Contender(
                new Contestant(
                    "milswitch", [.. field.Setups.Select(s => s.Port)],
                    () => server.ProcessorTime + field.Nodes.Aggregate(TimeSpan.Zero, (sum, node) => sum + node.ProcessorTime), () => server.ProcessorTime),
                [field, server]);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public static async Task<SwitchProcess> StartSwitchAsync(string folder, string nextHop, int connections = Sessions) =>
        await SwitchProcess.StartAsync(Folder(folder), new SwitchSetup
        {
            DataFolder = Path.Combine(folder, "data"),
            Routes = [new RouteSetup("*", nextHop, connections)],
        }).ConfigureAwait(false);

    public static string Folder(string path)
    {
        Directory.CreateDirectory(path);
        return path;
    }

    // About as many messages as take each of them ten seconds, so that a round is neither noise nor an hour.
    private static int Count(Contestant contestant, int size, int wished) => wished > 0
        ? wished
        : (size, contestant.Name) switch
        {
            ( <= 16384, "postfix") => 8000,
            ( <= 16384, _) => 40000,
            ( <= 204800, "postfix") => 4000,
            ( <= 204800, _) => 8000,
            (_, "postfix") => 500,
            _ => 1000,
        };

    private static async Task<RelayRound> MeasureAsync(Contestant contestant, ILoad load, int size, int sessions, int round, int messages)
    {
        var limit = TimeSpan.FromMinutes(4);
        var goal = load.Count + messages;
        var machine = ProcessTree.MachineTime();
        var (before, store) = (contestant.ProcessorTime(), contestant.StoreTime());
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(contestant.Ports.Select((port, n) =>
            load.SendAsync(port, (messages + n) / contestant.Ports.Count, size, sessions / contestant.Ports.Count, limit))).ConfigureAwait(false);
        await Eventually.ComesTrueAsync(
            () => load.Count >= goal, limit,
            string.Create(CultureInfo.InvariantCulture, $"{contestant.Name} relays {messages} messages of {size} octets")).ConfigureAwait(false);
        var elapsed = watch.Elapsed;
        // What is noted after the last 250 (log, store) belongs to the message as well.
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System).ConfigureAwait(false);
        var (spent, inStore) = (contestant.ProcessorTime() - before, contestant.StoreTime() - store);
        var others = (ProcessTree.MachineTime() - machine - spent) / (watch.Elapsed * Environment.ProcessorCount);
        return new RelayRound(contestant.Name, size, round, messages, elapsed.TotalSeconds, messages / elapsed.TotalSeconds, spent.TotalMicroseconds / messages, inStore.TotalMicroseconds / messages, others);
    }

    private sealed record Contestant(string Name, IReadOnlyList<int> Ports, Func<TimeSpan> ProcessorTime, Func<TimeSpan> StoreTime);

    /// <summary>A contestant with what has to be ended behind it, in this order.</summary>
    private sealed class Contender(Contestant contestant, IReadOnlyList<IAsyncDisposable> parts) : IAsyncDisposable
    {
        public Contestant Contestant => contestant;

        public async ValueTask DisposeAsync()
        {
            foreach (var part in parts) await part.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <param name="Microseconds">Processor time of all processes that belong to it, a message.</param>
/// <param name="InStore">Of that, in the server of the store.</param>
/// <param name="Foreign">Share of the machine that all other processes took: source, sink, and strangers.</param>
internal sealed record RelayRound(string Name, int Size, int Round, int Messages, double Seconds, double Rate, double Microseconds, double InStore, double Foreign);
