using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;
using Microsoft.Extensions.Logging;
using AkkaTransport = Akka.Remote.Transport.Transport;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// Akka's remoting over TCP and TLS with certificates on both sides. Whatever a peer does (no trust, nonsense, silence) ends
/// that connection and nothing else; certificates are replaced while it runs (<see cref="NodeCredentials"/>). Made by Akka,
/// from the settings of <see cref="ClusterSettings"/> and a <see cref="NodeTransportSetup"/>. Thread-safe.
/// </summary>
internal sealed partial class NodeTransport : AkkaTransport
{
    // Akka wraps what it has measured against the largest payload in a few octets more.
    private const int Wrapping = 32;
    private const int Backlog = 512;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromDays(1);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly NodeCredentials credentials;
    private readonly ILogger log;
    private readonly HalfMade halfMade;
    private readonly ConcurrentDictionary<Guid, NodeAssociation> associations = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim look = new(0);
    private readonly int maximumFrame;
    private Socket? listening;
    private Address? local;
    private int inbound;
    private long? expiryTold;

    /// <summary>Called by Akka.</summary>
    /// <exception cref="ConfigurationException">There is no <see cref="NodeTransportSetup"/>, or a setting makes no sense.</exception>
    public NodeTransport(ActorSystem system, Config config)
    {
        System = system;
        Config = config;
        SchemeIdentifier = "tcp";
        var setup = system.Settings.Setup.Get<NodeTransportSetup>();
        if (!setup.HasValue) throw new ConfigurationException($"The actor system has no {nameof(NodeTransportSetup)}.");
        maximumFrame = (int)(config.GetByteSize("maximum-frame-size", null) ?? 128_000);
        if (maximumFrame is < 32_000 or > 16_000_000) throw new ConfigurationException("maximum-frame-size is from 32,000 to 16,000,000 octets.");
        MaximumPayloadBytes = maximumFrame - 1 - Wrapping;
        credentials = setup.Value.Credentials;
        Limits = setup.Value.Limits;
        Meters = setup.Value.Meters;
        Time = setup.Value.Time;
        log = setup.Value.Loggers.CreateLogger<NodeTransport>();
        Refusals = new Refusals(Meters, log, Time);
        halfMade = new HalfMade(Limits.HalfMade, Limits.HalfMadeByAddress);
    }

    public NodeTransportLimits Limits { get; }

    public NodeTransportMeters Meters { get; }

    public Refusals Refusals { get; }

    public TimeProvider Time { get; }

