using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

public sealed partial class ChannelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    [Trait("Feature", "D-06")]
    public async Task What_the_hop_refused_leaves_no_gap_also_over_a_restart()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await harness.RestartAsync(Numbered);
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient && step.Line.Contains("no@", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 nobody") : null;
        var first = await DeliverAsync(harness, "b@dest.test");
        await DeliverAsync(harness, "no@dest.test", from: "");
        await harness.RestartAsync(Numbered);
        var second = await DeliverAsync(harness, "b@dest.test");
        var arrived = await harness.Sink.WaitForAsync(2, Patience);
        Assert.Equal(["X-MilSwitch-Channel: north 1", "X-MilSwitch-Channel: north 2"], arrived.Select(a => First().Match(Encoding.UTF8.GetString(a.Content.Span)).Value));
        foreach (var (id, number) in new[] { (first, "north 1"), (second, "north 2") })
            Assert.Equal(number, Assert.Single(await harness.Spool.ReadAuditAsync(id), a => a.Kind == AuditKind.Numbered).Detail);

        Domain.Configuration.SwitchConfiguration Numbered(Domain.Configuration.SwitchConfiguration c) => c with { Routes = Table(harness.Sink.Port) };
    }

    [Fact]
    [Trait("Feature", "D-06")]
    public async Task What_may_have_been_taken_comes_again_under_its_number()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var lost = 0;
        harness.Sink.Script = step => step.Phase is SinkPhase.FinalDot && Interlocked.Increment(ref lost) is 1 ? SinkAction.Abort : null;
        await harness.RestartAsync(c => c with { Routes = Table(harness.Sink.Port) });
        var id = await DeliverAsync(harness, "b@dest.test");
        Assert.All((await harness.Spool.ReadAuditAsync(id)).Where(a => a.Kind == AuditKind.Numbered), a => Assert.Equal("north 1", a.Detail));
    }

    [Fact]
    [Trait("Feature", "D-06")]
    public async Task A_gap_is_an_alarm_until_the_number_comes()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { CountedChannels = ["south"] });
        foreach (var number in new[] { "1", "2", "5" }) await ReceiveAsync(harness, $"X-MilSwitch-Channel: south {number}\r\nX-MilSwitch-Channel: south 99\r\n");
        Assert.Equal("channel south: numbers 3 4 never came", Assert.Single(await AlarmsAsync(harness), a => a.Id == "channel:south").Text);
        await harness.RestartAsync(c => c with { CountedChannels = ["south"] });
        await Eventually.ComesTrueAsync(async () => (await AlarmsAsync(harness)).Any(a => a.Id == "channel:south"), Patience, "the gap is known after a restart");
        await ReceiveAsync(harness, "X-MilSwitch-Channel: south 4\r\n");
        await ReceiveAsync(harness, "x-milswitch-channel:south 3\r\n");
        Assert.DoesNotContain(await AlarmsAsync(harness), a => a.Id == "channel:south");
        foreach (var bad in new[] { "", "X-MilSwitch-Channel: east 6\r\n", "X-MilSwitch-Channel: south -6\r\n" })
        {
            await ReceiveAsync(harness, bad);
            Assert.Equal("channel south: a message came without a number", Assert.Single(await AlarmsAsync(harness), a => a.Id == "channel:south").Text);
        }
    }

    private static async Task<IEnumerable<Domain.Operations.Alarm>> AlarmsAsync(SwitchHarness harness) => (await harness.Operator.AlarmsOfAllAsync(default)).Select(a => a.Alarm);

    private static RouteTable Table(int port) => new([new Route { Match = "*", Link = SwitchHarness.Link("hop", port, 1) with { Channel = "north", Exclusive = true } }]);

    private static async Task<MessageId> DeliverAsync(SwitchHarness harness, string to, string from = "a@origin.test")
    {
        var result = await harness.SendAsync(to: [to], from: from);
        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        return result.Id;
    }

    private static async Task ReceiveAsync(SwitchHarness harness, string fields)
    {
        var client = new ClientIdentity { Listener = "test", Role = ListenerRole.Relay, Address = "127.0.0.1", MayRelay = true, Channel = "south" };
        Assert.Null((await harness.SendAsync($"{fields}Subject: test\r\n\r\nhello\r\n", client: client)).Refusal);
    }

    [GeneratedRegex("^[^\r]*")]
    private static partial Regex First();
}
