using System.Text.Json;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>What happens around nodes and their store, and what becomes of the mail. <c>tests/load/cluster-faults</c> plays the same for longer.</summary>
public sealed class ClusterFaultTests(ITestOutputHelper output) : FieldTest
{
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(60);

    [RequiresFact("postgres", "ip", Requirement.Root)]
    [Trait("Threat", "F22")]
    public async Task A_node_that_alone_does_not_reach_the_store_ends_and_the_others_have_its_work()
    {
        using var network = NetworkField.Make(3);
        await using var server = await PostgreSqlInstance.StartAsync(Workspace["postgres"], $"listen_addresses = '127.0.0.1,{network.Other}'");
        await server.AdmitAsync($"{network.Other}/24");
        var sink = StartSink(new SinkOptions { Host = network.Machine, KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(5) });
        await using var field = await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Connection = server.ConnectionBy(network.Other.ToString(), "postgres"), Routes = [new RouteSetup("*", sink.NextHop, 6)],
            Host = n => network.Of(n).ToString(), Launcher = network.Launcher,
        });
        await using var load = ClusterLoad.Start(field, sink);
        await Eventually.ComesTrueAsync(() => load.AcceptedBy(1) > 100, TakeOver, "the node accepts mail");

        network.Cut(1, network.Other);
        var first = load.FirstAsync(TakeOver, (serial, taken) => ClusterLoad.NodeOf(serial) is 1 && !taken.From.Equals(network.Of(1)));
        Assert.NotEqual(0, await field[1].WaitForEndAsync(TakeOver));
        Assert.NotNull(await first);
        network.Heal(1, network.Other);
        await field.StartAsync(1);

        var balance = await load.EndAsync(TakeOver);
        output.WriteLine(balance.ToString());
        Assert.Equal(0, balance.Lost);
        Assert.Equal(0, balance.Unmarked);
        // What it could not record any more is what was under way and what began in the moment until it knew, and not all that it had armed ahead.
        Assert.InRange(balance.Duplicates, 0, 2 * sink.MostAtOnce);
        Assert.All(balance.Blasts, b => Assert.DoesNotContain(b.Replies.Keys, code => code >= 500));
    }

    [RequiresFact(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "F25")]
    public async Task What_waits_neither_expires_nor_stands_still_when_somebody_sets_the_clock()
    {
        var clock = new SteppedClock(Workspace["clock"]);
        var sink = StartSink();
        sink.Script = step => step.Phase is SinkPhase.Recipient ? SinkAction.Say("451 4.3.0 later") : null;
        var milswitch = await StartSwitchAsync(new SwitchSetup
        {
            DataFolder = Workspace["data"], Routes = [new RouteSetup("*", sink.NextHop)], Environment = clock.Environment,
            Extra = QuickRetries + "  override: { retry: [1s] }\n",
        });
        // Override is given up after an hour.
        await SubmitAsync(milswitch, Message("waits"), "MT-PRIORITY=9");
        var attempts = 0;
        sink.Script = step =>
        {
            if (step.Phase is not SinkPhase.Recipient) return null;
            Interlocked.Increment(ref attempts);
            return SinkAction.Say("451 4.3.0 later");
        };
        foreach (var hours in (int[])[6, -6, 24 * 400])
        {
            clock.Set(TimeSpan.FromHours(hours));
            await Eventually.ComesTrueAsync(async () => (await AlarmsAsync(milswitch)).Contains("clock was set", StringComparison.Ordinal), Soon, "an alarm says so");
            var before = Volatile.Read(ref attempts);
            await Eventually.ComesTrueAsync(() => Volatile.Read(ref attempts) >= before + 2, Soon, $"it is tried again and again, {hours} h off");
        }

        clock.Set(TimeSpan.Zero);
        await Eventually.ComesTrueAsync(async () => !(await AlarmsAsync(milswitch)).Contains("clock was set", StringComparison.Ordinal), Soon, "the alarm ends");
        sink.Script = null;
        await sink.WaitForAsync(1, Soon);
        // And nothing was reported to its sender.
        Assert.Equal("waits", Assert.Single(sink.Transactions, t => t.Accepted).Field("Subject"));
        Assert.Equal(0, (await milswitch.CommandAsync("status")).ExitCode);
    }

    [RequiresFact("postgres", "mount", Requirement.Root, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "F6")]
    [Trait("Threat", "F9")]
    public async Task A_slow_disk_of_the_store_costs_time_and_a_full_one_is_answered_until_there_is_room()
    {
        using var volume = new Volume(Workspace["postgres"], "size=512m");
        var device = new FaultyDevice(Workspace["postgres"], Workspace.Folder);
        await using var server = await PostgreSqlInstance.StartAsync(Workspace["postgres"], device.Environment);
        var sink = StartSink(new SinkOptions { KeepContents = false });
        await using var field = await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Nodes = 1, Connection = server.Connection("postgres"), Routes = [new RouteSetup("*", sink.NextHop, 6)],
        });
        await using var load = ClusterLoad.Start(field, sink);
        await Eventually.ComesTrueAsync(() => load.AcceptedBy(0) > 100, TakeOver, "mail is accepted");

        device.Delay(DeviceCall.Sync, TimeSpan.FromSeconds(1));
        var before = load.AcceptedBy(0);
        await Eventually.ComesTrueAsync(() => load.AcceptedBy(0) > before + 12, TakeOver, "mail is accepted, slowly");
        device.Heal();

        var filler = Path.Combine(volume.Folder, "filler");
        Volume.Fill(filler);
        await Eventually.ComesTrueAsync(async () => (await AlarmsAsync(field[0])).Contains("spool", StringComparison.Ordinal), TakeOver, "an alarm says so");
        File.Delete(filler);
        if (!server.IsRunning) await server.StartAgainAsync();
        before = load.AcceptedBy(0);
        await Eventually.ComesTrueAsync(() => load.AcceptedBy(0) > before + 20, TakeOver, "mail is accepted again");

        var balance = await load.EndAsync(TakeOver);
        output.WriteLine(balance.ToString());
        Assert.True(field[0].IsRunning);
        Assert.Equal(0, balance.Lost);
        Assert.Equal(0, balance.Unmarked);
        Assert.All(balance.Blasts, b => Assert.DoesNotContain(b.Replies.Keys, code => code >= 500));
    }

    private static async Task<string> AlarmsAsync(SwitchProcess milswitch)
    {
        var status = await milswitch.CommandAsync("status", "--json");
        return status.Output.Length is 0 ? "" : JsonDocument.Parse(status.Output).RootElement.GetProperty("alarms").ToString();
    }
}
