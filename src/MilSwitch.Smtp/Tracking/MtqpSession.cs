using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Server.Hosting;

namespace MilSwitch.Smtp.Tracking;

/// <summary>
/// One connection of MTQP (RFC 3887), from greeting to close, over a pair of pipes. Bounded in everything a stranger can do:
/// lines, errors, questions without an answer, time. Run it once.
/// </summary>
public sealed class MtqpSession
{
    /// <summary>§2.5: ten minutes at least.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(30);
    private static readonly ConditionalWeakTable<X509Certificate2, SslServerAuthenticationOptions> Made = [];

    /// <summary>Bad commands, and questions to which nothing is known, before the session is closed.</summary>
    private const int MostFaults = 20;

    private const int MostCommands = 1000;
    private const int FlushAfter = 16 << 10;

    private readonly IDuplexPipe transport;
    private readonly MtqpSettings settings;
    private readonly MtqpServices services;
    private readonly Originator client;
    private readonly SessionDeadline deadline;
    private PipeReader input;
    private PipeWriter output;
    private SslStream? tls;
    private CancellationTokenSource? handshake;
    private volatile bool closeRequested;
    private bool closing;
    private int faults;
    private int commands;

    /// <param name="transport">The client's octets in and ours out. The session completes neither.</param>
    /// <param name="settings">As they were when the connection was accepted.</param>
    /// <param name="services">What all sessions share.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="abort">Cuts the connection of a peer that doesn't even read; null: nothing can.</param>
    public MtqpSession(IDuplexPipe transport, MtqpSettings settings, MtqpServices services, IPAddress address, Action? abort = null)
    {
        this.transport = transport;
        this.settings = settings;
        this.services = services;
        client = Originator.Of(new ClientIdentity { Listener = "mtqp", Role = ListenerRole.Relay, Address = address.ToString() });
        input = transport.Input;
        output = transport.Output;
        deadline = new SessionDeadline(Wake, abort);
    }

