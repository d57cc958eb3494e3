namespace MilSwitch.Switching.Alarms;

/// <summary>How much a counter that only rises rose within a window. Not thread-safe; holds one sample for each part of the window.</summary>
internal sealed class RecentCount
{
    private const int Parts = 30;

    private readonly Queue<(DateTimeOffset At, long Total)> samples = new();

    /// <summary>Takes a sample.</summary>
    public long Look(long total, TimeSpan window, DateTimeOffset now)
    {
        // The first is there before anything was counted: what came before it is news as well.
        if (samples.Count is 0) samples.Enqueue((now, 0));
        else if (now - samples.Last().At >= window / Parts) samples.Enqueue((now, total));
        while (samples.Count > 1 && now - samples.Peek().At > window) samples.Dequeue();
        return now - samples.Peek().At > window ? 0 : total - samples.Peek().Total;
    }
}
