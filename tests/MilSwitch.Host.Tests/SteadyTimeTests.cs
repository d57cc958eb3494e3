using MilSwitch.Host.Running;

namespace MilSwitch.Host.Tests;

public sealed class SteadyTimeTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly Clock system = new();
    private readonly SteadyTime time;

    public SteadyTimeTests() => time = new SteadyTime(system);

    [Fact]
    public void Goes_on_with_the_clock()
    {
        system.Pass(TimeSpan.FromHours(30));
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
        system.Pass(TimeSpan.FromMinutes(5));
        system.Set(TimeSpan.FromHours(hours));
        Assert.Equal(Start.AddMinutes(5), time.GetUtcNow());
        Assert.Equal("clock", Assert.Single(time.Alarms).Id);

        system.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(Start.AddMinutes(10), time.GetUtcNow());
        Assert.Contains(hours > 0 ? "forward" : "back", Assert.Single(time.Alarms).Text, StringComparison.Ordinal);

        // Set right again, though not to the moment.
        system.Set(TimeSpan.FromHours(-hours) + TimeSpan.FromSeconds(2));
        Assert.Equal(Start.AddMinutes(10).AddSeconds(2), time.GetUtcNow());
        Assert.Empty(time.Alarms);
    }

    [Fact]
    public void Follows_small_corrections_however_many()
    {
        for (var correction = 1; correction <= 100; correction++)
        {
            system.Pass(TimeSpan.FromHours(1));
            system.Set(TimeSpan.FromSeconds(1));
            Assert.Equal(Start.AddHours(correction).AddSeconds(correction), time.GetUtcNow());
        }

        Assert.Empty(time.Alarms);
    }

    /// <summary>A clock that somebody sets, and elapsed time that nobody does.</summary>
    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset now = Start;
        private long elapsed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => now;

        public override long GetTimestamp() => elapsed;

        public void Pass(TimeSpan time)
        {
            now += time;
            elapsed += time.Ticks;
        }

        public void Set(TimeSpan by) => now += by;
    }
}
