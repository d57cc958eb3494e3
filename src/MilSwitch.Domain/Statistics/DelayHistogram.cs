namespace MilSwitch.Domain.Statistics;

/// <summary>
/// How long things took, in buckets each a hundredth wider than the one before: whatever the number of things, memory is
/// bounded by the some 2,500 buckets between a millisecond and a year, and what is said of it is at most 1 % too long. Not thread-safe.
/// </summary>
public sealed class DelayHistogram
{
    private const double Step = 1.01;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    private readonly SortedDictionary<int, long> buckets = [];

    public long Count { get; private set; }

    /// <summary>Exact; zero when there is nothing.</summary>
    public TimeSpan Worst { get; private set; }

    public void Add(TimeSpan delay)
    {
        // A clock that was set back makes nothing negative.
        if (delay < TimeSpan.Zero) delay = TimeSpan.Zero;
        if (delay > Worst) Worst = delay;
        var milliseconds = Math.Min(delay.TotalMilliseconds, Longest.TotalMilliseconds);
        var bucket = milliseconds <= 1 ? 0 : (int)Math.Ceiling(Math.Log(milliseconds) / Math.Log(Step));
        buckets[bucket] = buckets.GetValueOrDefault(bucket) + 1;
        Count++;
    }

    /// <summary>As long as this, or less, took the given share (0 to 1) of them; zero when there is nothing.</summary>
    public TimeSpan Quantile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(Math.Clamp(share, 0, 1) * Count));
        foreach (var (bucket, count) in buckets)
        {
            rank -= count;
            if (rank > 0) continue;
            var end = TimeSpan.FromMilliseconds(Math.Pow(Step, bucket));
            return end < Worst ? end : Worst;
        }

        return Worst;
    }
}
