using MilSwitch.Switching.Watching;

namespace MilSwitch.Switching.Tests;

public sealed class TrafficRingTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 2, 12, 0, 30, TimeSpan.Zero);

    [Fact]
    public void Counts_what_came_in_each_minute_without_gaps()
    {
        var ring = new TrafficRing();
        ring.Count(Noon, 5, 1, 0);
        ring.Count(Noon.AddSeconds(10), 7, 2, 0);
        ring.Count(Noon.AddMinutes(3), 17, 12, 1);
        var minutes = ring.Take(Noon.AddMinutes(4));
        Assert.Equal([7, 0, 0, 10, 0], minutes.Select(m => m.Accepted));
        Assert.Equal([2, 0, 0, 10, 0], minutes.Select(m => m.Delivered));
        Assert.Equal(1, minutes[3].Failed);
        Assert.All(minutes.Zip(minutes.Skip(1)), p => Assert.Equal(TimeSpan.FromMinutes(1), p.Second.At - p.First.At));
    }

    [Fact]
    public void Keeps_an_hour_and_forgets_what_a_changed_clock_makes_nonsense()
    {
        var ring = new TrafficRing();
        for (var minute = 0; minute < 90; minute++) ring.Count(Noon.AddMinutes(minute), minute + 1, 0, 0);
        var minutes = ring.Take(Noon.AddMinutes(89));
        Assert.Equal(60, minutes.Length);
        Assert.Equal(60, minutes.Sum(m => m.Accepted));
        Assert.Equal(0, Assert.Single(ring.Take(Noon.AddDays(30))).Accepted);
        Assert.Single(ring.Take(Noon));
    }
}
