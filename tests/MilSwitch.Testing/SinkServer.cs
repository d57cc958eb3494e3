using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>What a sink is like.</summary>
public sealed record SinkOptions
{
    /// <summary>0: any free port.</summary>
    public int Port { get; init; }

    /// <summary>The address it listens on.</summary>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    public string Name { get; init; } = "sink.test";

    /// <summary>EHLO keywords in the order of the reply. STARTTLS is added when there is a certificate.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = Everything;

    /// <summary>With its key: STARTTLS is offered.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whole contents are kept, not only their header and digest.</summary>
    public bool KeepContents { get; init; } = true;

    /// <summary>Before the answer to every content: makes a link slow.</summary>
    public TimeSpan TransactionDelay { get; init; }

    public static IReadOnlyList<string> Everything { get; } =
        ["PIPELINING", "SIZE 104857600", "8BITMIME", "CHUNKING", "BINARYMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "MT-PRIORITY STANAG4406"];

    /// <summary>A next hop of RFC 821.</summary>
    public static IReadOnlyList<string> Nothing { get; } = [];
}

/// <summary>
/// An SMTP receiver on plain sockets that shares no code with the product: it keeps what arrives and misbehaves as it is
/// told. Thread-safe.
/// </summary>
public sealed class SinkServer : IAsyncDisposable
{
    private readonly SinkOptions options;
    private readonly ConcurrentQueue<SinkTransaction> transactions = new();
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly ConcurrentDictionary<int, Socket> open = new();
    private readonly CancellationTokenSource stopping = new();
    private Socket? listener;
    private int connections;
    private int mails;
    private int ended;
    private int accepted;
    private int atWork;
    private int mostAtWork;

    private SinkServer(SinkOptions options)
    {
        this.options = options;
        Port = options.Port;
        Delay = options.TransactionDelay;
        Listen();
        Port = ((IPEndPoint)listener!.LocalEndPoint!).Port;
    }

    public int Port { get; }

    public string NextHop => $"{options.Host}:{Port}";

    /// <summary>Asked before each answer; null answers as usual. May be replaced at any time.</summary>
    public Func<SinkStep, SinkAction?>? Script { get; set; }

    /// <summary>Before the answer to every content; may be changed at any time.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>After a content was answered, or would have been.</summary>
    public event Action<SinkTransaction>? Arrived;

    /// <summary>All contents in the order of their ends, accepted or not.</summary>
    public IReadOnlyList<SinkTransaction> Transactions => [.. transactions];

    /// <summary>Contents that were answered 250.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    public int Connections => Volatile.Read(ref connections);

    public int OpenConnections => open.Count;

    /// <summary>The most transactions that ran at once.</summary>
    public int MostAtOnce => Volatile.Read(ref mostAtWork);

    /// <summary>What the client did that RFC 5321 forbids: bare CR or LF, too long lines, unknown commands.</summary>
    public IReadOnlyList<string> Complaints => [.. complaints];

    public static SinkServer Start(SinkOptions? options = null) => new(options ?? new SinkOptions());

    /// <summary>New connections are refused from now on; what is open stays.</summary>
    public void StopListening() => Interlocked.Exchange(ref listener, null)?.Dispose();

    /// <summary>Accepts connections again, on the same port.</summary>
    public void StartListening()
    {
        if (listener is null) Listen();
    }

    /// <summary>Resets everything that is open.</summary>
    public void DropConnections()
    {
        foreach (var (_, socket) in open) Abort(socket);
    }

    /// <exception cref="TimeoutException">Fewer came.</exception>
    public async Task<IReadOnlyList<SinkTransaction>> WaitForAsync(int count, TimeSpan within)
    {
        await Eventually.ComesTrueAsync(() => Accepted >= count, within, $"{count} messages at the sink (there are {Accepted})").ConfigureAwait(false);
        return [.. transactions.Where(t => t.Accepted)];
    }

    public ValueTask DisposeAsync()
    {
        stopping.Cancel();
        StopListening();
        DropConnections();
        return ValueTask.CompletedTask;
    }

