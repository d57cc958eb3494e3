using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>Accepts connections for an <see cref="LdapResponder"/>, within the limits of its settings. Thread-safe.</summary>
public sealed class LdapListener : IAsyncDisposable
{
    private readonly LdapResponder responder;
    private readonly LdapSettings settings;
    private readonly SslServerAuthenticationOptions? tls;
    private readonly bool isImplicit;
    private readonly TimeProvider time;
    private readonly TcpListener listener;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<Task, byte> sessions = new();
    private readonly Dictionary<IPAddress, int> clients = [];
    private readonly Lock gate = new();
    private readonly Task accepting;
    private int connections;

    private LdapListener(Func<ProxyAuthority> authority, LdapSettings settings, IPEndPoint endPoint, TimeProvider time, SslServerAuthenticationOptions? tls, bool isImplicit)
    {
        responder = new LdapResponder(authority, settings, time);
        (this.settings, this.time, this.tls, this.isImplicit) = (settings, time, tls, isImplicit);
        listener = new TcpListener(endPoint);
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndpoint;

    /// <summary>Open now.</summary>
    public int Connections
    {
        get
        {
            lock (gate) return connections;
        }
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="tls">With a certificate; null: there is no TLS.</param>
    /// <param name="isImplicit">True: TLS from the first octet (ldaps). False: on StartTLS.</param>
    /// <exception cref="ProxyAuthorityException">A setting is out of its range, or TLS is asked for without a certificate.</exception>
    /// <exception cref="SocketException">The end point can't be listened on.</exception>
    public static LdapListener Start(
        ProxyAuthority authority, LdapSettings settings, IPEndPoint endPoint, TimeProvider time, SslServerAuthenticationOptions? tls = null, bool isImplicit = false) =>
        Start(() => authority, settings, endPoint, time, tls, isImplicit);

    /// <summary>The same with an authority that may be replaced meanwhile: it is asked for at each search.</summary>
    public static LdapListener Start(
        Func<ProxyAuthority> authority, LdapSettings settings, IPEndPoint endPoint, TimeProvider time, SslServerAuthenticationOptions? tls = null, bool isImplicit = false)
    {
        if (isImplicit && tls is null) throw new ProxyAuthorityException("there is no certificate for TLS");
        return new LdapListener(authority, settings, endPoint, time, tls, isImplicit);
    }

    /// <summary>Listens no more, ends all sessions and waits for that.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        // Not before nobody accepts any more: a listener that is gone can't be asked for connections.
        await accepting.ConfigureAwait(false);
        listener.Dispose();
        await Task.WhenAll(sessions.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            Socket? socket = null;
            IPAddress address;
            try
            {
                socket = await listener.AcceptSocketAsync(stopping.Token).ConfigureAwait(false);
                address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
            }
            catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // One that was gone before it was here, or no file to spare for it.
                socket?.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(50), time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (!TryEnter(ClientOf(address)))
            {
                socket.Dispose();
                continue;
            }

            var session = Task.Run(() => ServeAsync(socket, address));
            sessions[session] = 0;
            _ = session.ContinueWith(ended => sessions.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket socket, IPAddress address)
    {
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            var peer = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
            if (!isImplicit)
            {
                await responder.ServeAsync(stream, peer, isSecure: false, tls is null ? null : SecureAsync, stopping.Token).ConfigureAwait(false);
                return;
            }

            using var idle = new CancellationTokenSource(settings.Idle, time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, stopping.Token);
            using var inside = await SecureAsync(stream, limit.Token).ConfigureAwait(false);
            await responder.ServeAsync(inside, peer, isSecure: true, null, stopping.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The handshake failed, or took too long.
        }
        finally
        {
            Leave(ClientOf(address));
        }
    }

    private async Task<SslStream> SecureAsync(Stream stream, CancellationToken cancellationToken)
    {
        var inside = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await inside.AuthenticateAsServerAsync(tls!, cancellationToken).ConfigureAwait(false);
            return inside;
        }
        catch
        {
            await inside.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whose connections count together: a host of IPv6 commands a whole /64.</summary>
    internal static IPAddress ClientOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily is not AddressFamily.InterNetworkV6) return address;
        var octets = address.GetAddressBytes();
        octets.AsSpan(8).Clear();
        return new IPAddress(octets);
    }

    private bool TryEnter(IPAddress client)
    {
        lock (gate)
        {
            var own = clients.GetValueOrDefault(client);
            if (connections >= settings.MostConnections || own >= settings.MostConnectionsOfClient) return false;
            clients[client] = own + 1;
            connections++;
            return true;
        }
    }

    private void Leave(IPAddress client)
    {
        lock (gate)
        {
            connections--;
            if (clients[client] is 1) clients.Remove(client);
            else clients[client]--;
        }
    }
}