    public override bool IsResponsibleFor(Address remote) => true;

    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var bind = Config.GetString("hostname", "127.0.0.1");
        var address = IPAddress.TryParse(bind, out var ip) ? ip : (await Dns.GetHostAddressesAsync(bind, stopping.Token).ConfigureAwait(false))[0];
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, Config.GetInt("port", 0)));
            socket.Listen(Backlog);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }

        listening = socket;
        var own = (IPEndPoint)socket.LocalEndPoint!;
        var shown = Config.GetString("public-hostname", "");
        var port = Config.GetInt("public-port", 0);
        local = AddressOf(string.IsNullOrEmpty(shown) ? own.Address.ToString() : shown, port is 0 ? own.Port : port);
        var listener = new TaskCompletionSource<IAssociationEventListener>(TaskCreationOptions.RunContinuationsAsynchronously);
        credentials.Replaced += LookAtConnections;
        _ = AcceptAllAsync(socket, listener.Task);
        _ = KeepFreshAsync();
        return (local, listener);
    }

    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        ArgumentNullException.ThrowIfNull(remoteAddress);
        if (stopping.IsCancellationRequested || local is null) throw new InvalidAssociationException("The transport is closed.");
        var hello = Hello.ForNew();
        try
        {
            var connection = await DialAsync(remoteAddress, hello).ConfigureAwait(false);
            return Add(new NodeAssociation(this, local, remoteAddress, hello.Association, dialled: true, connection));
        }
        catch (NodeRefusedException e)
        {
            throw new InvalidAssociationException($"{remoteAddress}: {NodeTransportMeters.Words(e.Cause.ToString())}");
        }
        catch (SocketException e)
        {
            throw new InvalidAssociationException($"{remoteAddress}: {e.SocketErrorCode}");
        }
    }

    public override async Task<bool> Shutdown()
    {
        credentials.Replaced -= LookAtConnections;
        await stopping.CancelAsync().ConfigureAwait(false);
        listening?.Dispose();
        var all = associations.Values.ToArray();
#pragma warning disable CS0618 // The overload with a reason only logs it.
        foreach (var association in all) association.Disassociate();
#pragma warning restore CS0618
        await Task.WhenAll(all.Select(a => a.Completed)).ConfigureAwait(false);
        return true;
    }

    /// <summary>An association may need another connection.</summary>
    public void LookAtConnections() => look.Release();

    public void Forget(NodeAssociation association) => associations.TryRemove(association.Id, out _);

    private Address AddressOf(string host, int port) => new(SchemeIdentifier, System.Name, IPAddress.TryParse(host, out var ip) && ip.AddressFamily is AddressFamily.InterNetworkV6 ? $"[{ip}]" : host, port);

    private NodeAssociation Add(NodeAssociation association)
    {
        associations[association.Id] = association;
        association.Start();
        // A shutdown that began meanwhile did not see it.
#pragma warning disable CS0618
        if (stopping.IsCancellationRequested) association.Disassociate();
#pragma warning restore CS0618
        return association;
    }

    // ── Inbound

    private async Task AcceptAllAsync(Socket socket, Task<IAssociationEventListener> listener)
    {
        try
        {
            var associated = await listener.WaitAsync(stopping.Token).ConfigureAwait(false);
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(stopping.Token).ConfigureAwait(false);
                    _ = ServeAsync(accepted, associated);
                }
                catch (SocketException) when (!stopping.IsCancellationRequested)
                {
                    // No more file descriptors, or gone before it was accepted: others must not suffer for it.
                    await Task.Delay(AcceptPause, Time, stopping.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(Socket socket, IAssociationEventListener associated)
    {
        EndPoint? remote = null;
        NodeConnection? connection = null;
        HalfMade.Place? place = null;
        try
        {
            socket.NoDelay = true;
            remote = socket.RemoteEndPoint;
            place = halfMade.Enter(((IPEndPoint)remote!).Address, socket.Dispose);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            using var timer = Time.CreateTimer(state => ((CancellationTokenSource)state!).Cancel(), deadline, Limits.Handshake, Timeout.InfiniteTimeSpan);
            connection = await AuthenticateAsync(socket, dialled: null, place, deadline.Token).ConfigureAwait(false);
            var frame = await connection.Reader.ReadAsync(deadline.Token).ConfigureAwait(false);
            if (frame is not { } firstFrame || !Hello.TryRead(firstFrame, out var said) || said is not { } hello) throw new NodeRefusedException(RefusalCause.Protocol);
            connection.Reader.Limit = maximumFrame;
            if (hello.Continues) await ContinueAsync(connection, hello, deadline.Token).ConfigureAwait(false);
            else await BeginAsync(connection, hello, associated, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            connection?.Close();
            socket.Dispose();
            if (!stopping.IsCancellationRequested) Refusals.Tell(place?.GaveUp is true ? RefusalCause.Busy : CauseOf(e), inbound: true, remote);
        }
        finally
        {
            place?.Dispose();
        }
    }

    private async Task BeginAsync(NodeConnection connection, Hello hello, IAssociationEventListener associated, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref inbound) > Limits.Inbound)
        {
            await connection.WriteAsync(WelcomeFrame(WelcomeStatus.Full), cancellationToken).ConfigureAwait(false);
            throw new NodeRefusedException(RefusalCause.Busy);
        }

        await connection.WriteAsync(WelcomeFrame(WelcomeStatus.Fine), cancellationToken).ConfigureAwait(false);
        var association = new NodeAssociation(this, local!, AddressOf(connection.Remote.Address.ToString(), connection.Remote.Port), hello.Association, dialled: false, connection);
        if (associations.ContainsKey(hello.Association)) throw new NodeRefusedException(RefusalCause.Protocol);
        Add(association);
        associated.Notify(new InboundAssociation(association));
    }

    private async Task ContinueAsync(NodeConnection connection, Hello hello, CancellationToken cancellationToken)
    {
        if (!associations.TryGetValue(hello.Association, out var association) || association.Dialled)
        {
            await connection.WriteAsync(WelcomeFrame(WelcomeStatus.Unknown), cancellationToken).ConfigureAwait(false);
            throw new NodeRefusedException(RefusalCause.Protocol);
        }

        await connection.WriteAsync(WelcomeFrame(WelcomeStatus.Fine), cancellationToken).ConfigureAwait(false);
        if (!association.MoveTo(connection)) throw new NodeRefusedException(RefusalCause.Protocol);
    }

    private static Frame WelcomeFrame(WelcomeStatus status) => new(FrameKind.Welcome, Google.Protobuf.ByteString.CopyFrom((byte)status));

    // ── Outbound

    private async Task<NodeConnection> DialAsync(Address remote, Hello hello)
    {
        var host = remote.Host.Trim('[', ']');
        EndPoint to = IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, remote.Port ?? 0) : new DnsEndPoint(host, remote.Port ?? 0);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        using var timer = Time.CreateTimer(state => ((CancellationTokenSource)state!).Cancel(), deadline, Limits.Handshake, Timeout.InfiniteTimeSpan);
        Socket? socket = null;
        NodeConnection? connection = null;
        try
        {
            socket = ip is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.NoDelay = true;
            await socket.ConnectAsync(to, deadline.Token).ConfigureAwait(false);
            timer.Change(Limits.Handshake, Timeout.InfiniteTimeSpan);
            connection = await AuthenticateAsync(socket, dialled: host, null, deadline.Token).ConfigureAwait(false);
            Frame? answer;
            try
            {
                await connection.WriteAsync(hello.ToFrame(), deadline.Token).ConfigureAwait(false);
                answer = await connection.Reader.ReadAsync(deadline.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
            {
                // In TLS 1.3 only now we hear what the peer thinks of our certificate.
                throw new NodeRefusedException(RefusalCause.Refused);
            }

            if (answer is not { } welcome) throw new NodeRefusedException(RefusalCause.Refused);
            if (welcome.Kind is not FrameKind.Welcome || welcome.Payload.Length is not 1) throw new NodeRefusedException(RefusalCause.Protocol);
            if (welcome.Payload[0] is not (byte)WelcomeStatus.Fine) throw new NodeRefusedException(welcome.Payload[0] is (byte)WelcomeStatus.Full ? RefusalCause.Busy : RefusalCause.Refused);
            connection.Reader.Limit = maximumFrame;
            return connection;
        }
        catch (Exception e)
        {
            var cause = CauseOf(e);
            connection?.Close();
            socket?.Dispose();
            // A node that is down is no news here; Akka tells of it.
            if (e is SocketException && connection is null) throw;
            if (!stopping.IsCancellationRequested) Refusals.Tell(cause, inbound: false, to);
            throw e is NodeRefusedException ? e : new NodeRefusedException(cause);
        }
    }

    // ── Both

    private async Task<NodeConnection> AuthenticateAsync(Socket socket, string? dialled, HalfMade.Place? place, CancellationToken cancellationToken)
    {
        var issue = credentials.Current;
        PeerVerdict? verdict = null;
        X509Certificate2? peer = null;
        var role = dialled is null ? PeerRole.Client : PeerRole.Server;
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: false), leaveInnerStreamOpen: false);
        try
        {
            if (dialled is null) await stream.AuthenticateAsServerAsync(TlsSettings.ForServer(issue.Identity, Validate), cancellationToken).ConfigureAwait(false);
            else await stream.AuthenticateAsClientAsync(TlsSettings.ForClient(issue.Identity, dialled, Validate), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new NodeRefusedException(verdict?.Cause ?? RefusalCause.Handshake);
        }

        if (verdict is not { Cause: null } judged || peer is null) throw new NodeRefusedException(RefusalCause.Handshake);
        DateTimeOffset believedUntil = peer.NotAfter.ToUniversalTime() + Limits.Grace;
        var name = peer.GetNameInfo(X509NameType.DnsName, forIssuer: false) is { Length: > 0 } dns ? dns : peer.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        credentials.Note(name, judged.InGrace ? believedUntil : null);
        if (judged.InGrace) LogInGrace(name, believedUntil);
        Meters.CountConnection(1);
        if (dialled is null) Interlocked.Increment(ref inbound);
        return new NodeConnection(socket, stream, issue.Generation, believedUntil, () =>
        {
            Meters.CountConnection(-1);
            if (dialled is null) Interlocked.Decrement(ref inbound);
        });

        bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            X509Certificate2Collection sent = [];
            if (chain is not null) sent.AddRange(chain.ChainPolicy.ExtraStore);
            peer = certificate as X509Certificate2;
            verdict = PeerTrust.Judge(issue.Identity, peer, sent, role, dialled is null ? Limits.PeerName : Limits.PeerName ?? dialled, Time.GetUtcNow(), Limits.Grace);
            if (verdict.Value.Cause is not null) return false;
            // Proved: it makes way for nobody any more.
            place?.Dispose();
            return true;
        }
    }

    // Whatever a stranger makes a library throw concerns his connection only.
    private static RefusalCause CauseOf(Exception e) => e switch
    {
        NodeRefusedException refused => refused.Cause,
        OperationCanceledException => RefusalCause.Timeout,
        FrameException => RefusalCause.Frame,
        _ => RefusalCause.Handshake,
    };

    // ── Certificates change

    private async Task KeepFreshAsync()
    {
        try
        {
            while (true)
            {
                var open = false;
                foreach (var association in associations.Values.Where(IsOutdated))
                {
                    association.OutdatedSince ??= Time.GetTimestamp();
                    if (await RenewAsync(association).ConfigureAwait(false)) continue;
                    if (Time.GetElapsedTime(association.OutdatedSince ?? Time.GetTimestamp()) < Limits.Renewal) open = true;
                    else association.Abort();
                }

                TellOfExpiry();
                await look.WaitAsync(open ? Limits.RenewalPause : LookInterval, stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private bool IsOutdated(NodeAssociation association) =>
        association.RenewalAsked || association.Latest is var latest && (latest.Generation < credentials.Current.Generation || latest.BelievedUntil < Time.GetUtcNow());

    private async Task<bool> RenewAsync(NodeAssociation association)
    {
        if (!association.Dialled)
        {
            return await association.AskForRenewalAsync().ConfigureAwait(false);
        }

        try
        {
            var connection = await DialAsync(association.RemoteAddress, new Hello(association.Id, Continues: true)).ConfigureAwait(false);
            if (association.MoveTo(connection)) return true;
            connection.Close();
            return false;
        }
        catch (Exception e) when (e is NodeRefusedException or SocketException)
        {
            return false;
        }
    }

    private void TellOfExpiry()
    {
        var end = credentials.Identity.NotAfter;
        if (end - Time.GetUtcNow() > NodeCredentials.Warning || expiryTold is { } told && Time.GetElapsedTime(told) < ExpiryInterval) return;
        expiryTold = Time.GetTimestamp();
        LogExpiry(end);
    }

    [LoggerMessage(3403, LogLevel.Warning, "The certificate of node {Peer} has ended; it is accepted until {Until}")]
    private partial void LogInGrace(string peer, DateTimeOffset until);

    [LoggerMessage(3404, LogLevel.Warning, "The certificate of this node ends at {End}")]
    private partial void LogExpiry(DateTimeOffset end);
}
