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
    /// <param name="client">Null for a proxy's connection, which counts for the listener only.</param>
    /// <param name="limits">As they are now.</param>
    public bool TryEnter(IPAddress? client, SmtpLimits limits)
    {
        lock (gate)
        {
            if (total >= limits.Connections || (client is not null && !TryCount(client, limits))) return false;
            total++;
            return true;
        }
    }

    /// <summary>A connection speaks for another client from now on. False when that has too many, and nothing changed.</summary>
    /// <param name="from">Null when nobody was counted for it.</param>
    public bool TryRename(IPAddress? from, IPAddress to, SmtpLimits limits)
    {
        lock (gate)
        {
            if (from is not null && Key(from) == Key(to)) return true;
            if (!TryCount(to, limits)) return false;
            Uncount(from);
            return true;
        }
    }

    /// <param name="client">Null when the connection was a proxy's and its client was never counted.</param>
    public void Leave(IPAddress? client)
    {
        lock (gate)
        {
            total--;
            Uncount(client);
        }
    }

    private void Uncount(IPAddress? client)
    {
        if (client is null) return;
        var key = Key(client);
        if (perClient[key] is 1) perClient.Remove(key);
        else perClient[key]--;
    }

    private bool TryCount(IPAddress client, SmtpLimits limits)
    {
        var key = Key(client);
        perClient.TryGetValue(key, out var open);
        if (open >= limits.ConnectionsPerClient) return false;
        perClient[key] = open + 1;
        return true;
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
