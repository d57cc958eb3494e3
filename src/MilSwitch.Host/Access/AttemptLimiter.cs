using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Host.Access;

/// <summary>Wrong attempts by address, on this node: after some of them each further one has to wait longer. Thread-safe.</summary>
internal sealed class AttemptLimiter(TimeProvider time)
{
    private const int Free = 10;
    private const int MostAddresses = 10_000;

    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (int Failures, DateTimeOffset Until, DateTimeOffset Last)> byAddress = new(StringComparer.Ordinal);

    /// <summary>How long this address has to wait; null: it need not.</summary>
    public TimeSpan? Wait(string address)
    {
        var now = time.GetUtcNow();
        lock (gate) return byAddress.TryGetValue(Key(address), out var known) && known.Until > now ? known.Until - now : null;
    }

    /// <summary>Counts a wrong attempt. True: from now on this address has to wait.</summary>
    public bool Fail(string address)
    {
        var (now, key) = (time.GetUtcNow(), Key(address));
        lock (gate)
        {
            if (byAddress.Count >= MostAddresses) Forget(now);
            var failures = (byAddress.TryGetValue(key, out var known) && now - known.Last < Memory ? known.Failures : 0) + 1;
            byAddress[key] = (failures, failures < Free ? default : now + Delay(failures - Free), now);
            return failures >= Free;
        }
    }

    public void Succeed(string address)
    {
        lock (gate) byAddress.Remove(Key(address));
    }

    /// <summary>30 s, and twice as long each time, up to 15 minutes.</summary>
    public static TimeSpan Delay(int further) => TimeSpan.FromSeconds(Math.Min(900, 30 * Math.Pow(2, Math.Min(further, 10))));

    private void Forget(DateTimeOffset now)
    {
        foreach (var (key, known) in byAddress.ToArray())
        {
            if (now - known.Last >= Memory) byAddress.Remove(key);
        }

        // Addresses cost whoever has so many of them nothing: those that were quiet longest go.
        if (byAddress.Count < MostAddresses) return;
        foreach (var (key, _) in byAddress.OrderBy(e => e.Value.Last).Take(MostAddresses / 10).ToArray()) byAddress.Remove(key);
    }

    // Whoever has one address of IPv6 has the 64 bits behind it.
    private static string Key(string address) =>
        IPAddress.TryParse(address, out var parsed) && parsed is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false }
            ? Convert.ToHexString(parsed.GetAddressBytes().AsSpan(0, 8))
            : address;
}
