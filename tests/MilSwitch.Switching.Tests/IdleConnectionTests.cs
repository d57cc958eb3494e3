using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>What becomes of messages that meet a connection which ended while nobody used it.</summary>
[Trait("Threat", "F15")]
public sealed class IdleConnectionTests
{
    private const int Connections = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Below the time after which a link closes idle connections by itself.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Connections_that_died_idle_cost_no_attempt()
    {
        await using var harness = await StartAsync();
        var open = await FillLinkAsync(harness);
        harness.Sink.DropConnections();

        var result = await harness.SendAsync();

        var stored = await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.Equal(1, stored.Recipients[0].Attempts);
        Assert.True(open > 3, $"only {open} connections were open");
    }

    [Fact]
    public async Task The_connections_beside_a_dead_one_are_closed_before_use()
    {
        await using var harness = await StartAsync();
        var open = await FillLinkAsync(harness);
        harness.Sink.Script = step => step.Phase == SinkPhase.FinalDot ? new SinkAction { Reply = "250 2.0.0 taken", End = SinkEnd.Close } : null;
        await harness.SendAsync();
        await Eventually.ComesTrueAsync(() => harness.Sink.OpenConnections == open - 1, Patience, "the sink closes the connection used last");
        harness.Sink.Script = null;

        var result = await harness.SendAsync();

        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        await Eventually.ComesTrueAsync(() => harness.Sink.OpenConnections == 1, Soon, "only the new connection is open");
    }

    [Fact]
    public async Task A_hop_that_ends_every_fresh_connection_is_left_alone_after_a_few()
    {
        await using var harness = await StartAsync();
        harness.Sink.Script = step => step.Phase == SinkPhase.Mail ? SinkAction.Abort : null;

        var result = await harness.SendAsync();

        await harness.WaitForAsync(result.Id, m => m.Recipients[0].Attempts == 1);
        Assert.Equal(3, harness.Sink.Connections);
    }

    // An attempt that counts would be seen: the next one comes after an hour.
    private static Task<SwitchHarness> StartAsync() => SwitchHarness.StartAsync(
        c => c with
        {
            Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = Connections } }]),
            Precedences = PrecedenceTable.Default with
            {
                Levels = [.. PrecedenceTable.Default.Levels.Select(l => l with { Retry = [TimeSpan.FromHours(1)] })],
            },
        },
        new SinkOptions { Extensions = ["PIPELINING"] });

    /// <summary>Makes the link open connections and leaves them idle; how many.</summary>
    private static async Task<int> FillLinkAsync(SwitchHarness harness)
    {
        harness.Sink.Delay = TimeSpan.FromMilliseconds(300);
        for (var i = 0; i < 2 * Connections; i++) Assert.Null((await harness.SendAsync()).Refusal);
        await harness.Sink.WaitForAsync(2 * Connections, Patience);
        harness.Sink.Delay = TimeSpan.Zero;
        return harness.Sink.OpenConnections;
    }
}
