using System.Net;
using System.Net.Sockets;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Telemetry;

namespace MilSwitch.Smtp.Client;

/// <summary>TCP with NoDelay: a client that pipelines must not wait for the peer's delayed acknowledgement.</summary>
/// <param name="addresses">
/// Finds the addresses of a host name, best first; null: the system's resolver. <see cref="MailExchangerResolver.AddressesAsync"/>
/// fits when the switch has name servers of its own.
/// </param>
public sealed class TcpSmtpTransport(Func<string, CancellationToken, ValueTask<IPAddress[]>>? addresses = null) : ISmtpTransport
{
    private readonly Func<string, CancellationToken, ValueTask<IPAddress[]>> addresses = addresses ?? SystemAddressesAsync;

    /// <inheritdoc/>
    public DialogueBoard? Dialogues { get; init; }

    public async ValueTask<Stream> OpenAsync(
        HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var found = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await addresses(target.Host, either.Token);
            if (found.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
            var started = time.GetTimestamp();
            for (var i = 0; ; i++)
            {
                // An address that swallows packets must not use up the time of those behind it.
                var share = (timeout - time.GetElapsedTime(started)) / (found.Length - i);
                try
                {
                    return await ConnectAsync(new IPEndPoint(found[i], target.Port), share, time, either.Token);
                }
                catch (Exception e) when (i < found.Length - 1 && !either.IsCancellationRequested && e is SocketException or TimeoutException)
                {
                    // The next address may answer.
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no connection within {timeout}");
        }
    }

    public bool HasInput(Stream stream) => stream is NetworkStream network && network.Socket.Poll(0, SelectMode.SelectRead);

    private static async ValueTask<Stream> ConnectAsync(
        IPEndPoint endpoint, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var deadline = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            await socket.ConnectAsync(endpoint, either.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"{endpoint} did not answer within {timeout}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<IPAddress[]> SystemAddressesAsync(string host, CancellationToken cancellationToken) =>
        await Dns.GetHostAddressesAsync(host, cancellationToken);
}
