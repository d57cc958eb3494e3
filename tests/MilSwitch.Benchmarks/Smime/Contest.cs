namespace MilSwitch.Benchmarks.Smime;

/// <summary>
/// Measures two operations in turn, window by window, so that a machine that becomes slower or faster does so for both. The
/// clock is the thread's processor time.
/// </summary>
/// <param name="rounds">Pairs of windows.</param>
/// <param name="window">Length of a window.</param>
internal sealed class Contest(int rounds, TimeSpan window)
{
    public async Task<Outcome> RunAsync(Figure figure)
    {
        var ours = new Side(figure.Ours, await WarmAsync(figure.Ours));
        var reference = new Side(figure.Reference, await WarmAsync(figure.Reference));
        var (ourRates, referenceRates, ratios) = (new double[rounds], new double[rounds], new double[rounds]);
        for (var i = 0; i < rounds; i++)
        {
            // Each is first in turn.
            if (i % 2 is 0) ourRates[i] = await ours.RateAsync();
            referenceRates[i] = await reference.RateAsync();
            if (i % 2 is not 0) ourRates[i] = await ours.RateAsync();
            ratios[i] = ourRates[i] / referenceRates[i];
        }

        return new Outcome(Median(ourRates), Median(referenceRates), Median(ratios), await ours.GarbageAsync());
    }

    public static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    // Until the code is compiled with what was seen of it, which is done on another thread; then how many fill a window.
    private async Task<int> WarmAsync(Func<ValueTask> operation)
    {
        var least = (rounds * window).TotalSeconds;
        var start = ThreadClock.Now;
        var count = 0;
        for (; count < 3 || ThreadClock.Now - start < least; count++) await operation();
        return Math.Max(1, (int)(window.TotalSeconds * count / (ThreadClock.Now - start)));
    }

    private sealed class Side(Func<ValueTask> operation, int count)
    {
        public async ValueTask<double> RateAsync()
        {
            var thread = Environment.CurrentManagedThreadId;
            var start = ThreadClock.Now;
            for (var i = 0; i < count; i++) await operation();
            var seconds = ThreadClock.Now - start;
            if (Environment.CurrentManagedThreadId != thread) throw new InvalidOperationException("an operation changed its thread");
            return count / seconds;
        }

        public async ValueTask<long> GarbageAsync()
        {
            var start = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < count; i++) await operation();
            return (GC.GetAllocatedBytesForCurrentThread() - start) / count;
        }
    }
}
