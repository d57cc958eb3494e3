using System.Diagnostics.Metrics;
using System.Text;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>What is counted of connections between nodes.</summary>
internal sealed class NodeTransportMeters
{
    public const string MeterName = "MilSwitch.Cluster";

    private static readonly RefusalCause[] Causes = Enum.GetValues<RefusalCause>();
    private static readonly KeyValuePair<string, object?>[] CauseTags = [.. Causes.Select(c => new KeyValuePair<string, object?>("cause", Words(c.ToString())))];
    private static readonly KeyValuePair<string, object?> ByUs = new("side", "inbound"), ToUs = new("side", "outbound");
    private static readonly KeyValuePair<string, object?> In = new("direction", "in"), Out = new("direction", "out");

    private readonly Counter<long> refused;
    private readonly Counter<long> frames;
    private readonly Counter<long> octets;
    private readonly Counter<long> renewed;
    private readonly UpDownCounter<long> connections;
    private readonly long[] refusals = new long[Causes.Length];
    private long renewals;
    private long open;

    public NodeTransportMeters()
    {
        var meter = new Meter(MeterName);
        connections = meter.CreateUpDownCounter<long>("milswitch.node_connections", "{connection}", "Connections to and from other nodes.");
        refused = meter.CreateCounter<long>("milswitch.node_refused", "{connection}", "Connections between nodes that were refused or ended, by cause.");
        frames = meter.CreateCounter<long>("milswitch.node_frames", "{frame}", "Frames between nodes.");
        octets = meter.CreateCounter<long>("milswitch.node_octets", "By", "Octets between nodes, inside TLS.");
        renewed = meter.CreateCounter<long>("milswitch.node_renewed", "{connection}", "Connections made anew because certificates changed.");
    }

    /// <summary>Connections that are made and not ended.</summary>
    public long Connections => Volatile.Read(ref open);

    public long Renewals => Volatile.Read(ref renewals);

    public long Refused(RefusalCause cause) => Volatile.Read(ref refusals[(int)cause]);

    public static string Words(string name)
    {
        var words = new StringBuilder(name.Length + 2);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && words.Length > 0) words.Append('-');
            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }

    public void CountRefused(RefusalCause cause, bool inbound)
    {
        Interlocked.Increment(ref refusals[(int)cause]);
        refused.Add(1, CauseTags[(int)cause], inbound ? ByUs : ToUs);
    }

    public void CountConnection(int change)
    {
        Interlocked.Add(ref open, change);
        connections.Add(change);
    }

    public void CountRenewed()
    {
        Interlocked.Increment(ref renewals);
        renewed.Add(1);
    }

    public void CountIn(long count, long size)
    {
        frames.Add(count, In);
        octets.Add(size, In);
    }

    public void CountOut(long count, long size)
    {
        frames.Add(count, Out);
        octets.Add(size, Out);
    }
}
