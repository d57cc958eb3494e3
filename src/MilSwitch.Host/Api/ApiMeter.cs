using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace MilSwitch.Host.Api;

/// <summary>Instruments of the admin API, under the meter <c>MilSwitch.Api</c>.</summary>
internal static class ApiMeter
{
    private static readonly Meter Meter = new("MilSwitch.Api");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>("api.requests", "{request}", "Answers of the admin API");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("api.request", "s", "Time of one answer of the admin API");
    private static readonly UpDownCounter<long> Streams = Meter.CreateUpDownCounter<long>("api.streams", "{stream}", "Event streams open now");

    public static void Publish() => RuntimeHelpers.RunClassConstructor(typeof(ApiMeter).TypeHandle);

    /// <param name="operation">Its name in the document; null: there is none, so that a prober can't make names.</param>
    public static void Count(string? operation, int status, TimeSpan taken)
    {
        var tag = new KeyValuePair<string, object?>("operation", operation ?? "none");
        Requests.Add(1, tag, new("status", status.ToString(CultureInfo.InvariantCulture)));
        // A stream lasts as long as somebody watches.
        if (operation is not "events") Duration.Record(taken.TotalSeconds, tag);
    }

    public static void CountStream(int change) => Streams.Add(change);
}
