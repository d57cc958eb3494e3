using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using MilSwitch.Checks.Lanes;
using MilSwitch.Host.Api;
using MilSwitch.Lookup.Service;
using MilSwitch.Smime.Tokens;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server;
using Prometheus;

namespace MilSwitch.Host.Measurement;

/// <summary>
/// Carries the instruments of all meters named <c>MilSwitch…</c> to Prometheus: counters stay counters, up-down counters
/// and gauges become gauges, histograms keep buckets that fit their unit. Names are made of the instrument's (dots become
/// underscores), its unit (<c>s</c>: seconds, <c>By</c>: bytes) and, for counters, <c>_total</c>. Thread-safe.
/// </summary>
/// <remarks>
/// The labels of an instrument are those of its first measurement. One instrument has at most
/// <see cref="MaximumSeries"/> label sets; what comes after is counted under <c>other</c>, so that no peer can grow memory.
/// </remarks>
public sealed class MeterBridge : IDisposable
{
    public const int MaximumSeries = 500;

    private static readonly double[] SecondBuckets =
        [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 14_400, 86_400];
    private static readonly double[] ByteBuckets = [256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20];
    private static readonly double[] CountBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly MeterListener listener = new();
    private readonly MetricFactory factory;
    private readonly ConcurrentDictionary<string, Series> byName = new(StringComparer.Ordinal);

