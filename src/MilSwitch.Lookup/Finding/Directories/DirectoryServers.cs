using System.Collections.Immutable;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>The servers of one directory, asked in their order until one answers; those that were silent are left alone for a while. Thread-safe.</summary>
internal sealed class DirectoryServers
{
    private readonly ImmutableArray<LdapEndpoint> servers;
    private readonly string bindName;
    private readonly Func<ReadOnlyMemory<byte>>? bindSecret;
    private readonly LdapClient client;
    private readonly SilentServers silent;

    /// <param name="servers">One at least.</param>
    /// <param name="tlsAnchors">One at least, DER.</param>
    /// <param name="bindName">Who binds; empty: nobody.</param>
    /// <param name="bindSecret">With what, read each time.</param>
    /// <param name="timeLimit">For one server, everything included; 100 ms to 60 s.</param>
    /// <param name="pause">For which a silent server is left alone.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public DirectoryServers(
        ImmutableArray<LdapEndpoint> servers, ImmutableArray<ReadOnlyMemory<byte>> tlsAnchors, string bindName, Func<ReadOnlyMemory<byte>>? bindSecret, TimeSpan timeLimit, TimeSpan pause, TimeProvider time)
    {
        if (servers.IsDefaultOrEmpty || servers.Any(s => s.Host.Length is 0 || s.Port is < 1 or > 65_535)) throw new ArgumentException("a directory needs servers", nameof(servers));
        if (tlsAnchors.IsDefaultOrEmpty) throw new ArgumentException("a directory needs an anchor for TLS", nameof(tlsAnchors));
        if (bindName.Length > 0 && bindSecret is null) throw new ArgumentException("a name to bind with needs a secret", nameof(bindSecret));
        if (timeLimit < TimeSpan.FromMilliseconds(100) || timeLimit > TimeSpan.FromSeconds(60)) throw new ArgumentException("the time limit is 100 ms to 60 s", nameof(timeLimit));
        (this.servers, this.bindName, this.bindSecret) = (servers, bindName, bindSecret);
        client = new LdapClient(TlsTrust.Anchors(tlsAnchors), time, timeLimit);
        silent = new SilentServers(pause, time);
    }

    /// <param name="mostOctets">Of the answers of one server.</param>
    /// <param name="talk">What one is asked; begins anew at the next.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LdapException">None answered in full; the text names each with its reason.</exception>
    public async Task<T> AskAsync<T>(int mostOctets, Func<LdapConversation, Task<T>> talk, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var server in servers)
        {
            // Those who waited for a place hear of it as well: what swallows one question swallows them all.
            if (silent.Why(server) is { } still)
            {
                faults.Add($"{server}: {still}");
                continue;
            }

            var secret = bindName.Length > 0 ? bindSecret!() : default;
            // RFC 4513 §5.1.2: a name without a secret would be nobody, and look like somebody.
            if (bindName.Length > 0 && secret.IsEmpty) throw new LdapException("there is no secret to bind with");
            try
            {
                return await client.TalkAsync(server, bindName, secret, mostOctets, talk, cancellationToken).ConfigureAwait(false);
            }
            catch (LdapException fault)
            {
                if (fault.IsSilence) silent.Add(server, fault.Message);
                faults.Add($"{server}: {fault.Message}");
            }
        }

        throw new LdapException(string.Join("; ", faults));
    }
}
