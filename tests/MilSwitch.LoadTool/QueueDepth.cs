using System.Diagnostics;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// Does a long queue for a destination that is down slow the others? What does a waiting message cost in memory, and how
/// long does a restart with all of them take?
/// </summary>
internal static class QueueDepth
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var depth = arguments.Number("depth", 200_000);
        var messages = arguments.Number("messages", 40_000);
        var rounds = arguments.Number("rounds", 3);
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        if (Requirement.Missing("smtp-source", "smtp-sink") is { } missing)
        {
            Console.WriteLine("skipped: " + missing);
            return 0;
        }

        using var workspace = new Workspace("depth");
        await using var sink = await SmtpSinkProcess.StartAsync().ConfigureAwait(false);
        await using var milswitch = await SwitchProcess.StartAsync(workspace.Folder, new SwitchSetup
        {
            DataFolder = workspace["data"],
            Routes = [new RouteSetup("down.test", $"127.0.0.1:{Ports.Free()}"), new RouteSetup("*", sink.NextHop)],
        }).ConfigureAwait(false);

        await RateAsync(messages).ConfigureAwait(false);
        var empty = await MedianRateAsync().ConfigureAwait(false);
        var before = milswitch.ResidentOctets;
        var filling = Stopwatch.StartNew();
        await SmtpSource.SendAsync(milswitch.Port, depth, 1024, 50, TimeSpan.FromMinutes(10), "load@down.test").ConfigureAwait(false);
        Console.WriteLine($"{depth} messages queued in {filling.Elapsed.TotalSeconds:0.0} s");
        // Garbage of the filling is not the price of waiting: measure after work on other messages made room.
        var full = await MedianRateAsync().ConfigureAwait(false);
        var after = milswitch.ResidentOctets;
        await milswitch.KillAsync().ConfigureAwait(false);
        await milswitch.StartAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false);
        var restart = milswitch.TimeToReady;
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System).ConfigureAwait(false);
        var restarted = milswitch.ResidentOctets;
        var afterRestart = await RateAsync(messages).ConfigureAwait(false);
        var result = new
        {
            depth, empty, full, ratio = full / empty, afterRestart,
            octetsPerMessage = (double)(after - before) / depth,
            residentEmpty = before, residentFull = after, residentAfterRestart = restarted, restartSeconds = restart.TotalSeconds,
        };
        Measures.Row("messages/s, queue empty", empty);
        Measures.Row($"messages/s, {depth} queued", full);
        Measures.Row("  after the restart", afterRestart);
        Measures.Row("resident MiB empty", before / 1048576.0);
        Measures.Row("  with the queue", after / 1048576.0);
        Measures.Row("  after the restart", restarted / 1048576.0);
        Measures.Row("octets per queued message", result.octetsPerMessage);
        Measures.WriteJson(json, result);
        var met = Measures.Require("throughput with the queue as share of empty", result.ratio, r => r >= 0.85, "at least 0.85");
        met &= Measures.Require("seconds from start to ready with the queue", restart.TotalSeconds, s => s < 10, "under 10");
        return met ? 0 : 1;

        async Task<double> MedianRateAsync()
        {
            var rates = new List<double>();
            for (var i = 0; i < rounds; i++) rates.Add(await RateAsync(messages).ConfigureAwait(false));
            return Measures.Median(rates);
        }

        async Task<double> RateAsync(int count)
        {
            var goal = sink.Count + count;
            var watch = Stopwatch.StartNew();
            await SmtpSource.SendAsync(milswitch.Port, count, 4096, 20, TimeSpan.FromMinutes(4)).ConfigureAwait(false);
            await Eventually.ComesTrueAsync(() => sink.Count >= goal, TimeSpan.FromMinutes(4), $"{count} messages relayed").ConfigureAwait(false);
            return count / watch.Elapsed.TotalSeconds;
        }
    }
}
