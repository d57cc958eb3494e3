using System.Collections.Immutable;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>
/// One search over one connection, and nothing else of LDAP (RFC 4511). A client of our own, because the system's library
/// reads settings for TLS from files and variables of the machine, which can turn verification off, follows referrals unless
/// it is told not to, blocks a thread for each search and puts no bound on what a server sends. Thread-safe.
/// </summary>
/// <param name="anchors">Whom the server's certificate must lead to; null: no TLS.</param>
/// <param name="time">Measures the limit.</param>
/// <param name="limit">For connection, handshake, bind and search together.</param>
internal sealed class LdapClient(X509Certificate2Collection? anchors, TimeProvider time, TimeSpan limit)
{
    private const int MostLengthOctets = 4;

    /// <summary>Searches.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="name">Who binds; empty: nobody.</param>
    /// <param name="secret">With what.</param>
    /// <param name="search">The question.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LdapException">There is no whole answer.</exception>
    public async Task<LdapResult> SearchAsync(LdapEndpoint endpoint, string name, ReadOnlyMemory<byte> secret, LdapSearch search, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var isHeard = false;
        try
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(endpoint.Host, endpoint.Port, linked.Token).ConfigureAwait(false);
            var stream = await SecureAsync(client.GetStream(), endpoint.Host, linked.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return await AskAsync(stream, name, secret, search, () => isHeard = true, linked.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LdapException("no whole answer in time") { IsSilence = !isHeard };
        }
        catch (AuthenticationException fault)
        {
            throw new LdapException("its certificate is not believed, or it speaks no TLS", fault);
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            throw new LdapException("it can't be reached, or the connection broke", fault) { IsSilence = !isHeard };
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

    // The answer is whole: that the server is gone by now, or slow to hear it, takes nothing away.
    private static async Task UnbindAsync(Stream stream, int id, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(LdapMessages.Unbind(id), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
        {
            // It ends with the connection.
        }
    }

    private async Task<LdapResult> AskAsync(Stream stream, string name, ReadOnlyMemory<byte> secret, LdapSearch search, Action heard, CancellationToken cancellationToken)
    {
        var left = search.MostOctets;
        var id = 1;
        if (name.Length > 0)
        {
            await stream.WriteAsync(LdapMessages.Bind(id, name, secret.Span), cancellationToken).ConfigureAwait(false);
            var (kind, body) = LdapMessages.Open(await ReadAsync().ConfigureAwait(false), id);
            if (kind is not LdapMessages.BindResponse) throw new LdapException("the directory answers in another protocol");
            LdapMessages.ThrowUnlessSuccess(body, "the bind");
            id++;
        }

        await stream.WriteAsync(LdapMessages.Search(id, search, limit), cancellationToken).ConfigureAwait(false);
        var values = new List<LdapValue>();
        var hasReferrals = false;
        for (var entries = 0; ;)
        {
            var (kind, body) = LdapMessages.Open(await ReadAsync().ConfigureAwait(false), id);
            switch (kind)
            {
                case LdapMessages.SearchEntry:
                    // A server need not keep the limit that it was given.
                    if (++entries > search.MostEntries) throw new LdapException("more entries match than are looked at");
                    LdapMessages.ReadEntry(body, values);
                    break;
                case LdapMessages.SearchReference:
                    hasReferrals = true;
                    break;
                case LdapMessages.SearchDone:
                    LdapMessages.ThrowUnlessSuccess(body, "the search");
                    await UnbindAsync(stream, id + 1, cancellationToken).ConfigureAwait(false);
                    return new LdapResult([.. values], hasReferrals);
                default:
                    throw new LdapException("the directory answers in another protocol");
            }
        }

        async Task<ReadOnlyMemory<byte>> ReadAsync()
        {
            // RFC 4511 §5.1: definite lengths only.
            var head = new byte[2 + MostLengthOctets];
            await stream.ReadExactlyAsync(head.AsMemory(0, 2), cancellationToken).ConfigureAwait(false);
            heard();
            if (head[0] is not 0x30) throw new LdapException("the directory answers in another protocol");
            var more = head[1] < 0x80 ? 0 : head[1] & 0x7f;
            if (head[1] is 0x80 || more > MostLengthOctets) throw new LdapException("the directory's answer is too large");
            await stream.ReadExactlyAsync(head.AsMemory(2, more), cancellationToken).ConfigureAwait(false);
            long length = more is 0 ? head[1] : 0;
            foreach (var octet in head.AsSpan(2, more)) length = (length << 8) | octet;
            if (length + 2 + more > left) throw new LdapException("the directory's answer is too large");
            var message = new byte[2 + more + (int)length];
            head.AsSpan(0, 2 + more).CopyTo(message);
            await stream.ReadExactlyAsync(message.AsMemory(2 + more), cancellationToken).ConfigureAwait(false);
            left -= message.Length;
            return message;
        }
    }
}
