using System.Collections.Concurrent;
using System.Diagnostics;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;
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
    [Trait("Threat", "F15")]
    public async Task A_domain_whose_hosts_can_not_be_found_now_is_asked_for_after_a_pause()
    {
        var resolver = new AwayResolver();
        await using var harness = await SwitchHarness.StartAsync(
            c => c with
            {
                Routes = new RouteTable([new Route { Match = "*", UseMx = true, Link = c.Routes.Routes[0].Link! with { Targets = [] } }]),
            },
            resolver: resolver);
        await harness.SendAsync();
        await Eventually.ComesTrueAsync(() => resolver.Asked.Count > 2, Patience, "the domain is asked for again");

        var asked = resolver.Asked.ToArray();
        Assert.True(asked[1] - asked[0] > TimeSpan.FromSeconds(0.9) && asked[2] - asked[1] > TimeSpan.FromSeconds(1.9), string.Join(' ', asked));
    }

    [Fact]
    [Trait("Threat", "F15")]
    public async Task A_hop_that_is_slow_to_answer_gets_no_more_connections_than_messages_wait()
    {
        await using var harness = await SwitchHarness.StartAsync(
            c => c with { Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = 8, MessagesPerConnection = 1 } }]) });
        harness.Sink.Script = step => step.Phase is SinkPhase.Connect ? SinkAction.After(TimeSpan.FromSeconds(2)) : null;
        for (var i = 0; i < 2; i++)
        {
            var sent = await harness.SendAsync();
            await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        }

        Assert.Equal(2, harness.Sink.Connections);
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

    /// <summary>No name server answers.</summary>
    private sealed class AwayResolver : IMailExchangerResolver
    {
        public ConcurrentQueue<TimeSpan> Asked { get; } = new();

        public ValueTask<MailExchangers> ResolveAsync(string domain, int port, CancellationToken cancellationToken)
        {
            Asked.Enqueue(Stopwatch.GetElapsedTime(0));
            return ValueTask.FromResult(new MailExchangers([], new Reply(451, new EnhancedStatusCode(4, 4, 3), "no name server answers"), Temporary: true));
        }
    }
}