    public MeterBridge()
    {
        Registry = Metrics.NewCustomRegistry();
        factory = Metrics.WithCustomRegistry(Registry);
        DotNetStats.Register(Registry);
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Meter.Name.StartsWith("MilSwitch", StringComparison.Ordinal)) meters.EnableMeasurementEvents(instrument, SeriesOf(instrument));
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((Series)state!).Record(value, tags));
        listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((Series)state!).Record(value, tags));
        listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((Series)state!).Record(value, tags));
        // Known from the first scrape on, whether or not anything was measured: a rule over a name that isn't there is silent.
        SmtpMeter.Publish();
        SmtpClientMeter.Publish();
        TokenMeter.Publish();
        CheckMeter.Publish();
        ProxyMeters.Publish();
        ApiMeter.Publish();
        listener.Start();
        Registry.AddBeforeCollectCallback(listener.RecordObservableInstruments);
    }

    public CollectorRegistry Registry { get; }

    public void Dispose() => listener.Dispose();

    /// <summary>The page of a scrape: what was measured, and the names of what was not yet.</summary>
    public async Task WriteAsync(Stream page, CancellationToken cancellationToken)
    {
        await Registry.CollectAndExportAsTextAsync(page, cancellationToken);
        var silent = new StringBuilder();
        foreach (var (name, series) in byName.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (!series.IsSilent) continue;
            silent.Append(CultureInfo.InvariantCulture, $"# HELP {name} {series.Help}\n# TYPE {name} {series.Type}\n");
        }

        await page.WriteAsync(Encoding.UTF8.GetBytes(silent.ToString()), cancellationToken);
    }

    // Two meters of one process may publish the same instrument (tests, a restart inside the process): they share a series.
    private Series SeriesOf(Instrument instrument)
    {
        var kind = instrument switch
        {
            Counter<long> or Counter<int> or Counter<double> => Kind.Counter,
            ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double> => Kind.Total,
            UpDownCounter<long> or UpDownCounter<int> or UpDownCounter<double> => Kind.Delta,
            Histogram<long> or Histogram<int> or Histogram<double> => Kind.Histogram,
            _ => Kind.Value,
        };
        var name = NameOf(instrument, kind);
        return byName.GetOrAdd(name, n => new Series(factory, n, instrument.Description ?? n, kind, BucketsOf(instrument)));
    }

    internal static string NameOf(Instrument instrument, Kind kind)
    {
        var name = new StringBuilder();
        foreach (var c in instrument.Name) name.Append(char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_');
        if (!instrument.Name.StartsWith("milswitch", StringComparison.OrdinalIgnoreCase)) name.Insert(0, "milswitch_");
        var text = name.ToString();
        var isTotal = kind is Kind.Counter or Kind.Total;
        if (isTotal && text.EndsWith("_total", StringComparison.Ordinal)) text = text[..^6];
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (!text.EndsWith(unit, StringComparison.Ordinal)) text += unit;
        return isTotal ? text + "_total" : text;
    }

    private static double[] BucketsOf(Instrument instrument)
    {
        switch (instrument)
        {
            case Histogram<double> { Advice.HistogramBucketBoundaries: { } advised }:
                return [.. advised];
            case Histogram<long> { Advice.HistogramBucketBoundaries: { } advised }:
                return [.. advised.Select(b => (double)b)];
            case Histogram<int> { Advice.HistogramBucketBoundaries: { } advised }:
                return [.. advised.Select(b => (double)b)];
        }

        return instrument.Unit switch { "s" => SecondBuckets, "By" => ByteBuckets, _ => CountBuckets };
    }

    internal enum Kind : byte { Counter, Total, Delta, Value, Histogram }

    private sealed class Series(MetricFactory factory, string name, string help, Kind kind, double[] buckets)
    {
        private readonly ConcurrentDictionary<string, object> children = new(StringComparer.Ordinal);
        private readonly Lock gate = new();
        private string[]? labels;
        private volatile object? only;
        private Func<string[], object>? make;

        public string Help => help;

        public string Type => kind switch { Kind.Counter or Kind.Total => "counter", Kind.Histogram => "histogram", _ => "gauge" };

        public bool IsSilent => make is null;

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var child = tags.IsEmpty && only is { } single ? single : Find(tags);
            switch (kind)
            {
                case Kind.Counter:
                    // A counter that falls is a fault of the instrument; the page must stay readable.
                    if (value > 0) ((ICounter)child).Inc(value);
                    break;
                case Kind.Total:
                    ((ICounter)child).IncTo(value);
                    break;
                case Kind.Delta:
                    ((IGauge)child).Inc(value);
                    break;
                case Kind.Value:
                    ((IGauge)child).Set(value);
                    break;
                default:
                    ((IHistogram)child).Observe(value);
                    break;
            }
        }

        private object Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (make is null) Create(tags);
            if (labels!.Length == 0) return only!;
            // One label is the rule on the hot path; its value is the key as it is.
            var key = labels.Length == 1 && tags.Length == 1 && tags[0].Key == labels[0] && tags[0].Value is string text ? text : KeyOf(tags);
            if (children.TryGetValue(key, out var child)) return child;
            lock (gate)
            {
                if (children.TryGetValue(key, out child)) return child;
                if (children.Count >= MaximumSeries) return children.GetOrAdd("\u001fother", _ => make!([.. labels.Select(_ => "other")]));
                return children[key] = make!(ValuesOf(tags));
            }
        }

        private void Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (gate)
            {
                if (make is not null) return;
                labels = new string[tags.Length];
                for (var i = 0; i < tags.Length; i++) labels[i] = tags[i].Key;
                var names = Array.ConvertAll(labels, LabelOf);
                Func<string[], object> created;
                switch (kind)
                {
                    case Kind.Counter or Kind.Total:
                        var counter = factory.CreateCounter(name, help, names);
                        created = values => counter.WithLabels(values);
                        break;
                    case Kind.Delta or Kind.Value:
                        var gauge = factory.CreateGauge(name, help, names);
                        created = values => gauge.WithLabels(values);
                        break;
                    default:
                        var histogram = factory.CreateHistogram(name, help, names, new HistogramConfiguration { Buckets = buckets });
                        created = values => histogram.WithLabels(values);
                        break;
                }

                if (labels.Length == 0) only = created([]);
                make = created;
            }
        }

        private string KeyOf(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join('\u001f', ValuesOf(tags));

        private string[] ValuesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var values = new string[labels!.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = "";
                foreach (var tag in tags)
                {
                    if (tag.Key == labels[i]) values[i] = tag.Value as string ?? Convert.ToString(tag.Value, CultureInfo.InvariantCulture)?.ToLowerInvariant() ?? "";
                }
            }

            return values;
        }

        private static string LabelOf(string key)
        {
            var text = string.Concat(key.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            return char.IsAsciiDigit(text[0]) ? "_" + text : text;
        }
    }
}
