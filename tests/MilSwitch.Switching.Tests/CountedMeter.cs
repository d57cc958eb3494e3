using System.Diagnostics.Metrics;

namespace MilSwitch.Switching.Tests;

/// <summary>Adds up one counter of all nodes of the process while it lives: for tests of <see cref="AloneCollection"/>.</summary>
internal sealed class CountedMeter : IDisposable
{
    private readonly MeterListener listener = new();
    private long total;

    public CountedMeter(string instrument)
    {
        listener.InstrumentPublished = (published, to) =>
        {
            if (published.Name == instrument) to.EnableMeasurementEvents(published);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref total, value));
        listener.Start();
    }

    public long Total => Volatile.Read(ref total);

    public void Dispose() => listener.Dispose();
}
