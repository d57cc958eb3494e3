using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace MilSwitch.Lookup.Service;

/// <summary>How many proxy certificates were issued and refused, over all authorities of the process. Thread-safe.</summary>
public static class ProxyMeters
{
    private static readonly Meter Meter = new("MilSwitch.Lookup");
    private static readonly Counter<long> Issued = Meter.CreateCounter<long>("proxy.certificates.issued", description: "Proxy certificates that were issued and recorded");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("proxy.certificates.refused", description: "Requests for proxy certificates that were refused");

    private static readonly KeyValuePair<string, object?>[] Reasons =
        [.. new[] { "", "opted-out", "above-ceiling", "too-many", "key-away", "log-away", "authority-invalid" }.Select(r => new KeyValuePair<string, object?>("reason", r))];

    /// <summary>Makes the instruments known before the first of them is used.</summary>
    public static void Publish() => RuntimeHelpers.RunClassConstructor(typeof(ProxyMeters).TypeHandle);

    internal static void CountIssued(int certificates) => Issued.Add(certificates);

    internal static void CountRefused(ProxyRefusal reason) => Refused.Add(1, Reasons[(int)reason]);
}
