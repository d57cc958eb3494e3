using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Steps that end in a fault of our own: the message is tried once more, then held; its neighbours go on.</summary>
public sealed class CrashingStepTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Sends_again_marked_what_the_next_hop_may_have()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var faults = 0;
        harness.Refusing.Refuses = operation => IsOutcome(operation) && Interlocked.Increment(ref faults) is 1 ? throw new InvalidOperationException("a fault of our own") : null;
        var sent = await harness.SendAsync();
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var arrived = await harness.Sink.WaitForAsync(2, Patience);
        Assert.Equal([false, true], arrived.Select(a => a.Field("X-MilSwitch-Suspected-Duplicate") is not null));
    }

    [Fact]
    public async Task Holds_a_message_whose_steps_fail_twice_and_lets_others_pass()
    {
        await using var harness = await SwitchHarness.StartAsync();
        MessageId? bad = null;
        var faults = 0;
        harness.Refusing.Refuses = operation =>
        {
            if (!IsOutcome(operation)) return null;
            var id = operation!.Recipients[0].Id;
            bad ??= id;
            if (id != bad || Interlocked.Increment(ref faults) > 2) return null;
            throw new InvalidOperationException("a fault of our own");
        };
        var first = await harness.SendAsync();
        var held = await harness.WaitForAsync(first.Id, m => m.State == MessageState.Held);
        Assert.Equal("its processing failed twice", held.HeldBecause);
        Assert.Contains(await harness.Operator.AlarmsAsync(default), a => a.Id is "parked");
        Assert.Contains(await harness.Spool.ReadAuditAsync(first.Id), a => a.Kind == AuditKind.Held && a.Detail.Contains("failed twice", StringComparison.Ordinal));
        await harness.WaitForAsync((await harness.SendAsync()).Id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task Holds_it_as_soon_as_that_works()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var faults = 0;
        harness.Refusing.Refuses = operation =>
            operation is { Recipients: [{ State: not RecipientState.Armed }, ..] } && Interlocked.Increment(ref faults) <= 4 ? throw new InvalidOperationException("a fault of our own") : null;
        var sent = await harness.SendAsync();
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        // The second hold fails as well, and then a beat passes before each further one.
        Assert.Equal(5, Volatile.Read(ref faults));
    }

    private static bool IsOutcome(SpoolOperation? operation) => operation is { Recipients: [{ Reply: not null }, ..] };
}
