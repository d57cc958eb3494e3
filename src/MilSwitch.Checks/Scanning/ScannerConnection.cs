using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MilSwitch.Checks.Scanning;

/// <summary>
/// One connection to a scanner, for one question. Everything on it is bounded: time for the connection and for each step after
/// it, lengths of lines. For one who reads and one who writes at a time.
/// </summary>
internal sealed class ScannerConnection : IAsyncDisposable
{
    private readonly Socket socket;
    private readonly TimeSpan patience;
    private readonly TimeProvider time;
    private readonly byte[] buffer = new byte[16 << 10];
    private int start;
    private int end;

    private ScannerConnection(Socket socket, TimeSpan patience, TimeProvider time)
    {
        this.socket = socket;
        this.patience = patience;
        this.time = time;
    }

    public static async ValueTask<ScannerConnection> OpenAsync(ScannerAddress address, TimeSpan connect, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = address.Path is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            EndPoint target = address.Path is { } path ? new UnixDomainSocketEndPoint(path) : new DnsEndPoint(address.Host, address.Port);
            await WithinAsync(token => socket.ConnectAsync(target, token), connect, time, cancellationToken).ConfigureAwait(false);
            return new ScannerConnection(socket, patience, time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        while (!octets.IsEmpty)
        {
            var sent = 0;
            var rest = octets;
            await WithinAsync(async token => sent = await socket.SendAsync(rest, SocketFlags.None, token).ConfigureAwait(false), patience, time, cancellationToken).ConfigureAwait(false);
            octets = octets[sent..];
        }
    }

    public ValueTask WriteAsync(string text, CancellationToken cancellationToken) => WriteAsync(Encoding.ASCII.GetBytes(text), cancellationToken);

    /// <summary>The peer has said something, or closed, that was not read yet.</summary>
    public bool HasAnswer => start < end || socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Up to a delimiter, which is left out.</summary>
    /// <exception cref="IOException">The peer closed before it, or the line is too long.</exception>
    public async ValueTask<string> ReadUntilAsync(byte delimiter, int longest, CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        while (true)
        {
            var at = buffer.AsSpan(start, end - start).IndexOf(delimiter);
            var length = at < 0 ? end - start : at;
            if (line.Count + length > longest) throw new IOException("a line of the answer is too long");
            line.AddRange(buffer.AsSpan(start, length));
            start += length;
            if (at >= 0)
            {
                start++;
                return Encoding.Latin1.GetString([.. line]);
            }

            if (!await FillAsync(cancellationToken).ConfigureAwait(false)) throw new IOException("the scanner closed the connection");
        }
    }

    /// <summary>A line that ends in CRLF.</summary>
    /// <inheritdoc cref="ReadUntilAsync" path="/exception"/>
    public async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken) =>
        (await ReadUntilAsync((byte)'\n', 8192, cancellationToken).ConfigureAwait(false)).TrimEnd('\r');

    /// <summary>Up to so many octets, at least one.</summary>
    /// <exception cref="IOException">The peer closed.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int most, CancellationToken cancellationToken)
    {
        if (start == end && !await FillAsync(cancellationToken).ConfigureAwait(false)) throw new IOException("the scanner closed the connection");
        var length = Math.Min(most, end - start);
        start += length;
        return buffer.AsMemory(start - length, length);
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        (start, end) = (0, 0);
        await WithinAsync(async token => end = await socket.ReceiveAsync(buffer, SocketFlags.None, token).ConfigureAwait(false), patience, time, cancellationToken).ConfigureAwait(false);
        return end > 0;
    }

    private static async ValueTask WithinAsync(Func<CancellationToken, ValueTask> step, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var ends = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ends.Token, cancellationToken);
        try
        {
            await step(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("the scanner did not answer in time");
        }
    }
}
