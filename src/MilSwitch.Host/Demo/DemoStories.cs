using System.Diagnostics;
using System.Globalization;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Demo;

/// <summary>Plays the stories in turn and says of each what was expected and what happened.</summary>
internal sealed class DemoStories(DemoStage stage)
{
    private const string Originator = "duty.officer@home.test";

    private DemoNeighbour Neighbour => stage.Neighbour;

    /// <summary>True when all came out as expected.</summary>
    public async Task<bool> PlayAsync(CancellationToken cancellationToken)
    {
        var good = true;
        good &= await TellAsync("Routine mail", "arrives within 5 s", RoutineAsync, cancellationToken);
        good &= await TellAsync(
            "FLASH behind 5,000 Routine on a slow link", "arrives within 1 s, more than 3,000 Routine still waiting; all of them arrive later", FlashAsync, cancellationToken);
        good &= await TellAsync("Destination down, then back", "20 of 20 wait while it is down and arrive when it is back", DownAsync, cancellationToken);
        good &= await TellAsync("kill -9 with 2,000 messages in flight", "2,000 of 2,000 arrive after the restart; duplicates only marked ones", KillAsync, cancellationToken);
        good &= await TellAsync("Expired message", "the originator gets a report with status 5.4.7", ExpiryAsync, cancellationToken);
        good &= await TellAsync("MINIMIZE", "FLASH passes, Routine waits until it is lifted", MinimizeAsync, cancellationToken);
        Console.WriteLine(good ? "\nEvery story came out as expected." : "\nNot every story came out as expected.");
        return good;
    }

