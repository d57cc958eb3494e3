using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace MilSwitch.Host.Running;

/// <summary>
/// Listens with Kestrel's sockets, but rests when the process may open no more files. Kestrel's own listener tries again at
/// once, which burns a processor for as long as the limit lasts. Clients beyond the limit wait in the kernel's queue.
/// </summary>
internal sealed partial class PatientTransport(IOptions<SocketTransportOptions> options, TimeProvider time, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly SocketTransportOptions settings = options.Value;
    private readonly TimeProvider time = time;
    private readonly ILogger logger = loggers.CreateLogger<PatientTransport>();

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(fault.Message, fault);
        }

        try
        {
            socket.Listen(settings.Backlog);
            return ValueTask.FromResult<IConnectionListener>(new Listener(this, socket));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(5201, LogLevel.Error, "No connection can be taken at {Endpoint}: {Reason}. Clients wait until others leave")]
    private partial void LogExhausted(EndPoint endpoint, SocketError reason);

    [LoggerMessage(5202, LogLevel.Information, "Connections are taken at {Endpoint} again")]
    private partial void LogAgain(EndPoint endpoint);

    private sealed class Listener(PatientTransport transport, Socket socket) : IConnectionListener
    {
        private readonly SocketConnectionContextFactory connections = new(
            new SocketConnectionFactoryOptions
            {
                IOQueueCount = transport.settings.IOQueueCount,
                MaxReadBufferSize = transport.settings.MaxReadBufferSize,
                MaxWriteBufferSize = transport.settings.MaxWriteBufferSize,
                WaitForDataBeforeAllocatingBuffer = transport.settings.WaitForDataBeforeAllocatingBuffer,
            },
            transport.logger);

        private bool exhausted;

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(cancellationToken);
                    if (exhausted) transport.LogAgain(EndPoint);
                    exhausted = false;
                    if (EndPoint is IPEndPoint) accepted.NoDelay = transport.settings.NoDelay;
                    return connections.Create(accepted);
                }
                catch (Exception fault) when (fault is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    // The listener was closed: that is how Kestrel is told.
                    return null;
                }
                catch (SocketException fault) when (fault.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
                {
                    // The client gave up while it waited in the queue.
                }
                catch (SocketException fault)
                {
                    if (!exhausted) transport.LogExhausted(EndPoint, fault.SocketErrorCode);
                    exhausted = true;
                    await Task.Delay(Rest, transport.time, cancellationToken);
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            connections.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
