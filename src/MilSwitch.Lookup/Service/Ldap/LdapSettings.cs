namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>How look-ups by LDAP are answered. Immutable.</summary>
public sealed record LdapSettings
{
    /// <summary>The tree's name, <c>ou=boundary,dc=north,dc=example</c>: naming context and end of every entry's name. May be empty.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>
    /// Judges a name and a password; null: nobody has one, and only anonymous clients are served. Never asked outside of TLS.
    /// </summary>
    public Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<bool>>? Authenticate { get; init; }

    /// <summary>Searches are for clients that have bound with a name and a password.</summary>
    public bool RequireBind { get; init; }

    /// <summary>Octets of a request; 1,024 to 1,048,576.</summary>
    public int LongestRequest { get; init; } = 65_536;

    /// <summary>Entries in the answer to one search; 1 to 1,000.</summary>
    public int MostEntries { get; init; } = 64;

    /// <summary>Time for a whole request to come, for its answer to be taken, and for a TLS handshake; 1 second to 1 hour.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections at a time; 1 to 10,000.</summary>
    public int MostConnections { get; init; } = 256;

    /// <summary>Connections of one client address (of IPv6: of its /64) at a time; 1 to <see cref="MostConnections"/>.</summary>
    public int MostConnectionsOfClient { get; init; } = 16;

    /// <exception cref="ProxyAuthorityException">A value is out of its range.</exception>
    internal void Check()
    {
        if (LongestRequest is < 1_024 or > 1_048_576) throw new ProxyAuthorityException("a request has at most from 1024 to 1048576 octets");
        if (MostEntries is < 1 or > 1_000) throw new ProxyAuthorityException("an answer has at most from 1 to 1000 entries");
        if (Idle < TimeSpan.FromSeconds(1) || Idle > TimeSpan.FromHours(1)) throw new ProxyAuthorityException("idle connections are closed after 1 second to 1 hour");
        if (MostConnections is < 1 or > 10_000 || MostConnectionsOfClient < 1 || MostConnectionsOfClient > MostConnections)
            throw new ProxyAuthorityException("there are from 1 to 10000 connections, and no more of one client");
        if (RequireBind && Authenticate is null) throw new ProxyAuthorityException("nobody can bind where no passwords are judged");
    }
}
