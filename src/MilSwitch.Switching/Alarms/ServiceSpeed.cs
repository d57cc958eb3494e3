using MilSwitch.Domain.Precedences;

namespace MilSwitch.Switching.Alarms;

/// <summary>What share of each level was delivered within its time of late. Thread-safe; holds a fixed number of counts.</summary>
internal sealed class ServiceSpeed
{
    private const int Parts = 30;

    private readonly Lock gate = new();
    private readonly (long Part, int Within, int All)[,] counts = new (long, int, int)[PrecedenceExtensions.Count, Parts];
    private TimeSpan window;

    /// <summary>One recipient was delivered.</summary>
    /// <param name="level">Its precedence.</param>
    /// <param name="inTime">Within the time of its level.</param>
    /// <param name="over">What is looked at: <see cref="Of"/>.</param>
    /// <param name="now">The time.</param>
    public void Count(Precedence level, bool inTime, TimeSpan over, DateTimeOffset now)
    {
        lock (gate)
        {
            var part = PartOf(over, now);
            ref var count = ref counts[(int)level, (int)(part % Parts)];
            if (count.Part != part) count = (part, 0, 0);
            count = (part, count.Within + (inTime ? 1 : 0), count.All + 1);
        }
    }

    /// <summary>How many of a level were delivered within that time, and how many of them in time.</summary>
    public (int Within, int All) Of(Precedence level, TimeSpan over, DateTimeOffset now)
    {
        lock (gate)
        {
            var last = PartOf(over, now);
            var (within, all) = (0, 0);
            for (var i = 0; i < Parts; i++)
            {
                var count = counts[(int)level, i];
                if (count.Part <= last - Parts || count.Part > last) continue;
                within += count.Within;
                all += count.All;
            }

            return (within, all);
        }
    }

    private long PartOf(TimeSpan over, DateTimeOffset now)
    {
        if (over != window)
        {
            // Counted in other parts: they mean nothing any more.
            Array.Clear(counts);
            window = over;
        }

        return now.UtcTicks / Math.Max(1, over.Ticks / Parts);
    }
}