    private async Task<(bool Good, string Actual)> RoutineAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await SendAsync("Weekly return", Precedence.Routine, cancellationToken);
        var arrived = await ComesAsync(() => Find("Weekly return").Count is 1, 5, cancellationToken);
        return (arrived, arrived ? Invariant($"arrived after {watch.ElapsedMilliseconds} ms") : "did not arrive");
    }

    private async Task<(bool Good, string Actual)> FlashAsync(CancellationToken cancellationToken)
    {
        const int backlog = 5000;
        Neighbour.Delay = TimeSpan.FromMilliseconds(50);
        await SendManyAsync("Stores list", backlog, cancellationToken);
        var watch = Stopwatch.StartNew();
        await SendAsync("Contact report", Precedence.Flash, cancellationToken);
        var fast = await ComesAsync(() => Find("Contact report").Count is 1, 1, cancellationToken);
        var (taken, waiting) = (watch.ElapsedMilliseconds, backlog - Find("Stores list").Count);
        Neighbour.Delay = TimeSpan.Zero;
        var all = await ComesAsync(() => Find("Stores list").Count >= backlog, 60, cancellationToken);
        return (fast && waiting > 3000 && all, Invariant($"{(fast ? "arrived" : "was not there")} after {taken} ms, {waiting} Routine still waiting; then {Find("Stores list").Count} of {backlog} arrived"));
    }

    private async Task<(bool Good, string Actual)> DownAsync(CancellationToken cancellationToken)
    {
        Neighbour.Leave();
        await SendManyAsync("While you were out", 20, cancellationToken);
        var none = Find("While you were out").Count;
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, cancellationToken);
        Neighbour.ComeBack();
        var watch = Stopwatch.StartNew();
        var all = await ComesAsync(() => Find("While you were out").Count >= 20, 60, cancellationToken);
        return (none is 0 && all, Invariant($"{none} arrived while down; {Find("While you were out").Count} of 20 within {watch.Elapsed.TotalSeconds:0.0} s of its return"));
    }

    private async Task<(bool Good, string Actual)> KillAsync(CancellationToken cancellationToken)
    {
        const int count = 2000;
        Neighbour.Delay = TimeSpan.FromMilliseconds(50);
        await SendManyAsync("Situation report", count, cancellationToken);
        var before = Find("Situation report").Count;
        await stage.Switch.KillAsync();
        var watch = Stopwatch.StartNew();
        await stage.Switch.StartAsync(cancellationToken);
        var ready = watch.Elapsed;
        Neighbour.Delay = TimeSpan.Zero;
        var all = await ComesAsync(() => Find("Situation report").Select(a => a.Subject).Distinct().Count() >= count, 60, cancellationToken);
        var arrivals = Find("Situation report");
        var different = arrivals.Select(a => a.Subject).Distinct().Count();
        var unmarked = arrivals.GroupBy(a => a.Subject).Sum(g => Math.Max(0, g.Count() - 1 - g.Count(a => a.Suspected)));
        return (
            all && unmarked is 0,
            Invariant($"killed after {before}; ready again in {ready.TotalSeconds:0.0} s; {different} of {count} arrived, {arrivals.Count - different} twice, {unmarked} of them unmarked"));
    }

    private async Task<(bool Good, string Actual)> ExpiryAsync(CancellationToken cancellationToken)
    {
        await SendAsync("Lost cause", Precedence.Deferred, cancellationToken, "nobody@unreachable.test");
        var watch = Stopwatch.StartNew();
        var returned = await ComesAsync(() => Report() is not null, 40, cancellationToken);
        return (returned, returned ? Invariant($"report for <{Originator}> from <> after {watch.Elapsed.TotalSeconds:0.0} s, with status 5.4.7") : "no report came");

        DemoArrival? Report() => Neighbour.Arrivals.FirstOrDefault(a =>
            a.ReversePath.Length is 0 && a.Recipients.Contains(Originator) && a.Text.Contains("5.4.7", StringComparison.Ordinal)
            && a.Text.Contains("unreachable.test", StringComparison.Ordinal));
    }

    private async Task<(bool Good, string Actual)> MinimizeAsync(CancellationToken cancellationToken)
    {
        var order = await stage.Switch.CommandAsync(cancellationToken, "minimize", "set", "--scope", "node", "--level", "immediate", "--reason", "demonstration");
        await SendAsync("Canteen menu", Precedence.Routine, cancellationToken);
        await SendAsync("Air raid warning", Precedence.Flash, cancellationToken);
        var flash = await ComesAsync(() => Find("Air raid warning").Count is 1, 5, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
        var held = Find("Canteen menu").Count is 0;
        await stage.Switch.CommandAsync(cancellationToken, "minimize", "cancel", order, "--reason", "demonstration");
        var routine = await ComesAsync(() => Find("Canteen menu").Count is 1, 10, cancellationToken);
        return (
            flash && held && routine,
            $"FLASH {(flash ? "passed" : "did not pass")}; Routine {(held ? "waited" : "did not wait")} and {(routine ? "arrived" : "did not arrive")} afterwards");
    }

    private static async Task<bool> TellAsync(
        string title, string expected, Func<CancellationToken, Task<(bool Good, string Actual)>> story, CancellationToken cancellationToken)
    {
        Console.WriteLine($"\n{title}\n  expected: {expected}");
        bool good;
        string actual;
        try
        {
            (good, actual) = await story(cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A story that breaks off is one that did not come out as expected; the others are still worth telling.
            (good, actual) = (false, fault.Message);
        }

        Console.WriteLine($"  actual:   {actual}{(good ? "" : "   <- NOT AS EXPECTED")}");
        return good;
    }

    private List<DemoArrival> Find(string subject) => [.. Neighbour.Arrivals.Where(a => a.ReversePath.Length > 0 && a.Subject.StartsWith(subject, StringComparison.Ordinal))];

    private async Task SendAsync(string subject, Precedence precedence, CancellationToken cancellationToken, string to = "operations@sink.test")
    {
        await using var client = await DemoClient.ConnectAsync(stage.Endpoint, cancellationToken);
        await client.SendAsync(Originator, [to], subject, "This is a demonstration.", precedence, cancellationToken);
    }

    // Over a few connections, as several users would.
    private async Task SendManyAsync(string subject, int count, CancellationToken cancellationToken)
    {
        const int users = 8;
        await Task.WhenAll(Enumerable.Range(0, users).Select(async user =>
        {
            await using var client = await DemoClient.ConnectAsync(stage.Endpoint, cancellationToken);
            for (var i = user; i < count; i += users)
                await client.SendAsync(Originator, ["operations@sink.test"], Invariant($"{subject} {i + 1}"), new string('x', 500), Precedence.Routine, cancellationToken);
        }));
    }

    private static async Task<bool> ComesAsync(Func<bool> condition, int seconds, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(seconds)) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }

        return true;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
