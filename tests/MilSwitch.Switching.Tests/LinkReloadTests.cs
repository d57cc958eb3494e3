using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Routing;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>A link that a new configuration leads to another host.</summary>
public sealed class LinkReloadTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly SinkServer second = SinkServer.Start();

    public async ValueTask DisposeAsync() => await second.DisposeAsync();

    [Fact]
    public async Task A_busy_connection_ends_after_its_transaction_and_what_follows_takes_the_new_host()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Delay = TimeSpan.FromSeconds(3);
        var under = await harness.SendAsync();
        await Eventually.ComesTrueAsync(() => harness.Sink.MostAtOnce is 1, Patience, "the first transaction is under way");

        harness.Service<ISwitchControl>().Apply(Moved(harness));
        var later = await harness.SendAsync();
        Assert.Equal(second.NextHop, (await harness.WaitForAsync(later.Id, m => m.State == MessageState.Done)).Recipients[0].Target);
        Assert.Equal(0, harness.Sink.Accepted);
        Assert.Equal(harness.Sink.NextHop, (await harness.WaitForAsync(under.Id, m => m.State == MessageState.Done)).Recipients[0].Target);

        await Eventually.ComesTrueAsync(() => harness.Sink.OpenConnections is 0, TimeSpan.FromSeconds(10), "the connection to the old host ends");
        for (var i = 0; i < 3; i++)
        {
            var next = await harness.SendAsync();
            Assert.Equal(second.NextHop, (await harness.WaitForAsync(next.Id, m => m.State == MessageState.Done)).Recipients[0].Target);
        }

        Assert.Equal(1, harness.Sink.Connections);
    }

    [Fact]
    public async Task A_connection_that_is_being_opened_to_the_old_host_is_given_up()
    {
        await using var harness = await SwitchHarness.StartAsync(c => With(c, c.Routes.Routes[0].Link! with { Connections = 1 }));
        harness.Sink.Script = step => step.Phase is SinkPhase.Connect ? new SinkAction { End = SinkEnd.Hang } : null;
        var sent = await harness.SendAsync();
        await Eventually.ComesTrueAsync(() => harness.Sink.OpenConnections is 1, Patience, "the link waits for the greeting");

        harness.Service<ISwitchControl>().Apply(Moved(harness));
        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal((second.NextHop, 1), (done.Recipients[0].Target, done.Recipients[0].Attempts));
    }

    private SwitchConfiguration Moved(SwitchHarness harness)
    {
        var current = harness.Service<ISwitchControl>().Current;
        return With(current, current.Routes.Routes[0].Link! with { Targets = [new HopTarget("127.0.0.1", second.Port)] });
    }

    private static SwitchConfiguration With(SwitchConfiguration configuration, LinkSettings link) =>
        configuration with { Routes = new RouteTable([new Route { Match = "*", Link = link }]) };
}
