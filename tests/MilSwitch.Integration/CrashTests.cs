using System.Globalization;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Integration.Boundaries;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

public sealed class CrashTests(ITestOutputHelper output) : FieldTest
{
    private const int Sessions = 20;
    private const int Connections = 20;

    [Fact]
    [Trait("Threat", "F1")]
    public async Task Loses_nothing_when_it_is_killed_again_and_again_under_load()
    {
        // Fifty take about two minutes; who has less time, or more, says so.
        var kills = int.Parse(Environment.GetEnvironmentVariable("MILSWITCH_KILLS") ?? "50", CultureInfo.InvariantCulture);
        var sink = StartSink(new SinkOptions { KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(2) });
        var milswitch = await StartSwitchAsync(sink.NextHop, Connections);

        var result = await KillLoop.RunAsync(milswitch, sink, kills);

        output.WriteLine(result.ToString());
        Assert.Empty(result.Balance.Lost);
        Assert.InRange(result.MostInFlight, 1, Connections);
        Assert.InRange(result.Balance.Duplicates, 0, result.DuplicatesAllowed);
        Assert.Equal(0, result.Balance.UnmarkedDuplicates);
        Assert.True(result.SlowestStart < TimeSpan.FromSeconds(10), $"a restart took {result.SlowestStart}");
        Assert.True(result.Balance.Accepted > kills * 10, "too little load to mean anything");
        Assert.DoesNotContain(result.Blast.Replies.Keys, code => code >= 500);
    }

    [Fact]
    [Trait("Threat", "F1")]
    [Trait("Feature", "G-01")]
    public async Task Lets_nothing_cross_by_half_when_it_is_killed_again_and_again_under_load()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("MILSWITCH_KILLS") ?? "15", CultureInfo.InvariantCulture);
        using var border = new Border(Workspace.Folder);
        var sink = StartSink(new SinkOptions { KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(2) });
        var milswitch = await StartSwitchAsync(new SwitchSetup
        {
            DataFolder = Workspace["data"], Listener = [$"domain: {Border.Red}"],
            Routes = [new RouteSetup("*", sink.NextHop, Connections) { Domain = Border.Blue }],
            Extra = QuickRetries + border.Keys + $$"""
                domains:
                  - { name: {{Border.Red}}, mail: ["*"], keys: [{{Border.Gateway}}, {{Border.Signing}}], anchors: {{border.Anchors}} }
                  - { name: {{Border.Blue}}, mail: [blue.test] }
                checks:
                  - { name: structure, type: structure }
                boundaries:
                  - name: out
                    from: {{Border.Red}}
                    to: {{Border.Blue}}
                    arrival: { signature: optional, decrypt: [{{Border.Gateway}}] }
                    checks: [structure]
                    departure: { sign-unauthenticated: true, protection: { sign: { key: {{Border.Signing}}, header-protection: rfc9788 } } }

                """,
        });
        long unsigned = 0;
        sink.Arrived += transaction =>
        {
            if (transaction.Field("Content-Type")?.StartsWith("multipart/signed", StringComparison.Ordinal) is not true) Interlocked.Increment(ref unsigned);
        };

        var result = await KillLoop.RunAsync(milswitch, sink, kills);

        output.WriteLine(result.ToString());
        Assert.Empty(result.Balance.Lost);
        Assert.Equal(0, unsigned);
        Assert.InRange(result.Balance.Duplicates, 0, result.DuplicatesAllowed);
        Assert.Equal(0, result.Balance.UnmarkedDuplicates);
        Assert.True(result.Balance.Accepted > kills * 5, "too little load to mean anything");
        Assert.DoesNotContain(result.Blast.Replies.Keys, code => code >= 500);

        await StoreBook.RestsAsync(milswitch, TimeSpan.FromSeconds(60));
        Assert.Equal(0, await milswitch.TerminateAsync());
        await using var book = await StoreBook.OpenAsync(milswitch.Setup.DataFolder);
        var came = book.Came.ToArray();
        Assert.InRange(came.Length, result.Balance.Accepted, result.Balance.Accepted + result.Balance.Unanswered);
        Assert.Equal(2 * came.Length, book.All.Count);
        foreach (var message in came)
        {
            Assert.Equal((Border.Red, RecipientState.Crossed), (message.Envelope.Domain, Assert.Single(message.Recipients).State));
            var copy = Assert.Single(book.Copies[message.Id]);
            Assert.Equal((Border.Blue, RecipientState.Delivered), (copy.Envelope.Domain, Assert.Single(copy.Recipients).State));
            var record = Assert.Single(await book.DecisionsAsync(message.Id));
            Assert.Equal((StepOutcome.Go, copy.Id.ToString()), (record.Outcome, record.Released));
            var custody = await book.CustodyAsync(message.Id);
            Assert.Null(CustodyChain.FirstFault([.. custody]));
            Assert.Equal("released", custody[^1].Act);
        }
    }

    [Fact]
    [Trait("Threat", "F4")]
    public async Task Ends_in_good_order_on_SIGTERM_under_load()
    {
        var sink = StartSink(new SinkOptions { KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(5) });
        var milswitch = await StartSwitchAsync(sink.NextHop, Connections);
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        using var stop = new CancellationTokenSource();
        var blast = SmtpBlaster.RunAsync(
            new BlastOptions { Port = milswitch.Port, Sessions = Sessions, KeepTrying = true, Pause = TimeSpan.FromMilliseconds(2) }, ledger, stop.Token);
        await sink.WaitForAsync(500, Soon);

        var code = await milswitch.TerminateAsync(TimeSpan.FromSeconds(30));
        await stop.CancelAsync();
        var result = await blast;
        await milswitch.StartAsync();
        await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(60), "everything accepted arrives");

        var balance = ledger.Balance();
        output.WriteLine(balance.ToString());
        Assert.Equal(0, code);
        Assert.Equal(0, balance.Duplicates);
        Assert.DoesNotContain(result.Replies.Keys, reply => reply >= 500);
    }

    [Fact]
    [Trait("Threat", "F31")]
    public async Task Refuses_to_start_on_data_that_another_process_uses()
    {
        var sink = StartSink();
        var milswitch = await StartSwitchAsync(sink.NextHop);
        var second = milswitch.Setup with { Port = Ports.Free(), AdminPort = Ports.Free(), MetricsPort = Ports.Free() };
        var file = Workspace["second.yaml"];
        await File.WriteAllTextAsync(file, second.ToYaml());

        var result = await SwitchProcess.RunAsync(["run", "--config", file]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain("ready", result.Output, StringComparison.Ordinal);
        Assert.NotEmpty(result.Error);
        await SubmitAsync(milswitch, Message("still alive"));
        await sink.WaitForAsync(1, Soon);
    }
}
