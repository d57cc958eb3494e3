using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using MilSwitch.Acp127;
using MilSwitch.Host.Configuration;
using MilSwitch.Smtp.Server.Hosting;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Takes messages over TCP, one after the other, each up to NNNN. There are no answers in the format, so the end is one: when the client has closed its
/// side and this side closes too, all that it sent is durable; when the connection is reset, the last may not be. This side never closes first. Thread-safe.
/// </summary>
internal sealed partial class Acp127Port(string name, Func<NodeConfiguration> configuration, Acp127Intake intake, Acp127Counting counting, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(30);

    private int open;

    public async Task OnConnectedAsync(ConnectionContext connection)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var inbound = configuration().Acp127.Find(name)?.Inbound;
        try
        {
            if (Interlocked.Increment(ref open) > inbound?.Connections || inbound?.Clients.Any(n => n.Contains(address)) is not true)
            {
                Refused(name, address);
                connection.Abort();
            }
            else if (!await ServeAsync(connection, address, inbound).ConfigureAwait(false))
            {
                connection.Abort();
            }
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    // The end of TLS says inside of it that all is durable: an end of the connection alone anybody on the way can make.
    private async Task<bool> ServeAsync(ConnectionContext connection, IPAddress address, Acp127Inbound inbound)
    {
        if (inbound.Certificate is null) return await RunAsync(connection, connection.Transport.Input, address.ToString(), inbound.IdleTimeout).ConfigureAwait(false);
        await using var tls = new SslStream(new DuplexPipeStream(connection.Transport), leaveInnerStreamOpen: true);
        using var patience = new CancellationTokenSource(HandshakeTime, time);
        try
        {
            await tls.AuthenticateAsServerAsync(Options(inbound), patience.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            TlsFailed(name, address, fault.GetType().Name);
            return false;
        }

        var input = PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: 4 << 10, minimumReadSize: 1 << 10, leaveOpen: true));
        var isDurable = await RunAsync(connection, input, address.ToString(), inbound.IdleTimeout).ConfigureAwait(false);
        await input.CompleteAsync().ConfigureAwait(false);
        if (!isDurable) return false;
        try
        {
            await tls.ShutdownAsync().WaitAsync(HandshakeTime, time).ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException or ObjectDisposedException or TimeoutException)
        {
            return false;
        }
    }

    private static SslServerAuthenticationOptions Options(Acp127Inbound inbound)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(inbound.Certificate!, additionalCertificates: null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            ClientCertificateRequired = inbound.ClientAnchors.Count > 0,
            // A resumed session brings the peer's identity from another handshake, perhaps on another line.
            AllowTlsResume = inbound.ClientAnchors.Count is 0,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (inbound.ClientAnchors.Count is 0) return options;
        options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(inbound.ClientAnchors);
        // None is asked for and not shown is an error among the others.
        options.RemoteCertificateValidationCallback = static (_, _, _, errors) => errors is SslPolicyErrors.None;
        return options;
    }

    // True: everything that came is durable.
    private async Task<bool> RunAsync(ConnectionContext connection, PipeReader input, string address, TimeSpan idle)
    {
        var splitter = new Acp127Splitter();
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        while (true)
        {
            using var silence = new CancellationTokenSource(idle, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, closing);
            ReadOnlySequence<byte> buffer;
            bool ended;
            try
            {
                var read = await input.ReadAsync(either.Token).ConfigureAwait(false);
                (buffer, ended) = (read.Buffer, read.IsCompleted);
            }
            catch (OperationCanceledException)
            {
                // The client has not closed, so that an end in order could be taken for an answer to what is still on its way.
                return false;
            }
            catch (Exception fault) when (fault is IOException or ConnectionAbortedException or ConnectionResetException)
            {
                return false;
            }

            foreach (var piece in buffer)
            {
                for (var rest = piece; !rest.IsEmpty;)
                {
                    var message = splitter.Take(rest.Span, out var taken);
                    rest = rest[taken..];
                    if (message is not null && !await TakeAsync(address, message).ConfigureAwait(false)) return false;
                }
            }

            input.AdvanceTo(buffer.End);
            if (ended) return splitter.Rest() is not { } last || await TakeAsync(address, last).ConfigureAwait(false);
        }
    }

    private async Task<bool> TakeAsync(string address, byte[] message)
    {
        if (configuration().Acp127.Find(name) is not { Inbound: { } inbound } line) return false;
        try
        {
            var outcome = await intake.AcceptAsync(line, address, message, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
            if (outcome is Acp127Outcome.Later) return false;
            Taken(name, address, outcome);
            counting.Count(inbound, message);
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The client keeps what it is not told to be durable.
            Failed(name, fault);
            return false;
        }
    }

    [LoggerMessage(5073, LogLevel.Information, "Line {Line}: a message from {Address} was taken: {Outcome}")]
    private partial void Taken(string line, string address, Acp127Outcome outcome);

    [LoggerMessage(5074, LogLevel.Warning, "Line {Line}: {Address} may not connect, or there are too many connections")]
    private partial void Refused(string line, IPAddress address);

    [LoggerMessage(5078, LogLevel.Warning, "Line {Line}: no TLS with {Address}: {Fault}")]
    private partial void TlsFailed(string line, IPAddress address, string fault);

    [LoggerMessage(5075, LogLevel.Error, "Line {Line}: a message could not be taken")]
    private partial void Failed(string line, Exception fault);
}
