using System.Diagnostics;
using MilSwitch.Domain.Precedences;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// Routine mail waits for a link whose every transaction takes a fixed time; Flash messages are sent into it. How long until
/// the neighbour answered 250 for them, in transactions of that link? Postfix the same, as far as patience goes.
/// </summary>
internal static class FlashThroughSaturation
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var backlog = arguments.Number("messages", 10_000);
        var delay = TimeSpan.FromMilliseconds(arguments.Number("delay", 50));
        var connections = arguments.Number("connections", 4);
        var interval = TimeSpan.FromMilliseconds(arguments.Number("interval", 250));
        var probes = arguments.Number("probes", 200);
        var patience = TimeSpan.FromSeconds(arguments.Number("patience", 240));
        var only = arguments.Text("only", "");
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        var results = new List<FlashResult>();
        using var workspace = new Workspace("flash");
        if (only is "" or "milswitch")
        {
            await using var sink = SinkServer.Start(new SinkOptions { KeepContents = false });
            await using var milswitch = await RelayComparison.StartSwitchAsync(workspace["switch"], sink.NextHop, connections).ConfigureAwait(false);
            results.Add(await MeasureAsync("milswitch", milswitch.Port, sink, Precedence.Flash, probes).ConfigureAwait(false));
        }

        if (only is "" or "postfix")
        {
            if (Requirement.Missing("postfix", Requirement.Root) is { } missing) Console.WriteLine("postfix skipped: " + missing);
            else
            {
                await using var sink = SinkServer.Start(new SinkOptions { KeepContents = false });
                await using var postfix = await PostfixInstance.StartAsync(
                    RelayComparison.Folder(workspace["postfix"]),
                    new PostfixOptions { NextHop = sink.NextHop, Connections = connections }).ConfigureAwait(false);
                // It knows no precedence: each probe waits for the whole backlog, so a few of them say it all.
                results.Add(await MeasureAsync("postfix", postfix.Port, sink, null, Math.Min(probes, 5)).ConfigureAwait(false));
            }
        }

        Measures.Row("", "probes", "answered", "waiting", "transaction ms", "p50 ms", "p99 ms", "p50 trans.", "p99 trans.", "worst trans.");
        foreach (var r in results)
            Measures.Row(r.Name, r.Probes, r.Answered, r.Waiting, r.Transaction, r.P50, r.P99, r.P50 / r.Transaction, r.P99 / r.Transaction, r.Worst / r.Transaction);
        Measures.WriteJson(json, results);
        var met = true;
        foreach (var r in results.Where(r => r.Name == "milswitch"))
        {
            met &= Measures.Require("Flash p99 in transactions of the link", r.P99 / r.Transaction, v => v <= 2, "at most 2");
            met &= Measures.Require("Flash probes that arrived", r.Answered, v => (int)v == r.Probes, $"all {r.Probes}");
            met &= Measures.Require("Routine still waiting at the end", r.Waiting, v => v > 0, "more than 0");
        }

        return met ? 0 : 1;

        async Task<FlashResult> MeasureAsync(string name, int port, SinkServer sink, Precedence? level, int count)
        {
            var (routine, flash) = (new Ledger(), new Ledger());
            var routineTimes = new List<double>();
            sink.Arrived += transaction =>
            {
                var book = transaction.Mail.Contains("<flash@", StringComparison.Ordinal) ? flash : routine;
                book.Arrive(transaction);
                if (book != routine) return;
                lock (routineTimes) routineTimes.Add(Stopwatch.GetElapsedTime(transaction.Begun, transaction.Ended).TotalMilliseconds);
            };
            // The backlog builds up behind a link that is slower than any client.
            sink.Delay = TimeSpan.FromSeconds(2);
            await SmtpBlaster.RunAsync(
                new BlastOptions { Port = port, Messages = backlog, Size = 2048, Precedence = _ => level is null ? null : Precedence.Routine }, routine).ConfigureAwait(false);
            sink.Delay = delay;
            lock (routineTimes) routineTimes.Clear();
            var before = sink.Accepted;
            await Eventually.ComesTrueAsync(() => sink.Accepted > before + (4 * connections), TimeSpan.FromSeconds(60), "the link moves").ConfigureAwait(false);
            lock (routineTimes) routineTimes.Clear();

            await SmtpBlaster.RunAsync(
                new BlastOptions { Port = port, Sessions = 1, Messages = count, Size = 1024, Sender = "flash@client.test", Precedence = _ => level, Pause = interval },
                flash).ConfigureAwait(false);
            double transaction;
            lock (routineTimes) transaction = Measures.Median(routineTimes);
            var waiting = routine.AcceptedCount - routine.ArrivedCount;
            try
            {
                await Eventually.ComesTrueAsync(() => flash.ArrivedCount >= flash.AcceptedCount, patience, "the probes").ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                Console.WriteLine($"{name}: not all probes arrived within {patience.TotalSeconds:0} s");
            }

            var latencies = Enumerable.Range(1, count).Select(n => flash.Latency(n)).OfType<TimeSpan>().Select(t => t.TotalMilliseconds).ToArray();
            return new FlashResult(
                name, count, latencies.Length, waiting, transaction, Measures.Median(latencies), Measures.Percentile(latencies, 0.99),
                latencies.DefaultIfEmpty(double.NaN).Max());
        }
    }
}

/// <summary>Times in milliseconds, from the client's 250 to the neighbour's.</summary>
internal sealed record FlashResult(string Name, int Probes, int Answered, int Waiting, double Transaction, double P50, double P99, double Worst);
