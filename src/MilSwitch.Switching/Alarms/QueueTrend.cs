namespace MilSwitch.Switching.Alarms;

/// <summary>Whether the queue has been growing over a whole window. Not thread-safe.</summary>
internal sealed class QueueTrend
{
    private const int Parts = 30;

    private readonly Queue<(DateTimeOffset At, int Waiting)> samples = new();

    /// <summary>Takes a sample, and says by how much the queue grew; null: it does not grow.</summary>
    /// <param name="waiting">How many wait now.</param>
    /// <param name="window">It grows when every sample of the last third of this is above every one of the first.</param>
    /// <param name="minimum">Fewer are nothing to speak of.</param>
    /// <param name="now">The time.</param>
    public int? Look(int waiting, TimeSpan window, int minimum, DateTimeOffset now)
    {
        if (samples.Count is 0 || now - samples.Last().At >= window / Parts) samples.Enqueue((now, waiting));
        while (samples.TryPeek(out var first) && now - first.At > window) samples.Dequeue();
        if (waiting < minimum || !samples.TryPeek(out var oldest) || now - oldest.At < window - (window / Parts * 2)) return null;
        var third = window / 3;
        var (early, late) = (samples.Where(s => s.At - oldest.At <= third), samples.Where(s => now - s.At <= third));
        var (highest, lowest) = (early.Max(s => s.Waiting), late.Min(s => (int?)s.Waiting) ?? 0);
        return Math.Min(lowest, waiting) > highest ? waiting - oldest.Waiting : null;
    }
}
