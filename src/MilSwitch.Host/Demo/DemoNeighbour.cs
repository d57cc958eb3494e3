using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Demo;

/// <summary>
/// The next hop of the demonstration: takes all mail, as slowly as it is told, and can be away. Deliberately simple and not the
/// switch's own engine, so that the switch has somebody else to talk to. Thread-safe.
/// </summary>
internal sealed class DemoNeighbour : IDisposable
{
    /// <summary>For <see cref="Delay"/>: it reads messages to their end and answers nothing until another delay is set.</summary>
    public static readonly TimeSpan Forever = Timeout.InfiniteTimeSpan;

    private const int TextLimit = 64 << 10;
    private const int Kept = 20_000;

    private readonly ConcurrentQueue<DemoArrival> arrivals = new();
    private readonly ConcurrentDictionary<TcpClient, byte> open = new();
    private readonly CancellationTokenSource ending = new();
    private CancellationTokenSource pace = new();
    private TcpListener? listener;
    private int count;

    public DemoNeighbour(int port)
    {
        Port = port;
        Listen();
    }

    public int Port { get; }

    /// <summary>How long it takes from the end of a message to its answer; a new value counts for those that wait, too.</summary>
    public TimeSpan Delay
    {
        get;
        set
        {
            field = value;
            Interlocked.Exchange(ref pace, new CancellationTokenSource()).Cancel();
        }
    }

    /// <summary>The last 20,000, in the order in which they came.</summary>
    public IReadOnlyList<DemoArrival> Arrivals => [.. arrivals];

    /// <summary>All that ever came.</summary>
    public int Count => count;

    /// <summary>Raised on the connection's own thread.</summary>
    public event Action<DemoArrival>? Arrived;

    /// <summary>Goes away: resets what is open and refuses what comes.</summary>
    public void Leave()
    {
        Interlocked.Exchange(ref listener, null)?.Dispose();
        foreach (var (client, _) in open) client.Close();
    }

    public void ComeBack() => Listen();

    public void Dispose()
    {
        ending.Cancel();
        Leave();
    }

    private void Listen()
    {
        var made = new TcpListener(IPAddress.Loopback, Port);
        made.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        made.Start(512);
        listener = made;
        _ = AcceptAsync(made);
    }

    private async Task AcceptAsync(TcpListener from)
    {
        try
        {
            while (true) _ = ServeAsync(await from.AcceptTcpClientAsync(ending.Token));
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // It left.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        open[client] = 0;
        try
        {
            client.NoDelay = true;
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1, false, 32 << 10);
            await using var writer = new StreamWriter(stream, Encoding.Latin1, 4 << 10) { NewLine = "\r\n", AutoFlush = true };
            await TalkAsync(reader, writer);
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection ended.
        }
        finally
        {
            open.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private async Task TalkAsync(StreamReader reader, StreamWriter writer)
    {
        var reversePath = "";
        List<string> recipients = [];
        await writer.WriteLineAsync("220 neighbour.test ESMTP");
        while (await reader.ReadLineAsync(ending.Token) is { } line)
        {
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await writer.WriteAsync(
                        "250-neighbour.test\r\n250-PIPELINING\r\n250-SIZE 67108864\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n"
                        + $"250 MT-PRIORITY {MtPriority.PolicyName}\r\n");
                    break;
                case "MAIL":
                    reversePath = Path(line);
                    recipients = [];
                    await writer.WriteLineAsync("250 2.1.0 ok");
                    break;
                case "RCPT":
                    recipients.Add(Path(line));
                    await writer.WriteLineAsync("250 2.1.5 ok");
                    break;
                case "DATA":
                    await writer.WriteLineAsync("354 go on");
                    var text = await ContentAsync(reader);
                    await DelayAsync();
                    // As any good host: first it is kept, then it is answered. Whoever is gone by then can't know.
                    Keep(Read(text, reversePath, recipients));
                    await writer.WriteLineAsync("250 2.0.0 taken");
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 2.0.0 bye");
                    return;
                case "RSET" or "NOOP" or "HELO":
                    await writer.WriteLineAsync("250 2.0.0 ok");
                    break;
                default:
                    await writer.WriteLineAsync("500 5.5.2 unknown");
                    break;
            }
        }
    }

    private async Task DelayAsync()
    {
        var changed = pace.Token;
        if (Delay == TimeSpan.Zero) return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(changed, ending.Token);
        try
        {
            await Task.Delay(Delay, TimeProvider.System, either.Token);
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            // The pace has changed; this one has waited long enough.
        }
    }

    private void Keep(DemoArrival arrival)
    {
        arrivals.Enqueue(arrival);
        Interlocked.Increment(ref count);
        while (arrivals.Count > Kept) arrivals.TryDequeue(out _);
        Arrived?.Invoke(arrival);
    }

    private async Task<string> ContentAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        while (true)
        {
            var line = await reader.ReadLineAsync(ending.Token) ?? throw new IOException("The connection ended inside a message.");
            if (line == ".") return text.ToString();
            if (text.Length < TextLimit) text.Append(line.StartsWith('.') ? line[1..] : line).Append('\n');
        }
    }

    private static DemoArrival Read(string text, string reversePath, IReadOnlyList<string> recipients)
    {
        string subject = "", level = "";
        var suspected = false;
        foreach (var line in text.AsSpan()[..(text.IndexOf("\n\n", StringComparison.Ordinal) is var end and >= 0 ? end : text.Length)].EnumerateLines())
        {
            if (Field(line, "Subject:") is { } value) subject = value;
            else if (Field(line, "MMHS-Primary-Precedence:") is { } precedence) level = precedence;
            else if (Field(line, "X-MilSwitch-Suspected-Duplicate:") is not null) suspected = true;
        }

        Precedence? known = level.Length > 0 && int.TryParse(level.AsSpan(0, 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 5
            ? (Precedence)number
            : null;
        return new DemoArrival(TimeProvider.System.GetUtcNow(), known, subject, reversePath, recipients, suspected, text);
    }

    private static string? Field(ReadOnlySpan<char> line, string name) =>
        line.StartsWith(name, StringComparison.OrdinalIgnoreCase) ? line[name.Length..].Trim().ToString() : null;

    private static string Path(string line)
    {
        var (from, to) = (line.IndexOf('<', StringComparison.Ordinal), line.IndexOf('>', StringComparison.Ordinal));
        return from >= 0 && to > from ? line[(from + 1)..to] : "";
    }
}
