using System.Net.Sockets;
using System.Security.Authentication;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

/// <summary>
/// One connection to a next hop; one transaction at a time. The peer is held to be hostile: whatever it sends ends in a
/// result, in bounded memory and time, and never in a recipient that counts as delivered without a 2yz to the content.
/// Not thread-safe. Dispose it after <see cref="QuitAsync"/>, or instead.
/// </summary>
public sealed partial class SmtpClientConnection : IAsyncDisposable
{
    private static readonly TimeSpan QuitTimeout = TimeSpan.FromSeconds(5);

    private readonly LinkSettings settings;
    private readonly ISmtpTransport transport;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource deadline = new();
    private readonly ITimer timer;
    private readonly OutputBuffer output = new();
    private readonly Stream transportStream;
    private Stream stream;
    private ReplyReader replies;
    private bool closed;
    private bool disposed;
    private bool written;

    private SmtpClientConnection(HopTarget target, LinkSettings settings, ISmtpTransport transport, TimeProvider time, Stream stream)
    {
        Target = target;
        this.settings = settings;
        this.transport = transport;
        this.time = time;
        this.stream = stream;
        transportStream = stream;
        replies = new ReplyReader(stream);
        timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), deadline, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public HopTarget Target { get; }

    /// <summary>From the latest EHLO; <see cref="HopCapabilities.None"/> when only HELO was understood.</summary>
    public HopCapabilities Capabilities { get; private set; } = HopCapabilities.None;

    /// <summary>Protocol and cipher suite; null when the connection is in clear.</summary>
    public string? Tls { get; private set; }

    /// <summary>The connection is encrypted and the hop's certificate was found good for its name, whether or not the link asks for it.</summary>
    public bool TlsVerified { get; private set; }

    /// <summary>Transactions begun that ended in an answer for every recipient.</summary>
    public int MessagesSent { get; private set; }

    /// <summary>Says goodbye, waits a few seconds for the answer, and closes. Never throws for what the peer does.</summary>
    public async ValueTask QuitAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (closed) return;
            await using var registration = cancellationToken.UnsafeRegister(CancelDeadline, deadline);
            output.Append("QUIT\r\n"u8);
            await WriteAsync(output.Written, QuitTimeout);
            await ReadReplyAsync(QuitTimeout);
        }
        catch (Exception e) when (IsPeerFault(e))
        {
            // It is closed anyway.
        }
        finally
        {
            output.Release();
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        Abort();
        await timer.DisposeAsync();
        deadline.Dispose();
    }

    private static void CancelDeadline(object? state) => ((CancellationTokenSource)state!).Cancel();

    private static bool IsPeerFault(Exception e) =>
        e is IOException or SocketException or OperationCanceledException or SmtpProtocolException or AuthenticationException
            or TimeoutException;

    private static string Describe(Exception e) => e switch
    {
        OperationCanceledException => "not done in time, or cancelled",
        AuthenticationException { InnerException: { } inner } => $"{e.Message} {inner.Message}",
        _ => e.Message,
    };

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, TimeSpan timeout)
    {
        Arm(timeout);
        written = true;
        See(octets.Span);
        await stream.WriteAsync(octets, deadline.Token);
        SmtpClientMeter.CountOctets(settings, octets.Length);
    }

    /// <summary>The time counts for the reply as a whole, so that a peer gains nothing by sending it drop by drop.</summary>
    private ValueTask ReadReplyAsync(TimeSpan timeout)
    {
        if (IsSeen) return ReadSeenReplyAsync(timeout);
        if (replies.TryNext()) return ValueTask.CompletedTask;
        Arm(timeout);
        return replies.NextAsync(deadline.Token);
    }

    /// <summary>Starts the time anew; it runs until the next call or <see cref="Disarm"/>, and ends the connection when it is over.</summary>
    private void Arm(TimeSpan timeout)
    {
        deadline.Token.ThrowIfCancellationRequested();
        timer.Change(timeout, Timeout.InfiniteTimeSpan);
    }

    private void Disarm() => timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>An answer that nobody asked for would be taken for the answer to the next command.</summary>
    private void ThrowIfAnswered()
    {
        if (replies.Buffered > 0) throw new SmtpProtocolException("the hop answers more than it was asked");
    }

    private void Abort()
    {
        if (closed) return;
        closed = true;
        SeeEvent("closed");
        Disarm();
        // Without a goodbye: a half-sent content must not look finished.
        stream.Dispose();
    }
}
