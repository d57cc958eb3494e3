using System.Diagnostics;

namespace MilSwitch.Testing;

/// <summary>Kills a switch under load again and again, and keeps the book.</summary>
public static class KillLoop
{
    private const int Sessions = 20;

    /// <summary>Ends when everything that was accepted has arrived, or after two minutes without that.</summary>
    /// <param name="milswitch">Relays to the sink; runs again when this returns.</param>
    /// <param name="sink">Takes what arrives; nobody else sends to it.</param>
    /// <param name="kills">How often.</param>
    /// <param name="killed">Told the number of each kill when the switch is ready again.</param>
    public static async Task<KillLoopResult> RunAsync(SwitchProcess milswitch, SinkServer sink, int kills, Action<int>? killed = null)
    {
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        using var stop = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        var blast = SmtpBlaster.RunAsync(
            new BlastOptions { Port = milswitch.Port, Sessions = Sessions, KeepTrying = true, Pause = TimeSpan.FromMilliseconds(5) }, ledger, stop.Token);
        var slowest = TimeSpan.Zero;
        long worst = 0, doubled = 0;
        for (var kill = 1; kill <= kills; kill++)
        {
            // Irregular, the same in every run.
            await Task.Delay(TimeSpan.FromMilliseconds(150 + (kill * 373 % 900)), TimeProvider.System).ConfigureAwait(false);
            CountDuplicates();
            await milswitch.KillAsync().ConfigureAwait(false);
            await milswitch.StartAsync().ConfigureAwait(false);
            if (milswitch.TimeToReady > slowest) slowest = milswitch.TimeToReady;
            killed?.Invoke(kill);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        var result = await blast.ConfigureAwait(false);
        for (var end = Stopwatch.StartNew(); ledger.Balance().Lost.Count > 0 && end.Elapsed < TimeSpan.FromMinutes(2);)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System).ConfigureAwait(false);
        CountDuplicates();
        return new KillLoopResult(kills, ledger.Balance(), result, watch.Elapsed, slowest, sink.MostAtOnce, worst);

        // What a kill doubles arrives in the life after it.
        void CountDuplicates()
        {
            var now = ledger.Balance().Duplicates;
            worst = Math.Max(worst, now - doubled);
            doubled = now;
        }
    }
}

/// <summary>The end of a loop.</summary>
/// <param name="Kills">How often.</param>
/// <param name="Balance">Of all lives together.</param>
/// <param name="Blast">What the clients were answered.</param>
/// <param name="Elapsed">All of it.</param>
/// <param name="SlowestStart">From the start of a process to its line <c>ready</c>.</param>
/// <param name="MostInFlight">The most transactions at the sink at once.</param>
/// <param name="MostDuplicatesOfOneKill">Arrived before the next kill.</param>
public sealed record KillLoopResult(
    int Kills, LedgerBalance Balance, BlastResult Blast, TimeSpan Elapsed, TimeSpan SlowestStart, int MostInFlight, long MostDuplicatesOfOneKill)
{
    /// <summary>What a kill may double is what was in flight when it came.</summary>
    public long DuplicatesAllowed => (long)Kills * MostInFlight;

    public override string ToString() =>
        $"{Kills} kills in {Elapsed.TotalSeconds:0} s: {Balance}; most in flight {MostInFlight}, most duplicates of one kill {MostDuplicatesOfOneKill}; "
        + $"slowest start {SlowestStart.TotalSeconds:0.0} s; {Blast.Refused} refused";
}
