using System.Net.Security;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>
/// A directory (LDAPv3, RFC 4511) for reading only, of the recipients beyond the boundary: it knows binds, searches, StartTLS and
/// unbinds; whatever would change something is refused. Thread-safe.
/// </summary>
public sealed class LdapResponder
{
    private readonly LdapSearcher searcher;
    private readonly LdapSettings settings;
    private readonly TimeProvider time;

    /// <exception cref="ProxyAuthorityException">A setting is out of its range.</exception>
    public LdapResponder(ProxyAuthority authority, LdapSettings settings, TimeProvider time) : this(() => authority, settings, time)
    {
    }

    internal LdapResponder(Func<ProxyAuthority> authority, LdapSettings settings, TimeProvider time)
    {
        settings.Check();
        (this.settings, this.time) = (settings, time);
        searcher = new LdapSearcher(authority, settings);
    }

    /// <summary>Serves one client until it goes.</summary>
    /// <param name="stream">Stays the caller's.</param>
    /// <param name="peer">The client's address, as the log has it.</param>
    /// <param name="isSecure">The stream is inside of TLS.</param>
    /// <param name="secure">Makes TLS of the stream when the client says StartTLS; null: it is not offered.</param>
    /// <param name="cancellationToken">Ends the session.</param>
    /// <returns>The task ends without an error for whatever the client or the network does.</returns>
    public async Task ServeAsync(Stream stream, string peer, bool isSecure = false, Func<Stream, CancellationToken, Task<SslStream>>? secure = null, CancellationToken cancellationToken = default)
    {
        try
        {
            await new LdapSession(searcher, settings, time, stream, peer, isSecure, secure).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client is gone, too slow, or we stop: nothing that anybody waits for.
        }
    }
}
