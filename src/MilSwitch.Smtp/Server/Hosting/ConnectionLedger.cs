using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Smtp.Server.Hosting;

/// <summary>Counts open connections of a listener, in all and per client. Thread-safe.</summary>
internal sealed class ConnectionLedger
{
    private readonly Lock gate = new();
    private readonly Dictionary<UInt128, int> perClient = [];
    private int total;

    /// <summary>False when a limit is reached; else <see cref="Leave"/> must follow.</summary>
    public bool TryEnter(IPAddress client, SmtpLimits limits)
    {
        var key = Key(client);
        lock (gate)
        {
            perClient.TryGetValue(key, out var open);
            if (total >= limits.Connections || open >= limits.ConnectionsPerClient) return false;
            perClient[key] = open + 1;
            total++;
            return true;
        }
    }

    public void Leave(IPAddress client)
    {
        var key = Key(client);
        lock (gate)
        {
            total--;
            if (perClient[key] is 1) perClient.Remove(key);
            else perClient[key]--;
        }
    }

    // A host of IPv6 commands a whole /64.
    private static UInt128 Key(IPAddress client)
    {
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        client.TryWriteBytes(octets, out _);
        if (client.AddressFamily is AddressFamily.InterNetworkV6) octets[8..].Clear();
        var key = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(octets);
        return client.AddressFamily is AddressFamily.InterNetworkV6 ? key | UInt128.One : key;
    }
}
