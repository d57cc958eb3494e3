using System.Diagnostics.Metrics;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>Instruments of one spool under the meter <c>MilSwitch.Spool</c>.</summary>
internal sealed class SpoolMetrics : IDisposable
{
    private readonly Meter meter = new("MilSwitch.Spool");
    private readonly Histogram<double> duration;
    private readonly Histogram<int> operations;

    public SpoolMetrics(Func<int> queued, Func<SpoolHealth> health)
    {
        duration = meter.CreateHistogram("milswitch.spool.commit.duration", "s", "Time of one transaction, fsync included", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] });
        operations = meter.CreateHistogram("milswitch.spool.commit.operations", "{operation}", "Operations of one transaction", null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 512] });
        meter.CreateObservableGauge("milswitch.spool.queue", queued, "{operation}", "Operations that wait for a transaction");
        meter.CreateObservableGauge("milswitch.spool.health", () => (int)health(), null, "0 ready, 1 full, 2 unwritable, 3 broken");
    }

    public void Committed(TimeSpan elapsed, int count)
    {
        duration.Record(elapsed.TotalSeconds);
        operations.Record(count);
    }

    public void Dispose() => meter.Dispose();
}
