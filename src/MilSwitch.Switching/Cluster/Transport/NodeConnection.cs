using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>One authenticated connection. One reader and one writer at a time; <see cref="Close"/> from anywhere.</summary>
internal sealed class NodeConnection
{
    private readonly Socket socket;
    private readonly SslStream stream;
    private readonly Action closed;
    private int isClosed;

    /// <param name="socket">The socket under the stream.</param>
    /// <param name="stream">Authenticated on both sides.</param>
    /// <param name="generation">Under which of the node's identities it was made.</param>
    /// <param name="believedUntil">When the peer's certificate and the time of grace have ended.</param>
    /// <param name="closed">Told once, at its end.</param>
    public NodeConnection(Socket socket, SslStream stream, int generation, DateTimeOffset believedUntil, Action closed)
    {
        this.socket = socket;
        this.stream = stream;
        this.closed = closed;
        Generation = generation;
        BelievedUntil = believedUntil;
        Remote = (IPEndPoint)socket.RemoteEndPoint!;
        Reader = new FrameReader(stream);
    }

    public int Generation { get; }

    public DateTimeOffset BelievedUntil { get; }

    public IPEndPoint Remote { get; }

    public FrameReader Reader { get; }

    public static void WriteHeader(Span<byte> at, Frame frame)
    {
        BinaryPrimitives.WriteInt32BigEndian(at, 1 + frame.Payload.Length);
        at[4] = (byte)frame.Kind;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken) => stream.WriteAsync(octets, cancellationToken);

    public ValueTask WriteAsync(Frame frame, CancellationToken cancellationToken)
    {
        var octets = new byte[Frame.Overhead + frame.Payload.Length];
        WriteHeader(octets, frame);
        frame.Payload.Span.CopyTo(octets.AsSpan(Frame.Overhead));
        return stream.WriteAsync(octets, cancellationToken);
    }

    /// <summary>Tells the peer that nothing follows; what it sends can still be read.</summary>
    public async Task EndWritingAsync()
    {
        await stream.ShutdownAsync().ConfigureAwait(false);
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Ends it; reads and writes under way fail.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref isClosed, 1) is 1) return;
        socket.Dispose();
        stream.Dispose();
        closed();
    }
}
