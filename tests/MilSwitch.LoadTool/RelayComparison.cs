using System.Diagnostics;
using System.Globalization;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// Relayed messages a second and processor time per message, MilSwitch and Postfix in turn in one run:
/// a source, the switch, a sink, all on this machine.
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
        arguments.RefuseOthers();
        if (generator is not ("" or "lean" or "smtp-source")) throw new ArgumentException($"no such generator: {generator}");
        if (Requirement.Missing("postfix", "smtp-source", "smtp-sink", Requirement.Root) is { } missing)
        {
            Console.WriteLine("skipped: " + missing);
            return 0;
        }

        var watch = Stopwatch.StartNew();
        var results = new List<RelayRound>();
        Measures.Row("round", "messages/s", "us CPU/msg", "others' CPU %");
        foreach (var group in sizes.GroupBy(size => generator is "" ? size > LargestForSmtpSource ? "lean" : "smtp-source" : generator))
        {
            using var workspace = new Workspace("relay");
            await using var load = group.Key is "lean" ? await LeanLoad.StartAsync().ConfigureAwait(false) : await PostfixLoad.StartAsync().ConfigureAwait(false);
            Console.WriteLine($"load: {load.Name}");
            await using var milswitch = only is "" or "milswitch" ? await StartSwitchAsync(workspace["switch"], load.NextHop).ConfigureAwait(false) : null;
            await using var postfix = only is "" or "postfix"
                ? await PostfixInstance.StartAsync(Folder(workspace["postfix"]), new PostfixOptions { NextHop = load.NextHop, Connections = Sessions }).ConfigureAwait(false)
                : null;
            var contestants = new List<Contestant>();
            if (milswitch is not null) contestants.Add(new Contestant("milswitch", milswitch.Port, () => milswitch.ProcessorTime));
            if (postfix is not null) contestants.Add(new Contestant("postfix", postfix.Port, () => postfix.ProcessorTime));
            foreach (var size in group)
            {
                foreach (var contestant in contestants)
                    await MeasureAsync(contestant, load, size, 0, Count(contestant, size, messages)).ConfigureAwait(false);
                for (var round = 1; round <= rounds && watch.Elapsed < budget; round++)
                {
                    foreach (var contestant in round % 2 is 0 ? Enumerable.Reverse(contestants) : contestants)
                    {
                        var result = await MeasureAsync(contestant, load, size, round, Count(contestant, size, messages)).ConfigureAwait(false);
                        results.Add(result);
                        Measures.Row($"{size} {contestant.Name} {round}", result.Rate, result.Microseconds, result.Foreign * 100);
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
            var wanted = size switch { <= 4096 => 7, <= 102400 => 3, _ => 2 };
            met &= Measures.Require($"{size} octets, messages/s as multiple of Postfix", rate, r => r >= wanted, $"at least {wanted}");
            if (size > 4096) continue;
            met &= Measures.Require($"{size} octets, processor time as share of Postfix", time, t => t <= 1.0 / 3, "at most 0.33");
            met &= Measures.Require($"{size} octets, processor time in us", ours.Microseconds, t => t <= 200, "at most 200");
        }

        Measures.WriteJson(json, new { rounds = results, ratios });
        return met ? 0 : 1;
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

    private static async Task<RelayRound> MeasureAsync(Contestant contestant, ILoad load, int size, int round, int messages)
    {
        var limit = TimeSpan.FromMinutes(4);
        var goal = load.Count + messages;
        var machine = ProcessTree.MachineTime();
        var before = contestant.ProcessorTime();
        var watch = Stopwatch.StartNew();
        await load.SendAsync(contestant.Port, messages, size, Sessions, limit).ConfigureAwait(false);
        await Eventually.ComesTrueAsync(
            () => load.Count >= goal, limit,
            string.Create(CultureInfo.InvariantCulture, $"{contestant.Name} relays {messages} messages of {size} octets")).ConfigureAwait(false);
        var elapsed = watch.Elapsed;
        // What is noted after the last 250 (log, store) belongs to the message as well.
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System).ConfigureAwait(false);
        var spent = contestant.ProcessorTime() - before;
        var others = (ProcessTree.MachineTime() - machine - spent) / (watch.Elapsed * Environment.ProcessorCount);
        return new RelayRound(contestant.Name, size, round, messages, elapsed.TotalSeconds, messages / elapsed.TotalSeconds, spent.TotalMicroseconds / messages, others);
    }

    private sealed record Contestant(string Name, int Port, Func<TimeSpan> ProcessorTime);
}

/// <param name="Foreign">Share of the machine that all other processes took: source, sink, and strangers.</param>
internal sealed record RelayRound(string Name, int Size, int Round, int Messages, double Seconds, double Rate, double Microseconds, double Foreign);
