using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>
/// Searches over one connection, and nothing else of LDAP (RFC 4511). A client of our own, because the system's library
/// reads settings for TLS from files and variables of the machine, which can turn verification off, follows referrals unless
/// it is told not to, blocks a thread for each search and puts no bound on what a server sends. Thread-safe.
/// </summary>
/// <param name="anchors">Whom the server's certificate must lead to; null: no TLS.</param>
/// <param name="time">Measures the limit.</param>
/// <param name="limit">For connection, handshake, bind and searches together.</param>
internal sealed class LdapClient(X509Certificate2Collection? anchors, TimeProvider time, TimeSpan limit)
{
    /// <summary>Searches once.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="name">Who binds; empty: nobody.</param>
    /// <param name="secret">With what.</param>
    /// <param name="search">The question.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LdapException">There is no whole answer.</exception>
    public Task<LdapResult> SearchAsync(LdapEndpoint endpoint, string name, ReadOnlyMemory<byte> secret, LdapSearch search, CancellationToken cancellationToken) =>
        TalkAsync(endpoint, name, secret, search.MostOctets, talk => talk.SearchAsync(search), cancellationToken);

    /// <summary>Searches as often as somebody wants to, one after the other.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="name">Who binds; empty: nobody.</param>
    /// <param name="secret">With what.</param>
    /// <param name="mostOctets">Of all answers together; more is a fault.</param>
    /// <param name="talk">What is asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LdapException">There is no whole answer.</exception>
    public async Task<T> TalkAsync<T>(LdapEndpoint endpoint, string name, ReadOnlyMemory<byte> secret, int mostOctets, Func<LdapConversation, Task<T>> talk, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        LdapConversation? conversation = null;
        try
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(endpoint.Host, endpoint.Port, linked.Token).ConfigureAwait(false);
            var stream = await SecureAsync(client.GetStream(), endpoint.Host, linked.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                conversation = new LdapConversation(endpoint, stream, mostOctets, limit, linked.Token);
                if (name.Length > 0) await conversation.BindAsync(name, secret).ConfigureAwait(false);
                var answer = await talk(conversation).ConfigureAwait(false);
                await conversation.UnbindAsync().ConfigureAwait(false);
                return answer;
            }
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LdapException("no whole answer in time") { IsSilence = conversation is not { IsHeard: true } };
        }
        catch (AuthenticationException fault)
        {
            throw new LdapException("its certificate is not believed, or it speaks no TLS", fault);
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            throw new LdapException("it can't be reached, or the connection broke", fault) { IsSilence = conversation is not { IsHeard: true } };
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream network, string host, CancellationToken cancellationToken)
    {
        if (anchors is null) return network;
        var secure = new SslStream(network);
        try
        {
            await secure.AuthenticateAsClientAsync(TlsTrust.Client(host, anchors), cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
