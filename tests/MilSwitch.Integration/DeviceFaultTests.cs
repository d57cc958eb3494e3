using System.Text.Json;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>The device below the store fails or dawdles: 250 stays a promise.</summary>
public sealed class DeviceFaultTests(ITestOutputHelper output) : FieldTest
{
    private string Volume => Workspace["volume"];

    private string Data => Path.Combine(Volume, "data");

    /// <summary>EX_IOERR: for a supervisor to start it afresh.</summary>
    private const int ExitOfABrokenStore = 74;

    [RequiresFact(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "F5")]
    public async Task Takes_nothing_more_once_a_sync_has_failed_and_keeps_what_it_took()
    {
        Directory.CreateDirectory(Volume);
        var recording = Workspace["recording"];
        var device = new FaultyDevice(Volume, Workspace.Folder, recording);
        var sink = StartSink(new SinkOptions { KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(50) });
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop, 4)], data: Data, device: device);
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        using var stop = new CancellationTokenSource();
        var blast = SmtpBlaster.RunAsync(
            new BlastOptions { Port = milswitch.Port, Sessions = 10, KeepTrying = true, Pause = TimeSpan.FromMilliseconds(20) }, ledger, stop.Token);
        await sink.WaitForAsync(50, Soon);

        device.Fail(DeviceCall.Sync);
        Assert.Equal(ExitOfABrokenStore, await milswitch.WaitForEndAsync(Soon));
        await stop.CancelAsync();
        var result = await blast;
        var taken = ledger.AcceptedCount;
        Assert.True(result.Refused + result.Broken > 0);
        Assert.DoesNotContain(result.Replies.Keys, code => code >= 500);

        // The worst device: what was not synced when the failures began is gone.
        var volume = new SimulatedVolume();
        foreach (var change in DeviceChange.Read(recording)) volume.Apply(change);
        volume.Write(Workspace["after"], new Random(5), share: 0);
        milswitch.Configure(milswitch.Setup with
        {
            DataFolder = Path.Combine(Workspace["after"], "data"), Environment = new Dictionary<string, string>(),
        });
        sink.Delay = TimeSpan.Zero;
        await milswitch.StartAsync();
        await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(60), "everything accepted arrives");

        var balance = ledger.Balance();
        output.WriteLine($"{taken} taken before the failure: {balance}");
        Assert.Equal(0, balance.UnmarkedDuplicates);
        Assert.Equal(250, await SubmitAsync(milswitch, 4096));
    }

    [RequiresFact(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "F5")]
    public async Task Takes_nothing_more_once_the_sync_of_a_large_content_has_failed()
    {
        var device = new FaultyDevice(Data, Workspace.Folder);
        var sink = StartSink();
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop)], data: Data, device: device);

        device.Fail(DeviceCall.Sync, "content/");
        Assert.InRange(await SubmitAsync(milswitch, 200_000), 400, 499);
        // The device may have forgotten what it was given before: that the next sync works proves nothing, a start afresh does.
        device.Heal();
        Assert.Equal(ExitOfABrokenStore, await milswitch.WaitForEndAsync(Soon));
        await milswitch.StartAsync();
        Assert.Equal(250, await SubmitAsync(milswitch, 200_000));
        await sink.WaitForAsync(1, Soon);
        Assert.Single(sink.Transactions);
    }

    [RequiresFact(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "F9")]
    public async Task Answers_late_and_in_groups_when_every_sync_takes_two_seconds()
    {
        const int sessions = 40, messages = 120;
        var device = new FaultyDevice(Data, Workspace.Folder);
        var sink = StartSink(new SinkOptions { KeepContents = false });
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop)], data: Data, device: device);
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;

        device.Delay(DeviceCall.Sync, TimeSpan.FromSeconds(2));
        var before = Commits();
        var result = await SmtpBlaster.RunAsync(new BlastOptions { Port = milswitch.Port, Sessions = sessions, Messages = messages }, ledger);
        await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(60), "everything accepted arrives");
        var commits = Commits() - before;

        var balance = ledger.Balance();
        output.WriteLine($"{result.Elapsed.TotalSeconds:0.0} s, {commits} syncs: {balance}");
        Assert.Equal(messages, balance.Accepted);
        Assert.Equal(0, result.Refused + result.Broken);
        Assert.Equal(0, balance.Duplicates);
        // Every message is committed when it is accepted and when it is delivered, some when they are armed.
        Assert.True(messages * 2 >= commits * 5, $"{commits} syncs for {messages} messages are no groups");
        Assert.True(result.Elapsed > TimeSpan.FromSeconds(2 * messages / sessions), "250 came before the sync");
        Assert.Empty(await AlarmsAsync(milswitch));

        int Commits() => device.Events.Count(e => e == "done sync spool.db-wal");
    }

    private static async Task<int> SubmitAsync(SwitchProcess milswitch, int size)
    {
        await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
        var reply = await client.MailAsync("a@client.test", ["b@sink.test"], SmtpBlaster.Content(0, "a@client.test", "b@sink.test", size));
        return reply.Code;
    }

    private static async Task<IReadOnlyList<string>> AlarmsAsync(SwitchProcess milswitch)
    {
        var status = await milswitch.CommandAsync("status", "--json");
        return [.. JsonDocument.Parse(status.Output).RootElement.GetProperty("alarms").EnumerateArray().Select(a => a.GetString()!)];
    }

    private static async Task<bool> IsReadyAsync(SwitchProcess milswitch)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{milswitch.Setup.MetricsPort}/health/ready"));
        return answer.IsSuccessStatusCode;
    }
}
