namespace MilSwitch.Switching.Alarms;

/// <summary>When a volume will be full, at the pace of the last hour. Not thread-safe.</summary>
internal sealed class SpaceTrend
{
    private const long LeastChange = 64L << 20;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(10);

    private readonly Queue<(DateTimeOffset At, long Free)> samples = new();

    /// <summary>Takes a sample, and says how long the space above the limit will last; null: it does not become less, or too slowly to tell.</summary>
    public TimeSpan? Look(long free, long limit, DateTimeOffset now)
    {
        if (samples.Count is 0 || now - samples.Last().At >= Every) samples.Enqueue((now, free));
        while (samples.TryPeek(out var first) && now - first.At > Window) samples.Dequeue();
        if (!samples.TryPeek(out var oldest) || now - oldest.At < Shortest || oldest.Free - free < LeastChange) return null;
        var perSecond = (oldest.Free - free) / (now - oldest.At).TotalSeconds;
        return TimeSpan.FromSeconds(Math.Clamp((free - limit) / perSecond, 0, TimeSpan.MaxValue.TotalSeconds / 2));
    }
}
