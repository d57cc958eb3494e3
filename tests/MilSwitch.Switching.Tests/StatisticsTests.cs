using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Statistics;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Statistics out of a real store, across restarts of the node.</summary>
[Trait("Feature", "L-12")]
public sealed class StatisticsTests
{
    [Fact]
    public async Task Counts_what_is_stored_whoever_stored_it()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient && step.Line.Contains("bad@", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no") : null;
        var before = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        var first = await harness.SendAsync("Message-ID: <1@x>\r\n\r\nx\r\n", priority: MtPriority.From(Precedence.Flash));
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        await harness.RestartAsync();
        // Another run of the node, whose ids begin elsewhere.
        var second = await harness.SendAsync("Message-ID: <2@x>\r\n\r\nx\r\n", to: ["b@dest.test", "bad@dest.test"], notify: NotifyOptions.Never, priority: MtPriority.From(Precedence.Flash));
        await harness.WaitForAsync(second.Id, m => m.State == MessageState.Done);
        Assert.NotEqual(first.Id.Run, second.Id.Run);

        var flash = (await CountAsync(harness, before, StatisticsBy.Precedence)).Rows[1];
        Assert.Equal(("flash", 2L, 1L, 0L, 1.0), (flash.Key, flash.Delivered, flash.Failed, flash.Waiting, flash.Within));
        Assert.InRange(flash.Worst, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(60));
        var hops = await CountAsync(harness, before, StatisticsBy.Hop);
        Assert.True(hops.IsComplete);
        var hop = Assert.Single(hops.Rows, r => r.Key == $"127.0.0.1:{harness.Sink.Port}");
        Assert.Equal(1L, hop.Failed);
        // Before anything was accepted.
        Assert.Equal(0, (await harness.Operator.StatisticsAsync(new StatisticsQuery(before.AddDays(-1), before, StatisticsBy.Precedence), default)).Messages);
    }

    private static ValueTask<SwitchStatistics> CountAsync(SwitchHarness harness, DateTimeOffset since, StatisticsBy by) =>
        harness.Operator.StatisticsAsync(new StatisticsQuery(since, since.AddHours(1), by), default);
}
