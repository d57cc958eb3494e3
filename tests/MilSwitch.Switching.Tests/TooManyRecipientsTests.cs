using System.Collections.Concurrent;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>A hop with a limit on recipients (RFC 5321 §4.5.3.1.10), and a retry table in which an attempt that counts would be seen.</summary>
[Trait("Feature", "A-01")]
[Trait("Threat", "F15")]
public sealed class TooManyRecipientsTests
{
    private static readonly string[] Five = [.. Enumerable.Range(1, 5).Select(i => $"r{i}@dest.test")];

    [Theory]
    [InlineData("452 4.5.3 too many recipients")]
    [InlineData("452 too many recipients")]
    [InlineData("552 too many recipients")]
    public async Task Whom_the_hop_has_no_room_for_go_in_further_transactions_at_once(string reply)
    {
        await using var harness = await SwitchHarness.StartAsync(Slow);
        harness.Sink.Script = Limit(2, reply);
        var sent = await harness.SendAsync(to: Five);

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.All(done.Recipients, r => Assert.Equal((RecipientState.Delivered, 1), (r.State, r.Attempts)));
        Assert.Equal([2, 2, 1], harness.Sink.Transactions.Select(t => t.Recipients.Count));
        Assert.All(harness.Sink.Transactions, t => Assert.Null(t.Field("X-MilSwitch-Suspected-Duplicate")));
    }

    [Fact]
    public async Task A_hop_that_takes_nobody_is_asked_once_before_the_pause()
    {
        await using var harness = await SwitchHarness.StartAsync(Slow);
        var asked = 0;
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient && Interlocked.Increment(ref asked) > 0 ? SinkAction.Say("452 4.5.3 too many recipients") : null;
        var sent = await harness.SendAsync(to: Five);

        var kept = await harness.WaitForAsync(sent.Id, m => m.Recipients.All(r => r.Attempts is 1));
        Assert.All(kept.Recipients, r => Assert.True(r.Due > TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(30)));
        var probe = await harness.SendAsync();
        await harness.WaitForAsync(probe.Id, m => m.Recipients[0].Attempts is 1);
        Assert.Equal(6, asked);
    }

    [Fact]
    public async Task The_host_that_took_some_gets_the_others_too_and_not_the_one_behind_it()
    {
        await using var second = SinkServer.Start();
        await using var harness = await SwitchHarness.StartAsync(c =>
        {
            var link = c.Routes.Routes[0].Link!;
            link = link with { Targets = [.. link.Targets, new HopTarget("127.0.0.1", second.Port, 1)] };
            return Slow(c) with { Routes = new RouteTable([new Route { Match = "*", Link = link }]) };
        });
        var limit = Limit(2, "452 4.5.3 too many recipients");
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient && step.Line.Contains("r1@", StringComparison.Ordinal)
            ? SinkAction.Say("451 4.2.1 later") : limit(step);
        var sent = await harness.SendAsync(to: Five);

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal([second.NextHop, .. Enumerable.Repeat(harness.Sink.NextHop, 4)], done.Recipients.Select(r => r.Target));
    }

    private static Func<SinkStep, SinkAction?> Limit(int recipients, string reply)
    {
        var taken = new ConcurrentDictionary<int, int>();
        return step => step.Phase is SinkPhase.Recipient && taken.AddOrUpdate(step.Transaction, 1, static (_, n) => n + 1) > recipients ? SinkAction.Say(reply) : null;
    }

    private static SwitchConfiguration Slow(SwitchConfiguration configuration) => configuration with
    {
        Precedences = PrecedenceTable.Default with { Levels = [.. PrecedenceTable.Default.Levels.Select(l => l with { Retry = [TimeSpan.FromHours(1)] })] },
    };
}
