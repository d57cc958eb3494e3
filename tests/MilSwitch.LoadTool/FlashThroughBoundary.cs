using System.Buffers;
using System.Diagnostics;
using MilSwitch.Domain.Precedences;
using MilSwitch.Integration.Boundaries;
using MilSwitch.Smime.Making;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// Routine mail, signed and encrypted, goes through a boundary as fast as the boundary takes it; Flash messages of the same kind
/// are sent into it. How long until the neighbour answered 250 for them, beside the same without the Routine?
/// </summary>
internal static class FlashThroughBoundary
{
    private const double Most = 4;
    private const string Urgent = "flash@blue.test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var probes = arguments.Number("probes", 100);
        var interval = TimeSpan.FromMilliseconds(arguments.Number("interval", 300));
        var size = arguments.Number("size", 4096);
        var sessions = arguments.Number("sessions", 8);
        var backlog = arguments.Number("backlog", 1_000);
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        using var workspace = new Workspace("border");
        using var border = new Border(workspace.Folder);
        await using var sink = SinkServer.Start(new SinkOptions { KeepContents = false });
        await using var milswitch = await SwitchProcess.StartAsync(workspace.Folder, new SwitchSetup
        {
            DataFolder = workspace["data"], Listener = [$"domain: {Border.Red}"],
            Routes = [new RouteSetup("blue.test", sink.NextHop) { Domain = Border.Blue }],
            // What is sent is the same again and again, and is meant.
            Extra = border.Keys + border.Sections(encrypts: true) + "duplicates: { enabled: false }\n",
        }).ConfigureAwait(false);
        var (message, flash) = (await SealedAsync("").ConfigureAwait(false), await SealedAsync($"Cc: {Urgent}\r\n").ConfigureAwait(false));

        // The first of all compile the code; they count for nothing.
        await ProbeAsync(200, TimeSpan.Zero).ConfigureAwait(false);
        var idle = await ProbeAsync(probes, interval).ConfigureAwait(false);

        using var stop = new CancellationTokenSource();
        long accepted = 0, crossed = 0;
        sink.Arrived += transaction =>
        {
            if (!IsFlash(transaction)) Interlocked.Increment(ref crossed);
        };
        var load = Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => Task.Run(() => LoadAsync(stop.Token))));
        await Eventually.ComesTrueAsync(() => Waiting() > backlog, TimeSpan.FromSeconds(120), "the boundary is behind").ConfigureAwait(false);
        var (start, before) = (Stopwatch.GetTimestamp(), Interlocked.Read(ref crossed));
        var saturated = await ProbeAsync(probes, interval).ConfigureAwait(false);
        var rate = (Interlocked.Read(ref crossed) - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        var waiting = Waiting();
        await stop.CancelAsync().ConfigureAwait(false);
        await load.ConfigureAwait(false);

        Measures.Row("Flash", "probes", "p50 ms", "p90 ms", "p99 ms", "worst ms");
        double[] idleTimes = [.. idle.Select(t => t.FromAnswer)], times = [.. saturated.Select(t => t.FromAnswer)];
        foreach (var (name, row) in new[] { ("idle", idleTimes), ("saturated", times), ("idle, from MAIL", [.. idle.Select(t => t.FromMail)]), ("saturated, from MAIL", [.. saturated.Select(t => t.FromMail)]) })
            Measures.Row(name, row.Length, Measures.Median(row), Measures.Percentile(row, 0.9), Measures.Percentile(row, 0.99), row.Max());
        Measures.Row("Routine in a second", rate);
        Measures.Row("Routine waiting", waiting);
        Measures.WriteJson(json, new { idle = idleTimes, saturated = times, rate, waiting });
        var met = Measures.Require("Flash p99 in its idle p99", Measures.Percentile(times, 0.99) / Measures.Percentile(idleTimes, 0.99), v => v < Most, $"less than {Most}");
        met &= Measures.Require("Flash p99 in its idle median", Measures.Percentile(times, 0.99) / Measures.Median(idleTimes), v => v < Most, $"less than {Most}");
        met &= Measures.Require("Routine waiting at the end", waiting, v => v > backlog / 2, "more than half of the backlog");
        return met ? 0 : 1;

        long Waiting() => Interlocked.Read(ref accepted) - Interlocked.Read(ref crossed);

        async Task<byte[]> SealedAsync(string fields) => (await MessageProtector.SignAndEncryptAsync(
            Border.Compose("operations order", string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", size / 72)), fields), border.Signature(), border.Encryption()).ConfigureAwait(false)).ToArray();

        async Task LoadAsync(CancellationToken cancellationToken)
        {
            await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port, CancellationToken.None).ConfigureAwait(false);
            while (!cancellationToken.IsCancellationRequested)
            {
                // A backlog of a fixed length: the clients must not be what takes the processor.
                if (Waiting() > 2 * backlog)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
                    continue;
                }

                if ((await client.MailAsync(Border.Sender, [Border.Recipient], message, $"MT-PRIORITY={MtPriority.From(Precedence.Routine)}", CancellationToken.None).ConfigureAwait(false)).Code is 250)
                    Interlocked.Increment(ref accepted);
            }
        }

        // One after the other, each on a connection that is open already.
        async Task<(double FromAnswer, double FromMail)[]> ProbeAsync(int count, TimeSpan pause)
        {
            await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port, CancellationToken.None).ConfigureAwait(false);
            var times = new (double, double)[count];
            for (var i = 0; i < count; i++)
            {
                var arrived = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
                sink.Arrived += Arrive;
                var begun = Stopwatch.GetTimestamp();
                var answer = await client.MailAsync(Border.Sender, [Urgent], flash, $"MT-PRIORITY={MtPriority.From(Precedence.Flash)}", CancellationToken.None).ConfigureAwait(false);
                var answered = Stopwatch.GetTimestamp();
                if (answer.Code is not 250) throw new InvalidOperationException($"a Flash was answered {answer}");
                var at = await arrived.Task.WaitAsync(Patience).ConfigureAwait(false);
                sink.Arrived -= Arrive;
                // The neighbour may be heard of before the client's answer.
                times[i] = (Math.Max(0, Stopwatch.GetElapsedTime(answered, at).TotalMilliseconds), Stopwatch.GetElapsedTime(begun, at).TotalMilliseconds);
                await Task.Delay(pause, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);

                void Arrive(SinkTransaction transaction)
                {
                    if (IsFlash(transaction)) arrived.TrySetResult(transaction.Ended);
                }
            }

            return times;
        }
    }

    private static bool IsFlash(SinkTransaction transaction) => transaction.Recipients.Any(r => r.Contains(Urgent, StringComparison.Ordinal));
}