    /// <summary>Answers until the client quits, is too slow, or breaks the rules too often. Never throws for what a peer did.</summary>
    /// <param name="closeRequested">The server is going down.</param>
    /// <param name="aborted">The connection is gone.</param>
    public async Task RunAsync(CancellationToken closeRequested = default, CancellationToken aborted = default)
    {
        var clock = services.Shared.Clock;
        clock.Add(deadline);
        var registration = closeRequested.UnsafeRegister(static session => ((MtqpSession)session!).RequestClose(), this);
        try
        {
            Greet();
            await ConverseAsync(aborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionAbortedException or ObjectDisposedException)
        {
            // The peer went away.
        }
        finally
        {
            await registration.DisposeAsync();
            await CloseTlsAsync();
            clock.Remove(deadline);
        }
    }

    // §3, §6.2: STARTTLS is not offered inside TLS.
    private void Greet()
    {
        if (tls is not null || settings.TlsMode is ListenerTlsMode.None) Write("+OK/MTQP MTQP server ready");
        else Write("+OK+/MTQP MTQP server ready", settings.TlsMode is ListenerTlsMode.Required ? "STARTTLS required" : "STARTTLS", ".");
    }

    private async ValueTask ConverseAsync(CancellationToken aborted)
    {
        while (await FlushAsync() && !closing)
        {
            if (closeRequested)
            {
                Write("-TEMP/admin Going down");
                closing = true;
                continue;
            }

            deadline.Arm(services.Shared.Clock.Now + services.Shared.Clock.Ticks(Patience));
            var result = await input.ReadAsync(CancellationToken.None);
            var late = deadline.Disarm();
            var buffer = result.Buffer;
            var startTls = false;
            while (!late && !closing && !startTls && TryTakeLine(ref buffer, out var command))
            {
                startTls = await AnswerAsync(command, buffer.IsEmpty, aborted);
                // What is answered to many commands at once must not pile up.
                if (output.CanGetUnflushedBytes && output.UnflushedBytes > FlushAfter && !await FlushAsync()) return;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (late) return;
            if (startTls && (!await FlushAsync() || !await SecureAsync())) return;
            if (result.IsCompleted && !startTls)
            {
                await FlushAsync();
                return;
            }
        }
    }

    /// <summary>False: the line is not whole yet. What is too long for one is refused once and ends the session.</summary>
    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, out MtqpCommand command)
    {
        var end = buffer.PositionOf((byte)'\n');
        if (end is null && buffer.Length <= MtqpCommand.LongestLine + 1)
        {
            command = new MtqpCommand.Comment();
            return false;
        }

        var line = end is { } at ? buffer.Slice(0, at) : buffer;
        if (line.Length > MtqpCommand.LongestLine + 1) command = new MtqpCommand.Bad("Line too long");
        else
        {
            Span<byte> octets = stackalloc byte[(int)line.Length];
            line.CopyTo(octets);
            // Only CRLF ends a line.
            command = octets is [.. var text, (byte)'\r'] ? MtqpCommand.Read(text) : new MtqpCommand.Bad("Lines end with CRLF");
        }

        buffer = end is { } behind ? buffer.Slice(buffer.GetPosition(1, behind)) : buffer.Slice(buffer.End);
        return true;
    }

    /// <returns>True: TLS begins now.</returns>
    private async ValueTask<bool> AnswerAsync(MtqpCommand command, bool isLast, CancellationToken aborted)
    {
        if (++commands > MostCommands)
        {
            Write("-ERR/admin Too many commands");
            closing = true;
            return false;
        }

        switch (command)
        {
            case MtqpCommand.Comment:
                Write("+OK");
                return false;
            case MtqpCommand.Quit:
                Write("+OK Goodbye");
                closing = true;
                return false;
            case MtqpCommand.StartTls start:
                return StartTls(start.Domain, isLast);
            case MtqpCommand.Track track:
                await TrackAsync(track, aborted);
                return false;
            default:
                Fault("-BAD " + ((MtqpCommand.Bad)command).Text);
                return false;
        }
    }

    private bool StartTls(string domain, bool isLast)
    {
        if (tls is not null) Fault("-BAD/tls-in-progress TLS is there already");
        else if (settings is { TlsMode: ListenerTlsMode.None } or { Certificate: null }) Fault("-ERR/unsupported No TLS here");
        else if (!settings.Certificate.MatchesHostname(domain, allowWildcards: true, allowCommonName: false)) Fault("-BAD/bad-fqdn The certificate has another name");
        // RFC 3887 §8, §11: what was sent in the clear behind it must not be taken for what came inside TLS.
        else if (!isLast)
        {
            Write("-BAD Octets behind STARTTLS");
            closing = true;
        }
        else
        {
            Write("+OK Ready to start TLS");
            return true;
        }

        return false;
    }

    private async ValueTask TrackAsync(MtqpCommand.Track track, CancellationToken aborted)
    {
        if (tls is null && settings.TlsMode is ListenerTlsMode.Required)
        {
            Fault("-ERR/tls-required TLS first");
            return;
        }

        if (services.Rates.Ask(client, settings.QuestionsPerMinute, services.Shared.Time.GetUtcNow(), take: true) is not RateVerdict.Allowed)
        {
            Fault("-TEMP/unavailable Too many questions; later");
            return;
        }

        var answer = await services.Desk.FindAsync(track.EnvelopeId, track.Proof, aborted);
        if (!answer.IsAvailable) Write("-TEMP/unavailable Not now");
        // The same for an id that nobody knows and for a secret that is wrong.
        else if (answer.Found.IsEmpty) Fault("-ERR/noinfo Nothing is known");
        else
        {
            var behind = services.Chain is { } chain ? await chain.FollowAsync(answer.Found, track, settings.Chain, tls is not null, aborted) : [];
            await TellAsync(answer with { Found = [.. answer.Found, .. behind] });
        }
    }

    private async ValueTask TellAsync(TrackingAnswer answer)
    {
        Write("+OK+ Tracking information follows");
        foreach (var line in TrackingStatusWriter.Lines(answer.Found))
        {
            Write(line.StartsWith('.') ? "." + line : line);
            if (output.CanGetUnflushedBytes && output.UnflushedBytes > FlushAfter && !await FlushAsync())
            {
                closing = true;
                return;
            }
        }

        Write(".");
    }

    private void Fault(string line)
    {
        Write(line);
        closing |= ++faults >= MostFaults;
    }

    private void Write(params ReadOnlySpan<string> lines)
    {
        foreach (var line in lines)
        {
            Encoding.ASCII.GetBytes(line, output);
            output.Write("\r\n"u8);
        }
    }

    private async ValueTask<bool> FlushAsync()
    {
        deadline.Arm(services.Shared.Clock.Now + services.Shared.Clock.Ticks(Patience));
        var result = await output.FlushAsync();
        return !deadline.Disarm() && result is { IsCanceled: false, IsCompleted: false };
    }

    private async ValueTask<bool> SecureAsync()
    {
        using var cancellation = new CancellationTokenSource();
        var stream = new SslStream(new DuplexPipeStream(transport), leaveInnerStreamOpen: true);
        handshake = cancellation;
        deadline.Arm(services.Shared.Clock.Now + services.Shared.Clock.Ticks(HandshakeTime));
        try
        {
            await stream.AuthenticateAsServerAsync(Made.GetValue(settings.Certificate!, Options), cancellation.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            SmtpServerLog.TlsFailed(services.Shared.Logger, client.Name, "mtqp", e.GetType().Name);
            await stream.DisposeAsync();
            return false;
        }
        finally
        {
            handshake = null;
            deadline.Disarm();
        }

        tls = stream;
        input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 4 << 10, minimumReadSize: 1 << 10, leaveOpen: true, useZeroByteReads: true));
        output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 4 << 10, leaveOpen: true));
        Greet();
        return true;
    }

    private static SslServerAuthenticationOptions Options(X509Certificate2 certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowRenegotiation = false,
        ClientCertificateRequired = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    private async ValueTask CloseTlsAsync()
    {
        if (tls is null) return;
        deadline.Arm(services.Shared.Clock.Now + services.Shared.Clock.Ticks(HandshakeTime));
        try
        {
            await tls.ShutdownAsync();
            await tls.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException)
        {
            // The peer is gone already.
        }
        finally
        {
            deadline.Disarm();
        }
    }

    private void RequestClose()
    {
        closeRequested = true;
        input.CancelPendingRead();
    }

    // Called by the clock, on another thread.
    private void Wake()
    {
        input.CancelPendingRead();
        output.CancelPendingFlush();
        try
        {
            handshake?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The handshake ended meanwhile.
        }
    }
}
