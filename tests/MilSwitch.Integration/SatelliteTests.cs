using System.Collections.Concurrent;
using System.Globalization;
using MilSwitch.Domain.Precedences;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>A next hop behind a satellite: 64 kbit/s, 800 ms ± 400 ms each way.</summary>
[Trait("Threat", "F18")]
public sealed class SatelliteTests(ITestOutputHelper output) : FieldTest
{
    private const int Connections = 8;
    private const int Backlog = 40;
    private const int Flashes = 4;

    [Fact]
    public async Task Doubles_nothing_on_a_link_that_is_only_slow()
    {
        var (milswitch, sink, _) = await StartAsync(cutShare: 0);
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;

        await SmtpBlaster.RunAsync(new BlastOptions { Port = milswitch.Port, Sessions = 4, Messages = 24, Size = 1024 }, ledger);
        await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(120), "everything accepted arrives");

        var balance = ledger.Balance();
        output.WriteLine(balance.ToString());
        // Nothing is cut here: whatever came twice, or was suspected to, our own timeout would have done.
        Assert.Equal(0, balance.Duplicates + balance.Marked);
        Assert.InRange(sink.Connections, 1, Connections);
    }

    [Fact]
    [Trait("Feature", "C-05")]
    public async Task Sends_Flash_first_and_starves_nobody_on_a_link_that_is_cut_again_and_again()
    {
        var (milswitch, sink, link) = await StartAsync(cutShare: 0.05);
        var (routine, flash) = (new Ledger(), new Ledger());
        var levels = new ConcurrentQueue<bool>();
        sink.Arrived += t =>
        {
            var urgent = t.Mail.Contains("<flash@", StringComparison.Ordinal);
            (urgent ? flash : routine).Arrive(t);
            if (!urgent) levels.Enqueue(IsDeferred(long.Parse(t.Field(Ledger.Field)!, CultureInfo.InvariantCulture)));
        };
        await SmtpBlaster.RunAsync(
            new BlastOptions
            {
                Port = milswitch.Port, Messages = Backlog, Size = 1024,
                Precedence = serial => IsDeferred(serial) ? Precedence.Deferred : Precedence.Routine,
            },
            routine);
        var passed = routine.ArrivedCount;
        await SmtpBlaster.RunAsync(
            new BlastOptions { Port = milswitch.Port, Sessions = 1, Messages = Flashes, Size = 1024, Sender = "flash@client.test", Precedence = _ => Precedence.Flash }, flash);
        await Eventually.ComesTrueAsync(() => flash.Balance().Lost.Count is 0, TimeSpan.FromSeconds(120), "the Flashes arrive");
        var overtaken = Backlog - routine.ArrivedCount;
        await Eventually.ComesTrueAsync(() => routine.Balance().Lost.Count is 0, TimeSpan.FromSeconds(180), "everything accepted arrives");

        var balance = routine.Balance();
        output.WriteLine($"{passed} before the first Flash, {overtaken} overtaken by the last; {link.Cuts} cuts; Flash: {flash.Balance()}; others: {balance}");
        Assert.True(link.Cuts > 0);
        Assert.True(overtaken >= Backlog / 4, $"only {overtaken} overtaken");
        // Deferred has its share while Routine waits: it does not come last of all.
        Assert.True(levels.SkipWhile(deferred => !deferred).Count(deferred => !deferred) > 0, "Deferred was starved by Routine");
        Assert.Equal(0, balance.UnmarkedDuplicates + flash.Balance().UnmarkedDuplicates);
        Assert.True(balance.Duplicates + flash.Balance().Duplicates <= link.Cuts, "more was doubled than was cut");
    }

    private static bool IsDeferred(long serial) => serial % 4 is 0;

    private async Task<(SwitchProcess Milswitch, SinkServer Sink, SlowLink Link)> StartAsync(double cutShare)
    {
        var sink = StartSink(new SinkOptions { KeepContents = false });
        var link = Keep(SlowLink.Start(new SlowLinkOptions
        {
            Port = sink.Port, Latency = TimeSpan.FromMilliseconds(800), Jitter = TimeSpan.FromMilliseconds(400), OctetsPerSecond = 64_000 / 8, CutShare = cutShare,
        }));
        return (await StartSwitchAsync(link.NextHop, Connections), sink, link);
    }
}