    private void Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(options.Host, Port));
        socket.Listen(1024);
        listener = socket;
        _ = AcceptAsync(socket);
    }

    private async Task AcceptAsync(Socket socket)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await socket.AcceptAsync(stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }

            client.NoDelay = true;
            var number = Interlocked.Increment(ref connections);
            open[number] = client;
            _ = ServeAsync(client, number);
        }
    }

    private async Task ServeAsync(Socket client, int number)
    {
        try
        {
            await using var session = new Session(this, client, number);
            await session.RunAsync(stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or AuthenticationException)
        {
            // The peer went away: nothing to tell it.
        }
        finally
        {
            open.TryRemove(number, out _);
            client.Dispose();
        }
    }

    private void Record(SinkTransaction transaction)
    {
        transactions.Enqueue(transaction);
        // Counted last: who waits for a number finds that every ledger has heard of it.
        Arrived?.Invoke(transaction);
        if (transaction.Accepted) Interlocked.Increment(ref accepted);
    }

    private void Enter()
    {
        var now = Interlocked.Increment(ref atWork);
        int most;
        while (now > (most = Volatile.Read(ref mostAtWork)) && Interlocked.CompareExchange(ref mostAtWork, now, most) != most)
        {
        }
    }

    private static void Abort(Socket socket)
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

    private sealed class EndOfSession : IOException;

    private sealed class Session(SinkServer sink, Socket socket, int number) : IAsyncDisposable
    {
        private const int HeadLimit = 32 << 10;

        private readonly IPAddress from = (socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        private readonly MemoryStream output = new();
        private readonly List<string> recipients = [];
        private Stream stream = new NetworkStream(socket, ownsSocket: false);
        private byte[] input = new byte[64 << 10];
        private int start;
        private int end;
        private int transaction;
        private bool encrypted;
        private string? mail;
        private long begun;
        private Content? content;

        public async ValueTask DisposeAsync()
        {
            LeaveTransaction();
            await stream.DisposeAsync().ConfigureAwait(false);
        }

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            await AnswerAsync(SinkPhase.Connect, "", $"220 {sink.options.Name} ESMTP", cancellationToken).ConfigureAwait(false);
            while (await ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                var verb = (space < 0 ? line : line[..space]).ToUpperInvariant();
                switch (verb)
                {
                    case "EHLO":
                        LeaveTransaction();
                        await AnswerAsync(SinkPhase.Hello, line, Greeting(), cancellationToken).ConfigureAwait(false);
                        break;
                    case "HELO":
                        LeaveTransaction();
                        await AnswerAsync(SinkPhase.Hello, line, $"250 {sink.options.Name}", cancellationToken).ConfigureAwait(false);
                        break;
                    case "STARTTLS" when sink.options.Certificate is not null && !encrypted:
                        await StartTlsAsync(line, cancellationToken).ConfigureAwait(false);
                        break;
                    case "MAIL":
                        await MailAsync(line, cancellationToken).ConfigureAwait(false);
                        break;
                    case "RCPT" when mail is not null:
                        if (await AnswerAsync(SinkPhase.Recipient, line, "250 2.1.5 ok", cancellationToken).ConfigureAwait(false) is "2") recipients.Add(line);
                        break;
                    case "DATA" when mail is not null && recipients.Count > 0:
                        if (await AnswerAsync(SinkPhase.Data, line, "354 go on", cancellationToken).ConfigureAwait(false) is "3")
                            await DataAsync(cancellationToken).ConfigureAwait(false);
                        break;
                    case "BDAT" when mail is not null && recipients.Count > 0:
                        await ChunkAsync(line, cancellationToken).ConfigureAwait(false);
                        break;
                    case "RSET":
                        LeaveTransaction();
                        Say("250 2.0.0 ok");
                        break;
                    case "NOOP":
                        Say("250 2.0.0 ok");
                        break;
                    case "QUIT":
                        await AnswerAsync(SinkPhase.Quit, line, "221 2.0.0 bye", cancellationToken).ConfigureAwait(false);
                        await FlushAsync(cancellationToken).ConfigureAwait(false);
                        return;
                    case "MAIL" or "RCPT" or "DATA":
                        Say("503 5.5.1 not now");
                        break;
                    case "BDAT":
                        // RFC 3030 §2: the octets follow whatever the answer is.
                        await SkipAsync(ChunkSize(line), cancellationToken).ConfigureAwait(false);
                        Say("503 5.5.1 not now");
                        break;
                    default:
                        sink.complaints.Enqueue("unknown command: " + verb);
                        Say("500 5.5.2 unknown");
                        break;
                }
            }
        }

        private string Greeting()
        {
            var lines = new List<string> { sink.options.Name };
            lines.AddRange(sink.options.Extensions);
            if (sink.options.Certificate is not null && !encrypted) lines.Add("STARTTLS");
            return string.Join("\r\n", lines.Select((line, i) => (i == lines.Count - 1 ? "250 " : "250-") + line));
        }

        private async Task StartTlsAsync(string line, CancellationToken cancellationToken)
        {
            if (await AnswerAsync(SinkPhase.StartTls, line, "220 2.0.0 ready", cancellationToken).ConfigureAwait(false) is not "2") return;
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            if (end > start) sink.complaints.Enqueue("octets pipelined behind STARTTLS");
            var tls = new SslStream(stream, leaveInnerStreamOpen: false);
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = sink.options.Certificate }, cancellationToken).ConfigureAwait(false);
            stream = tls;
            start = end = 0;
            encrypted = true;
            LeaveTransaction();
        }

        private async Task MailAsync(string line, CancellationToken cancellationToken)
        {
            LeaveTransaction();
            transaction = Interlocked.Increment(ref sink.mails);
            begun = Stopwatch.GetTimestamp();
            if (await AnswerAsync(SinkPhase.Mail, line, "250 2.1.0 ok", cancellationToken).ConfigureAwait(false) is not "2") return;
            mail = line;
            sink.Enter();
        }

        private async Task DataAsync(CancellationToken cancellationToken)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            content = new Content(sink.options.KeepContents);
            var first = true;
            while (true)
            {
                var length = input.AsSpan(start, end - start).IndexOf((byte)'\n');
                if (length < 0)
                {
                    if (!await FillAsync(cancellationToken).ConfigureAwait(false)) throw new EndOfSession();
                    if (!first) continue;
                    first = false;
                    await AnswerAsync(SinkPhase.Content, "", null, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var line = input.AsMemory(start, length + 1);
                start += length + 1;
                if (line.Length < 2 || line.Span[^2] != '\r') sink.complaints.Enqueue("bare LF in content");
                else if (line.Span[..^2].Contains((byte)'\r')) sink.complaints.Enqueue("bare CR in content");
                if (line.Span.SequenceEqual(".\r\n"u8)) break;
                content.Append(line.Span[0] == '.' ? line.Span[1..] : line.Span);
            }

            await EndContentAsync("", cancellationToken).ConfigureAwait(false);
        }

        private async Task ChunkAsync(string line, CancellationToken cancellationToken)
        {
            var size = ChunkSize(line);
            var last = line.EndsWith(" LAST", StringComparison.OrdinalIgnoreCase);
            if (content is null)
            {
                content = new Content(sink.options.KeepContents);
                // A chunk's command has no answer of its own: only delays and ends count here, unless it is refused.
                if (sink.Script?.Invoke(new SinkStep(SinkPhase.Data, number, transaction, line)) is { } action)
                {
                    if (action.Reply is not null && action.Reply[0] is '4' or '5')
                    {
                        await SkipAsync(size, cancellationToken).ConfigureAwait(false);
                        await DoAsync(action, null, cancellationToken).ConfigureAwait(false);
                        LeaveTransaction();
                        return;
                    }

                    await DoAsync(action with { Reply = null }, null, cancellationToken).ConfigureAwait(false);
                }
            }

            var first = true;
            while (size > 0)
            {
                if (end == start && !await FillAsync(cancellationToken).ConfigureAwait(false)) throw new EndOfSession();
                var take = (int)Math.Min(size, end - start);
                content.Append(input.AsSpan(start, take));
                start += take;
                size -= take;
                if (!first) continue;
                first = false;
                await AnswerAsync(SinkPhase.Content, "", null, cancellationToken).ConfigureAwait(false);
            }

            if (last) await EndContentAsync(line, cancellationToken).ConfigureAwait(false);
            else Say("250 2.0.0 chunk taken");
        }

        private async Task EndContentAsync(string line, CancellationToken cancellationToken)
        {
            var read = Stopwatch.GetTimestamp();
            if (sink.Delay > TimeSpan.Zero) await Task.Delay(sink.Delay, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            var said = "";
            try
            {
                said = await AnswerAsync(SinkPhase.FinalDot, line, "250 2.0.0 taken", cancellationToken).ConfigureAwait(false);
                // A message is accepted when the octets of its 250 left, not when they were thought of.
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                said = "";
                throw;
            }
            finally
            {
                sink.Record(content!.Finish(
                    Interlocked.Increment(ref sink.ended), number, begun, read, mail!, [.. recipients], accepted: said == "2", encrypted) with { From = from });
                LeaveTransaction();
            }
        }

        private void LeaveTransaction()
        {
            if (mail is not null) Interlocked.Decrement(ref sink.atWork);
            content?.Dispose();
            content = null;
            mail = null;
            recipients.Clear();
        }

        /// <summary>Says the usual or the scripted thing; the first digit of what was said, or an empty text.</summary>
        private ValueTask<string> AnswerAsync(SinkPhase phase, string line, string? usual, CancellationToken cancellationToken)
        {
            var action = sink.Script?.Invoke(new SinkStep(phase, number, transaction, line));
            if (action is not null) return DoAsync(action, usual, cancellationToken);
            if (usual is null) return ValueTask.FromResult("");
            Say(usual);
            return ValueTask.FromResult(usual[..1]);
        }

        private async ValueTask<string> DoAsync(SinkAction action, string? usual, CancellationToken cancellationToken)
        {
            if (action.Delay > TimeSpan.Zero)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(action.Delay, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }

            var text = action.Reply ?? (action.End == SinkEnd.None ? usual : null);
            var octets = action.Raw ?? (text is null ? default : Encoding.UTF8.GetBytes(text + "\r\n"));
            if (action.OctetPause > TimeSpan.Zero)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < octets.Length; i++)
                {
                    await stream.WriteAsync(octets.Slice(i, 1), cancellationToken).ConfigureAwait(false);
                    await Task.Delay(action.OctetPause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                }
            }
            else output.Write(octets.Span);

            switch (action.End)
            {
                case SinkEnd.Close:
                    await FlushAsync(cancellationToken).ConfigureAwait(false);
                    throw new EndOfSession();
                case SinkEnd.Abort:
                    await FlushAsync(cancellationToken).ConfigureAwait(false);
                    Abort(socket);
                    throw new EndOfSession();
                case SinkEnd.Hang:
                    await FlushAsync(cancellationToken).ConfigureAwait(false);
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                    break;
            }

            return action.Raw is null && text is { Length: > 0 } ? text[..1] : "";
        }

        private void Say(string text) => output.Write(Encoding.UTF8.GetBytes(text + "\r\n"));

        private async ValueTask FlushAsync(CancellationToken cancellationToken)
        {
            if (output.Length is 0) return;
            await stream.WriteAsync(output.GetBuffer().AsMemory(0, (int)output.Length), cancellationToken).ConfigureAwait(false);
            output.SetLength(0);
        }

        private async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var length = input.AsSpan(start, end - start).IndexOf((byte)'\n');
                if (length >= 0)
                {
                    var line = input.AsSpan(start, length);
                    start += length + 1;
                    if (line.IsEmpty || line[^1] != '\r') sink.complaints.Enqueue("bare LF in a command");
                    return Encoding.UTF8.GetString(line.TrimEnd((byte)'\r'));
                }

                if (end - start > 16 << 10)
                {
                    sink.complaints.Enqueue("command line over 16 KiB");
                    return null;
                }

                await FlushAsync(cancellationToken).ConfigureAwait(false);
                if (!await FillAsync(cancellationToken).ConfigureAwait(false)) return null;
            }
        }

        private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
        {
            if (start == end) start = end = 0;
            else if (end == input.Length && start > 0)
            {
                input.AsSpan(start, end - start).CopyTo(input);
                end -= start;
                start = 0;
            }
            else if (end == input.Length) Array.Resize(ref input, input.Length * 2);

            var count = await stream.ReadAsync(input.AsMemory(end), cancellationToken).ConfigureAwait(false);
            end += count;
            return count > 0;
        }

        private async ValueTask SkipAsync(long count, CancellationToken cancellationToken)
        {
            while (count > 0)
            {
                if (end == start && !await FillAsync(cancellationToken).ConfigureAwait(false)) throw new EndOfSession();
                var take = (int)Math.Min(count, end - start);
                start += take;
                count -= take;
            }
        }

        private static long ChunkSize(string line)
        {
            var words = Encoding.ASCII.GetBytes(line.Length > 5 ? line[5..] : "");
            return Utf8Parser.TryParse(words, out long size, out _) && size >= 0 ? size : throw new EndOfSession();
        }

        private sealed class Content(bool keep) : IDisposable
        {
            private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            private readonly MemoryStream kept = new();
            private long size;

            public void Append(ReadOnlySpan<byte> octets)
            {
                hash.AppendData(octets);
                if (keep || size < HeadLimit) kept.Write(octets);
                size += octets.Length;
            }

            public SinkTransaction Finish(
                int order, int connection, long begun, long read, string mail, IReadOnlyList<string> recipients, bool accepted, bool encrypted)
            {
                var all = kept.ToArray();
                var blank = all.AsSpan().IndexOf("\r\n\r\n"u8);
                var head = blank < 0 ? Math.Min(all.Length, HeadLimit) : blank + 4;
                return new SinkTransaction(
                    order, connection, begun, read, Stopwatch.GetTimestamp(), mail, recipients, size, Convert.ToHexString(hash.GetHashAndReset()),
                    keep ? all.AsMemory(0, head) : all.AsSpan(0, head).ToArray(), keep ? all : default(ReadOnlyMemory<byte>), accepted, encrypted);
            }

            public void Dispose() => hash.Dispose();
        }
    }
}
