using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Host.Tests;

public sealed class EventHubTests
{
    private readonly FakeTimeProvider time = new();
    private readonly EventHub hub;

    public EventHubTests() => hub = new EventHub(7, time);

    [Fact]
    public void Costs_no_allocation_while_nobody_watches()
    {
        ImmutableArray<AuditEvent> audit = [new AuditEvent(time.GetUtcNow(), AuditKind.Accepted, FakeOperatorActions.First)];
        hub.Committed(audit, Precedence.Routine);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) hub.Committed(audit, Precedence.Routine);
        // What the runtime takes for itself meanwhile is far below one octet a message.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void Drops_the_oldest_for_one_who_is_slow_and_says_so_once()
    {
        using var slow = hub.Subscribe(null)!;
        using var quick = hub.Subscribe(null)!;
        for (var i = 1; i <= EventHub.Capacity + 10; i++)
        {
            hub.Publish(Numbered(i));
            Assert.False(quick.Read([], 1));
        }

        var read = new List<SwitchEvent>();
        Assert.True(slow.Read(read, 2));
        Assert.Equal(["11", "12"], read.Select(e => e.Detail));
        Assert.Equal(new EventPosition(7, 12), slow.Position);
        Assert.False(slow.Read(read, int.MaxValue));
        Assert.Equal(EventHub.Capacity, read.Count);
    }

    [Fact]
    public void Wakes_whoever_waits()
    {
        using var one = hub.Subscribe(null)!;
        using var other = hub.Subscribe(null)!;
        var (first, second) = (one.WhenReadable(), other.WhenReadable());
        Assert.False(first.IsCompleted || second.IsCompleted);
        hub.Publish(Numbered(1));
        Assert.True(first.IsCompleted && second.IsCompleted && one.WhenReadable().IsCompleted);
    }

    [Fact]
    public void Keeps_events_for_a_while_after_the_last_one_has_left_and_forgets_them_then()
    {
        EventPosition place;
        using (var first = hub.Subscribe(null)!)
        {
            hub.Publish(Numbered(1));
            first.Read([], 1);
            place = first.Position;
        }

        time.Advance(EventHub.Linger);
        hub.Publish(Numbered(2));
        using (var second = hub.Subscribe(place)!)
        {
            var read = new List<SwitchEvent>();
            Assert.False(second.Read(read, 10));
            Assert.Equal("2", Assert.Single(read).Detail);
            place = second.Position;
        }

        time.Advance(EventHub.Linger + TimeSpan.FromSeconds(1));
        hub.Publish(Numbered(3));
        Assert.False(hub.IsHeard);
        using var third = hub.Subscribe(place)!;
        var nothing = new List<SwitchEvent>();
        Assert.True(third.Read(nothing, 10));
        Assert.Empty(nothing);
    }

    [Fact]
    public void Serves_publishers_and_readers_at_the_same_time_without_loss()
    {
        const int PerPublisher = 2000;
        using var subscription = hub.Subscribe(null)!;
        Parallel.For(0, 4, publisher =>
        {
            for (var i = 0; i < PerPublisher; i++) hub.Publish(Numbered((publisher * PerPublisher) + i));
        });
        var read = new List<SwitchEvent>();
        Assert.False(subscription.Read(read, int.MaxValue));
        Assert.Equal(4 * PerPublisher, read.Select(e => e.Detail).Distinct().Count());
    }

    private SwitchEvent Numbered(int number) => new(time.GetUtcNow(), "link.up") { Detail = number.ToString(System.Globalization.CultureInfo.InvariantCulture) };
}
