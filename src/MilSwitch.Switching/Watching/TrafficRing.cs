using System.Collections.Immutable;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Switching.Watching;

/// <summary>What was counted in each minute of the last hour, made of counters that only rise. Thread-safe.</summary>
internal sealed class TrafficRing
{
    public const int Minutes = 60;

    private readonly Lock gate = new();
    private readonly Queue<TrafficMinute> past = new(Minutes);
    private TrafficMinute current = new(DateTimeOffset.MinValue, 0, 0, 0);
    private (long Accepted, long Delivered, long Failed) seen;

    /// <param name="now">Never earlier than the last time, but for a clock that was set.</param>
    /// <param name="accepted">The counter, as the others.</param>
    public void Count(DateTimeOffset now, long accepted, long delivered, long failed)
    {
        lock (gate)
        {
            Turn(now);
            current = current with
            {
                Accepted = current.Accepted + accepted - seen.Accepted, Delivered = current.Delivered + delivered - seen.Delivered, Failed = current.Failed + failed - seen.Failed,
            };
            seen = (accepted, delivered, failed);
        }
    }

    /// <summary>Oldest first, without gaps.</summary>
    public ImmutableArray<TrafficMinute> Take(DateTimeOffset now)
    {
        lock (gate)
        {
            Turn(now);
            return [.. past.TakeLast(Minutes - 1), current];
        }
    }

    private void Turn(DateTimeOffset now)
    {
        var minute = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        // The first one, or a clock that went back or far ahead: there is nothing to be drawn in between.
        if (minute < current.At || minute - current.At > TimeSpan.FromMinutes(Minutes))
        {
            past.Clear();
            current = new TrafficMinute(minute, 0, 0, 0);
        }

        while (current.At < minute)
        {
            if (past.Count == Minutes) past.Dequeue();
            past.Enqueue(current);
            current = new TrafficMinute(current.At.AddMinutes(1), 0, 0, 0);
        }
    }
}
