using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Access;

/// <summary>
/// Wrong attempts by address: after some of them each further one has to wait longer. They are counted in the store, so that
/// all nodes of a cluster count together; how many addresses are remembered is bounded. Thread-safe.
/// </summary>
/// <param name="store">Throws when there is none.</param>
/// <param name="time">The clock.</param>
internal sealed class AttemptLimiter(Func<ISpool> store, TimeProvider time)
{
    /// <summary>So many addresses are remembered, and a tenth more until somebody tidies up.</summary>
    public const int MostAddresses = 10_000;

    private const int Free = 10;
    private const int MostExchanges = 10;
    private const int IdOctets = 16;

    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);
    private static readonly TimeSpan TidyEvery = TimeSpan.FromMinutes(10);

    private int added;
    private long tidied = time.GetTimestamp();

    /// <summary>How long this address has to wait; null: it need not.</summary>
    /// <exception cref="SpoolUnavailableException">The store does not answer.</exception>
    public async ValueTask<TimeSpan?> WaitAsync(string address, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var known = AccessDocuments.ReadAttempts(await store().ReadDocumentAsync(AccessDocuments.Attempts, IdOf(address), cancellationToken));
        return known is not null && known.Until > now ? known.Until - now : null;
    }

    /// <summary>Counts a wrong attempt. True: from now on this address has to wait.</summary>
    /// <exception cref="SpoolUnavailableException">The store does not answer.</exception>
    public async ValueTask<bool> FailAsync(string address, CancellationToken cancellationToken)
    {
        var id = IdOf(address);
        for (var tries = 0; tries < MostExchanges; tries++)
        {
            var now = time.GetUtcNow();
            var json = await store().ReadDocumentAsync(AccessDocuments.Attempts, id, cancellationToken);
            var failures = (AccessDocuments.ReadAttempts(json) is { } known && now - known.Last < Memory ? known.Failures : 0) + 1;
            var counted = new AttemptsDocument(failures, failures < Free ? default : now + Delay(failures - Free), now);
            if (!await store().ExchangeDocumentAsync(AccessDocuments.Attempts, id, json, AccessDocuments.Write(counted), cancellationToken)) continue;
            if (json is null) Interlocked.Increment(ref added);
            if (Volatile.Read(ref added) >= MostAddresses / 10 || time.GetElapsedTime(Volatile.Read(ref tidied)) >= TidyEvery) await TidyAsync(cancellationToken);
            return failures >= Free;
        }

        // Others of this address are being counted all the time.
        return false;
    }

    /// <summary>It came in: what was counted is forgotten.</summary>
    public async ValueTask SucceedAsync(string address, CancellationToken cancellationToken)
    {
        if (await store().ReadDocumentAsync(AccessDocuments.Attempts, IdOf(address), cancellationToken) is not null)
            await store().RemoveDocumentAsync(AccessDocuments.Attempts, IdOf(address), cancellationToken);
    }

    /// <summary>30 s, and twice as long each time, up to 15 minutes.</summary>
    public static TimeSpan Delay(int further) => TimeSpan.FromSeconds(Math.Min(900, 30 * Math.Pow(2, Math.Min(further, 10))));

    private async ValueTask TidyAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref tidied, time.GetTimestamp());
        Interlocked.Exchange(ref added, 0);
        var now = time.GetUtcNow();
        var all = (await store().ListDocumentsAsync(AccessDocuments.Attempts, cancellationToken)).Select(d => (d.Id, AccessDocuments.ReadAttempts(d.Json)?.Last)).OrderByDescending(d => d.Last).ToArray();
        // Addresses cost whoever has so many of them nothing: those that were quiet longest go.
        foreach (var (id, _) in all.Where((d, i) => i >= MostAddresses || d.Last is not { } last || now - last >= Memory))
            await store().RemoveDocumentAsync(AccessDocuments.Attempts, id, cancellationToken);
    }

    // Whoever has one address of IPv6 has the 64 bits behind it.
    private static string IdOf(string address) => Convert.ToHexStringLower(SHA256.HashData(
        IPAddress.TryParse(address, out var parsed) && parsed is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false }
            ? parsed.GetAddressBytes().AsSpan(0, 8)
            : Encoding.UTF8.GetBytes(address)).AsSpan(0, IdOctets));
}
