namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>Servers of which nothing was heard, each left alone for a while. Bounded by the servers of the settings. Thread-safe.</summary>
/// <param name="pause">For how long.</param>
/// <param name="time">The clock.</param>
internal sealed class SilentServers(TimeSpan pause, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<LdapEndpoint, (long Since, string Reason)> since = [];

    /// <summary>Why it is not to be asked now; null: it is.</summary>
    public string? Why(LdapEndpoint server)
    {
        lock (gate)
        {
            if (!since.TryGetValue(server, out var known)) return null;
            if (time.GetElapsedTime(known.Since) < pause) return known.Reason;
            since.Remove(server);
            return null;
        }
    }

    public void Add(LdapEndpoint server, string reason)
    {
        lock (gate) since[server] = (time.GetTimestamp(), reason);
    }
}
