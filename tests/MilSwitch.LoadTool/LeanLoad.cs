using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// A sender and a receiver that cost next to nothing for each octet: one write for a content, one search for its end. The
/// tools of Postfix copy line by line and need more processor time for 1 MiB than a switch does; on a machine that all share
/// they would measure themselves.
/// </summary>
internal sealed class LeanLoad : ILoad
{
    private static readonly byte[] Greeting = "220 sink.test ESMTP\r\n"u8.ToArray();
    private static readonly byte[] Extensions = "250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"u8.ToArray();
    private static readonly byte[] Fine = "250 2.0.0 Ok\r\n"u8.ToArray();
    private static readonly byte[] GoOn = "354 Go on\r\n"u8.ToArray();
    private static readonly byte[] Bye = "221 2.0.0 Bye\r\n"u8.ToArray();

    private readonly CancellationTokenSource stopping = new();
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private long count;
    private long serial;

    private LeanLoad()
    {
        var port = Ports.Free();
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(1024);
        NextHop = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        _ = AcceptAsync();
    }

    public string Name => "lean";

    public string NextHop { get; }

    public long Count => Volatile.Read(ref count);

    public static Task<ILoad> StartAsync() => Task.FromResult<ILoad>(new LeanLoad());

    public async Task SendAsync(int port, int messages, int size, int sessions, TimeSpan within)
    {
        var left = messages;
        await Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => Task.Run(SessionAsync))).WaitAsync(within).ConfigureAwait(false);

        async Task SessionAsync()
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port).ConfigureAwait(false);
            var replies = new byte[4096];
            await ExpectAsync(socket, replies, 1, "220").ConfigureAwait(false);
            await SendAllAsync(socket, "EHLO client.test\r\n"u8.ToArray()).ConfigureAwait(false);
            await ExpectAsync(socket, replies, 1, "250").ConfigureAwait(false);
            var commands = "MAIL FROM:<load@client.test>\r\nRCPT TO:<load@sink.test>\r\nDATA\r\n"u8.ToArray();
            var content = SmtpBlaster.Content(0, "load@client.test", "load@sink.test", size);
            var octets = new byte[content.Length + 3];
            content.CopyTo(octets, 0);
            ".\r\n"u8.CopyTo(octets.AsSpan(content.Length));
            // Each message differs, or the switch would take the second for a duplicate.
            var mark = octets.Length - 40;
            while (Interlocked.Decrement(ref left) >= 0)
            {
                Encoding.ASCII.GetBytes(Interlocked.Increment(ref serial).ToString("d18", CultureInfo.InvariantCulture), octets.AsSpan(mark));
                await SendAllAsync(socket, commands).ConfigureAwait(false);
                await ExpectAsync(socket, replies, 3, "354").ConfigureAwait(false);
                await SendAllAsync(socket, octets).ConfigureAwait(false);
                await ExpectAsync(socket, replies, 1, "250").ConfigureAwait(false);
            }

            await SendAllAsync(socket, "QUIT\r\n"u8.ToArray()).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        listener.Dispose();
        stopping.Dispose();
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> octets)
    {
        while (octets.Length > 0) octets = octets[await socket.SendAsync(octets).ConfigureAwait(false)..];
    }

    /// <summary>Reads so many replies; the last must begin with the code.</summary>
    private static async Task ExpectAsync(Socket socket, byte[] buffer, int replies, string code)
    {
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            if (read == 0) throw new IOException("the server closed the connection");
            length += read;
            if (buffer[length - 1] != '\n') continue;
            var lines = Encoding.ASCII.GetString(buffer, 0, length).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Where(l => l.Length > 3 && l[3] == ' ').ToArray();
            if (lines.Length < replies) continue;
            if (!lines[^1].StartsWith(code, StringComparison.Ordinal)) throw new IOException("the server says " + lines[^1]);
            return;
        }
    }

    private async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }

            client.NoDelay = true;
            _ = ReceiveAsync(client);
        }
    }

    private async Task ReceiveAsync(Socket client)
    {
        using var socket = client;
        var buffer = new byte[128 << 10];
        var (start, end) = (0, 0);
        try
        {
            await SendAllAsync(socket, Greeting).ConfigureAwait(false);
            while (true)
            {
                var line = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
                if (line < 0)
                {
                    if (!await FillAsync().ConfigureAwait(false)) return;
                    continue;
                }

                var verb = Encoding.ASCII.GetString(buffer, start, Math.Min(4, line));
                start += line + 1;
                switch (verb)
                {
                    case "EHLO":
                        await SendAllAsync(socket, Extensions).ConfigureAwait(false);
                        break;
                    case "DATA":
                        await SendAllAsync(socket, GoOn).ConfigureAwait(false);
                        if (!await SkipContentAsync().ConfigureAwait(false)) return;
                        await SendAllAsync(socket, Fine).ConfigureAwait(false);
                        Interlocked.Increment(ref count);
                        break;
                    case "QUIT":
                        await SendAllAsync(socket, Bye).ConfigureAwait(false);
                        return;
                    default:
                        await SendAllAsync(socket, Fine).ConfigureAwait(false);
                        break;
                }
            }
        }
        catch (SocketException)
        {
            // The measured program went away.
        }

        async ValueTask<bool> FillAsync()
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            var read = await socket.ReceiveAsync(buffer.AsMemory(end), stopping.Token).ConfigureAwait(false);
            end += read;
            return read > 0;
        }

        async ValueTask<bool> SkipContentAsync()
        {
            while (true)
            {
                var at = buffer.AsSpan(start, end - start).IndexOf("\r\n.\r\n"u8);
                if (at >= 0)
                {
                    start += at + 5;
                    return true;
                }

                // What may be the beginning of the end stays.
                start = Math.Max(start, end - 4);
                if (!await FillAsync().ConfigureAwait(false)) return false;
            }
        }
    }
}
