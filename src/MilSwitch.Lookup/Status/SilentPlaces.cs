using MilSwitch.Lookup.Finding.Web;

namespace MilSwitch.Lookup.Status;

/// <summary>Hosts that said nothing, each left alone for a while whatever it is asked. Bounded by the hosts that settings allow. Thread-safe.</summary>
/// <param name="pause">For how long.</param>
/// <param name="time">The clock.</param>
internal sealed class SilentPlaces(TimeSpan pause, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (long Since, string Reason)> since = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Asks, unless the host said nothing just now.</summary>
    /// <param name="address">Whom.</param>
    /// <param name="ask">How.</param>
    /// <exception cref="FetchException">There is no whole answer.</exception>
    public async Task<T> AskAsync<T>(Uri address, Func<Task<T>> ask)
    {
        var host = address.GetLeftPart(UriPartial.Authority);
        lock (gate)
        {
            if (since.TryGetValue(host, out var known))
            {
                if (time.GetElapsedTime(known.Since) < pause) throw new FetchException(known.Reason);
                since.Remove(host);
            }
        }

        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (FetchException fault) when (fault.IsSilence)
        {
            lock (gate) since[host] = (time.GetTimestamp(), fault.Message);
            throw;
        }
    }
}
