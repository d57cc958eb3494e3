using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Mail for a hop of which nobody knows that it is there.</summary>
[Trait("Threat", "F1")]
public sealed class UntriedLinkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public async Task Mail_for_a_host_that_is_down_is_not_armed_and_leaves_when_it_comes_up(int connections)
    {
        await using var harness = await SwitchHarness.StartAsync(
            c => c with { Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = connections } }]) });
        harness.Sink.StopListening();
        var routine = await harness.SendAsync();
        var flash = await harness.SendAsync(priority: MtPriority.From(Precedence.Flash));
        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.LinksAsync(default)).Single() is { Breaker: not BreakerPhase.Closed, Waiting: var waiting } && waiting.Sum() is 2,
            Patience, "the link is known to be down");

        foreach (var sent in new[] { routine, flash })
        {
            var kept = await harness.WaitForAsync(sent.Id, _ => true);
            Assert.Equal((RecipientState.Queued, 0), (kept.Recipients[0].State, kept.Recipients[0].Attempts));
        }

        harness.Sink.StartListening();
        await harness.WaitForAsync(routine.Id, m => m.State == MessageState.Done);
        await harness.WaitForAsync(flash.Id, m => m.State == MessageState.Done);
        Assert.All(harness.Sink.Transactions, t => Assert.Null(t.Field("X-MilSwitch-Suspected-Duplicate")));
    }

    [Fact]
    public async Task The_first_message_queues_and_later_ones_are_armed_when_they_are_accepted()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var runtime = harness.Service<SwitchRuntime>();
        var gauge = runtime.Links.For(runtime.Configuration.Routes.Routes[0].Link!).Gauge;
        Assert.False(gauge.TryReserve(Precedence.Override));

        var first = await harness.SendAsync();
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        await Eventually.ComesTrueAsync(() => gauge.TryReserve(Precedence.Routine), Patience, "the link arms");
    }
}
