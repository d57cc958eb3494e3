using Microsoft.Extensions.Time.Testing;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Tests;

public sealed class SteadyTimeTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider system = new(Start);
    private readonly SteadyTime time;

    public SteadyTimeTests() => time = new SteadyTime(system);

    [Fact]
    public void Goes_on_with_the_clock()
    {
        system.Advance(TimeSpan.FromHours(30));
        Assert.Equal(Start.AddHours(30), time.GetUtcNow());
        Assert.Empty(time.Alarms);
    }

    [Theory]
    [Trait("Threat", "F25")]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(24 * 400)]
    public void Keeps_the_time_it_had_when_somebody_sets_the_clock_and_says_so(int hours)
    {
        system.Advance(TimeSpan.FromMinutes(5));
        system.AdjustTime(system.GetUtcNow().AddHours(hours));
        Assert.Equal(Start.AddMinutes(5), time.GetUtcNow());
        Assert.Equal("clock", Assert.Single(time.Alarms).Id);

        system.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(Start.AddMinutes(10), time.GetUtcNow());
        Assert.Contains(hours > 0 ? "forward" : "back", Assert.Single(time.Alarms).Text, StringComparison.Ordinal);

        // Set right again, not to the millisecond.
        system.AdjustTime(Start.AddMinutes(10).AddSeconds(2));
        Assert.Equal(Start.AddMinutes(10).AddSeconds(2), time.GetUtcNow());
        Assert.Empty(time.Alarms);
    }

    [Fact]
    public void Follows_small_corrections_however_many()
    {
        for (var second = 1; second <= 100; second++)
        {
            system.Advance(TimeSpan.FromHours(1));
            system.AdjustTime(system.GetUtcNow().AddSeconds(1));
            Assert.Equal(Start.AddHours(second).AddSeconds(second), time.GetUtcNow());
        }

        Assert.Empty(time.Alarms);
    }
}
