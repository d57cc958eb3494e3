using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>What feeds on itself must come to an end.</summary>
[Trait("Threat", "F35")]
public sealed class BoundednessTests : FieldTest
{
    [Fact]
    [Trait("Feature", "A-19")]
    public async Task Breaks_a_loop_between_two_switches_and_tells_the_originator_once()
    {
        var back = StartSink();
        var (firstPort, secondPort) = (Ports.Free(), Ports.Free());
        var first = await StartAsync("one", firstPort, secondPort, back);
        var second = await StartAsync("two", secondPort, firstPort, back);

        await SubmitAsync(first, Message("loops"), "", "a@client.test", "b@loop.test");
        await SubmitAsync(first, Message("loops without an originator"), "", "", "b@loop.test");

        var report = Text(Assert.Single(await back.WaitForAsync(1, Soon)));
        Assert.Contains("Status: 5.4.6", report, StringComparison.OrdinalIgnoreCase);
        await Eventually.ComesTrueAsync(async () => await QueuedAsync(first) + await QueuedAsync(second) is 0, Soon, "both queues are empty");
        Assert.Equal(1, back.Accepted);
    }

    [Fact]
    public async Task Limits_the_reports_of_a_storm_of_failures()
    {
        const int messages = 300, limit = 40;
        var (sink, back) = (StartSink(), StartSink());
        sink.Script = step => step.Phase is SinkPhase.Recipient ? SinkAction.Say("550 5.1.1 nobody") : null;
        var milswitch = await StartSwitchAsync(
            [new RouteSetup("client.test", back.NextHop), new RouteSetup("*", sink.NextHop)], $"reports: {{ per-originator-and-hour: {limit} }}\n");

        await SmtpBlaster.RunAsync(new BlastOptions { Port = milswitch.Port, Messages = messages, Size = 1024 }, new Ledger());

        await Eventually.ComesTrueAsync(async () => await QueuedAsync(milswitch) is 0, TimeSpan.FromSeconds(60), "the queue is empty");
        Assert.InRange(back.Accepted, 1, limit);
    }

    [Fact]
    public async Task Never_reports_on_a_report()
    {
        var sink = StartSink();
        sink.Script = step => step.Phase is SinkPhase.Recipient ? SinkAction.Say("550 5.1.1 nobody") : null;
        var milswitch = await StartSwitchAsync(sink.NextHop);

        await SubmitAsync(milswitch, Message("nobody there, and nobody to tell"));

        // The message and its report: two attempts, and no third.
        await Eventually.ComesTrueAsync(async () => await QueuedAsync(milswitch) is 0 && sink.Connections > 0, Soon, "the queue is empty");
        Assert.Equal(0, sink.Accepted);
    }

    private async Task<SwitchProcess> StartAsync(string name, int port, int other, SinkServer back)
    {
        var folder = Workspace[name];
        Directory.CreateDirectory(folder);
        return Keep(await SwitchProcess.StartAsync(folder, new SwitchSetup
        {
            Node = name, DataFolder = Path.Combine(folder, "data"), Port = port,
            Routes = [new RouteSetup("loop.test", $"127.0.0.1:{other}"), new RouteSetup("client.test", back.NextHop)],
        }));
    }

    private static async Task<int> QueuedAsync(SwitchProcess milswitch)
    {
        var list = await milswitch.CommandAsync("queue", "list", "--json");
        Assert.True(list.ExitCode is 0, list.Error);
        return JsonDocument.Parse(list.Output).RootElement.GetProperty("items").GetArrayLength();
    }
}
