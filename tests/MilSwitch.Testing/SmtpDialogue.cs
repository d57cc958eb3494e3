using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>A reply as it was read.</summary>
/// <param name="Code">0: the connection ended.</param>
/// <param name="Lines">Without codes.</param>
public sealed record DialogueReply(int Code, IReadOnlyList<string> Lines)
{
    public static DialogueReply Gone { get; } = new(0, []);

    public bool IsPositive => Code is >= 200 and < 400;

    public override string ToString() => Code is 0 ? "connection ended" : $"{Code} {string.Join(" / ", Lines)}";
}

/// <summary>A client that says exactly what it is told, octet for octet. One transaction at a time; not thread-safe.</summary>
public sealed class SmtpDialogue : IAsyncDisposable
{
    private readonly Socket socket;
    private byte[] input = new byte[8 << 10];
    private int start;
    private int end;

    private SmtpDialogue(Socket socket) => this.socket = socket;

    /// <summary>What EHLO was answered.</summary>
    public IReadOnlyList<string> Extensions { get; private set; } = [];

    /// <summary>Connects, reads the greeting and says EHLO.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">The greeting or EHLO was refused.</exception>
    public static async Task<SmtpDialogue> ConnectAsync(
        IPEndPoint endpoint, string helo = "client.test", IPAddress? from = null, CancellationToken cancellationToken = default)
    {
        var dialogue = await OpenAsync(endpoint, from, cancellationToken).ConfigureAwait(false);
        var greeting = await dialogue.ReadAsync(cancellationToken).ConfigureAwait(false);
        var hello = greeting.IsPositive ? await dialogue.SayAsync("EHLO " + helo, cancellationToken).ConfigureAwait(false) : greeting;
        if (!hello.IsPositive)
        {
            await dialogue.DisposeAsync().ConfigureAwait(false);
            throw new IOException("The greeting was " + hello);
        }

        dialogue.Extensions = hello.Lines;
        return dialogue;
    }

    /// <inheritdoc cref="ConnectAsync(IPEndPoint,string,IPAddress,CancellationToken)"/>
    public static Task<SmtpDialogue> ConnectAsync(int port, CancellationToken cancellationToken = default) =>
        ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken: cancellationToken);

    /// <summary>Connects and says nothing.</summary>
    /// <param name="endpoint">Where the server listens.</param>
    /// <param name="from">The address to come from; any of 127.0.0.0/8 is this machine's.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<SmtpDialogue> OpenAsync(IPEndPoint endpoint, IPAddress? from = null, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null) socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return new SmtpDialogue(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>One line and its reply.</summary>
    public async Task<DialogueReply> SayAsync(string line, CancellationToken cancellationToken = default)
    {
        if (!await SendAsync(Encoding.UTF8.GetBytes(line + "\r\n"), cancellationToken).ConfigureAwait(false)) return DialogueReply.Gone;
        return await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>False when the connection is gone.</summary>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!octets.IsEmpty) octets = octets[await socket.SendAsync(octets, cancellationToken).ConfigureAwait(false)..];
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// One whole transaction; the content must be dot-stuffed where that is needed and end in CRLF. The answer that decides:
    /// the first refusal, or that to the content.
    /// </summary>
    public async Task<DialogueReply> MailAsync(
        string from, IReadOnlyList<string> to, ReadOnlyMemory<byte> content, string parameters = "", CancellationToken cancellationToken = default)
    {
        var commands = new StringBuilder($"MAIL FROM:<{from}>{(parameters.Length > 0 ? " " + parameters : "")}\r\n");
        foreach (var recipient in to) commands.Append("RCPT TO:").Append(recipient.StartsWith('<') ? recipient : $"<{recipient}>").Append("\r\n");
        commands.Append("DATA\r\n");
        if (!await SendAsync(Encoding.UTF8.GetBytes(commands.ToString()), cancellationToken).ConfigureAwait(false)) return DialogueReply.Gone;
        var refused = (DialogueReply?)null;
        var last = DialogueReply.Gone;
        for (var i = 0; i < to.Count + 2; i++)
        {
            last = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (last.Code is 0) return last;
            if (!last.IsPositive) refused ??= last;
        }

        if (last.Code != 354)
        {
            await SayAsync("RSET", cancellationToken).ConfigureAwait(false);
            return refused ?? last;
        }

        if (!await SendAsync(content, cancellationToken).ConfigureAwait(false)) return DialogueReply.Gone;
        if (!await SendAsync(".\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false)) return DialogueReply.Gone;
        return await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next reply, whole; <see cref="DialogueReply.Gone"/> at the end.</summary>
    public async ValueTask<DialogueReply> ReadAsync(CancellationToken cancellationToken = default)
    {
        List<string>? lines = null;
        while (true)
        {
            var length = input.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (length < 0)
            {
                if (!await FillAsync(cancellationToken).ConfigureAwait(false)) return DialogueReply.Gone;
                continue;
            }

            var line = input.AsSpan(start, length).TrimEnd((byte)'\r');
            start += length + 1;
            if (line.Length < 3 || !int.TryParse(line[..3], out var code)) return DialogueReply.Gone;
            var text = Encoding.UTF8.GetString(line.Length > 4 ? line[4..] : []);
            if (line.Length > 3 && line[3] == '-')
            {
                (lines ??= []).Add(text);
                continue;
            }

            if (lines is null) return new DialogueReply(code, [text]);
            lines.Add(text);
            return new DialogueReply(code, lines);
        }
    }

    /// <summary>Ends with RST.</summary>
    public void Abort()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (start == end) start = end = 0;
        else if (start > 0)
        {
            input.AsSpan(start, end - start).CopyTo(input);
            end -= start;
            start = 0;
        }

        if (end == input.Length) Array.Resize(ref input, input.Length * 2);
        try
        {
            var count = await socket.ReceiveAsync(input.AsMemory(end), cancellationToken).ConfigureAwait(false);
            end += count;
            return count > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
