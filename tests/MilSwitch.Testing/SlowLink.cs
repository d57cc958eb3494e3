using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace MilSwitch.Testing;

/// <summary>What the way to a next hop is like.</summary>
public sealed record SlowLinkOptions
{
    /// <summary>Where it leads.</summary>
    public required int Port { get; init; }

    /// <summary>One way, on the mean.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>The latency of each piece lies this much above or below; a connection keeps the order of its octets.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Each way, shared by all connections.</summary>
    public int OctetsPerSecond { get; init; } = int.MaxValue;

    /// <summary>The chance that a connection is reset instead of getting its next piece through.</summary>
    public double CutShare { get; init; }

    public int Seed { get; init; } = 18;
}

/// <summary>A satellite between a switch and its next hop: a relay of TCP connections that takes its time. Thread-safe.</summary>
public sealed class SlowLink : IAsyncDisposable
{
    /// <summary>As much as a TCP segment carries over Ethernet.</summary>
    private const int Piece = 1460;

    /// <summary>Pieces under way in one direction of one connection; then the sender waits.</summary>
    private const int Window = 16;

    private readonly SlowLinkOptions options;
    private readonly Socket listener;
    private readonly Random chance;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly long[] free = new long[2];
    private int cuts;

    private SlowLink(SlowLinkOptions options)
    {
        this.options = options;
        chance = new Random(options.Seed);
        listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(128);
        _ = AcceptAsync();
    }

    public string NextHop => listener.LocalEndPoint!.ToString()!;

    /// <summary>Connections that were cut.</summary>
    public int Cuts => Volatile.Read(ref cuts);

    public static SlowLink Start(SlowLinkOptions options) => new(options);

    public ValueTask DisposeAsync()
    {
        stopping.Cancel();
        listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptAsync(stopping.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(new IPEndPoint(IPAddress.Loopback, options.Port), ended.Token).ConfigureAwait(false);
            await Task.WhenAll(CarryAsync(near, far, 0, ended), CarryAsync(far, near, 1, ended)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One end is gone, or the connection was cut: neither end hears more of the other.
            Reset(far);
        }
        finally
        {
            Reset(near);
        }
    }

    private async Task CarryAsync(Socket from, Socket to, int direction, CancellationTokenSource ended)
    {
        var under = Channel.CreateBounded<(byte[] Octets, long Due)>(Window);
        var writing = DeliverAsync(under.Reader, to, ended);
        try
        {
            var before = 0L;
            while (true)
            {
                var buffer = new byte[Piece];
                var count = await from.ReceiveAsync(buffer, ended.Token).ConfigureAwait(false);
                if (count is 0) break;
                before = Math.Max(before, Due(direction, count));
                await under.Writer.WriteAsync((buffer[..count], before), ended.Token).ConfigureAwait(false);
            }
        }
        catch
        {
            await ended.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            under.Writer.Complete();
        }

        await writing.ConfigureAwait(false);
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Octets, long Due)> under, Socket to, CancellationTokenSource ended)
    {
        await foreach (var (octets, due) in under.ReadAllAsync(ended.Token).ConfigureAwait(false))
        {
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, TimeProvider.System, ended.Token).ConfigureAwait(false);
            if (IsCut())
            {
                await ended.CancelAsync().ConfigureAwait(false);
                return;
            }

            await to.SendAsync(octets, ended.Token).ConfigureAwait(false);
        }

        to.Shutdown(SocketShutdown.Send);
    }

    /// <summary>When a piece arrives: it waits for its turn on the way, then it travels.</summary>
    private long Due(int direction, int count)
    {
        lock (gate)
        {
            var start = Math.Max(free[direction], Stopwatch.GetTimestamp());
            free[direction] = start + (long)((double)count / options.OctetsPerSecond * Stopwatch.Frequency);
            var travel = options.Latency.TotalSeconds + (((chance.NextDouble() * 2) - 1) * options.Jitter.TotalSeconds);
            return free[direction] + (long)(travel * Stopwatch.Frequency);
        }
    }

    private bool IsCut()
    {
        lock (gate)
        {
            if (chance.NextDouble() >= options.CutShare) return false;
            cuts++;
            return true;
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It ended by itself.
        }
    }
}
