using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

public sealed class DrainTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task What_was_ready_and_not_sent_keeps_no_partition_and_is_no_suspect()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with
        {
            Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Find(Mailbox.Parse("b@dest.test"))! with { Connections = 1 } }]),
        });
        harness.Sink.Script = step => step.Phase is SinkPhase.FinalDot ? SinkAction.After(TimeSpan.FromSeconds(1)) : null;
        await harness.SendAsync("Subject: first\r\n\r\nhello\r\n");
        await Eventually.ComesTrueAsync(() => harness.Sink.MostAtOnce > 0, Patience, "the first is on its way");
        var others = new List<MessageId>();
        for (var i = 0; i < 3; i++) others.Add((await harness.SendAsync($"Subject: {i}\r\n\r\nhello\r\n")).Id);
        await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAsync(others[0]))!.Recipients[0].State is RecipientState.Armed, Patience, "the next is ready");

        await harness.StopAsync();
        Assert.DoesNotContain(harness.Warnings, w => w.Contains("under way", StringComparison.Ordinal) || w.Contains("not stopped after", StringComparison.Ordinal) || w.Contains("timed out", StringComparison.Ordinal));

        harness.Sink.Script = null;
        await harness.RestartAsync();
        var arrived = await harness.Sink.WaitForAsync(4, Patience);
        Assert.Equal(4, arrived.Count);
        Assert.All(arrived, a => Assert.Null(a.Field("X-MilSwitch-Suspected-Duplicate")));
    }
}
