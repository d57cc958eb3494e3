using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Smtp.Server.Commands;
using MilSwitch.Smtp.Server.Framing;
using MilSwitch.Smtp.Server.Hosting;

namespace MilSwitch.Smtp.Server;

/// <summary>
/// One SMTP connection, from greeting to close, over a pair of pipes. It knows the protocol and nothing of sockets. Three
/// lifetimes are kept apart: the connection (pipes, limits, errors), what EHLO, STARTTLS and AUTH said (forgotten at each
/// STARTTLS), and the transaction (forgotten at its end, RSET and EHLO). Run it once.
/// </summary>
public sealed partial class SmtpSession
{
    private const int AuthenticationLine = 12288;
    private const int DiscardedLine = 1 << 20;
    private const int FlushAfter = 16 << 10;
    private const int LongestDetail = 480;
    private const byte TlsHandshakeRecord = 0x16;

    private static readonly SearchValues<byte> BareInLine = SearchValues.Create("\r\0"u8);

    private readonly IDuplexPipe transport;
    private readonly SmtpListenerSettings settings;
    private readonly SmtpServerServices services;
    private readonly SmtpLimits limits;
    private readonly SessionDeadline deadline;
    private readonly IPAddress connectedFrom;
    private readonly bool stranger;
    private readonly Func<IPAddress, bool>? rename;
    private readonly KeyValuePair<string, object?> listenerTag;

    // The connection.
    private IPAddress address;
    private PipeReader input;
    private PipeWriter output;
    private SslStream? tls;
    private CancellationTokenSource? handshake;
    private CancellationToken aborted;
    private volatile bool closeRequested;
    private bool closing;
    private Mode mode;
    private long commandDeadline;
    private int unflushed;
    private int errors;
    private int idleCommands;
    private long discarded;
    private bool discardedCr;

    // What EHLO, STARTTLS and AUTH said.
    private ClientIdentity Client
    {
        get;
        set
        {
            field = value;
            origin = null;
        }
    }

    private Origin? origin;
    private Extensions offered;
    private bool greeted;
    private X509Certificate2? clientCertificate;
    private MailboxSet? permittedAddresses;

    private enum Mode : byte { Command, Sasl, Data, Chunk, StartTls }

    /// <param name="transport">The client's octets in and ours out. The session completes neither.</param>
    /// <param name="settings">As they were when the connection was accepted.</param>
    /// <param name="services">What all sessions share.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="abort">Cuts the connection of a peer that doesn't even read; null: nothing can.</param>
    /// <param name="stranger">The address gives no rights, whatever the settings say of it.</param>
    /// <param name="rename">
    /// Told the address that the session goes by after XCLIENT; false: there are too many of that client. Null: nobody counts.
    /// </param>
    public SmtpSession(
        IDuplexPipe transport, SmtpListenerSettings settings, SmtpServerServices services, IPAddress address, Action? abort = null,
        bool stranger = false, Func<IPAddress, bool>? rename = null)
    {
        this.transport = transport;
        this.settings = settings;
        this.services = services;
        limits = settings.Limits;
        input = transport.Input;
        output = transport.Output;
        listenerTag = new KeyValuePair<string, object?>("listener", settings.Name);
        deadline = new SessionDeadline(Wake, abort);
        this.address = connectedFrom = address;
        this.stranger = stranger;
        this.rename = rename;
        Client = Newcomer();
    }

    private bool Secure => tls is not null;

    /// <summary>
    /// Speaks until the client quits, breaks the rules too often, is too slow, or goes away. Never throws for what a peer did.
    /// </summary>
    /// <param name="closeRequested">The server is going down: the current transaction is finished, then the answer is 421.</param>
    /// <param name="aborted">The connection is gone.</param>
    public async Task RunAsync(CancellationToken closeRequested = default, CancellationToken aborted = default)
    {
        this.aborted = aborted;
        SmtpMeter.Connections.Add(1, listenerTag);
        SmtpMeter.SessionsOpen.Add(1, listenerTag);
        SmtpServerLog.SessionOpened(services.Logger, Client.Address, settings.Name);
        SeeEvent("connected");
        services.Clock.Add(deadline);
        var registration = closeRequested.UnsafeRegister(static session => ((SmtpSession)session!).RequestClose(), this);
        try
        {
            if (settings.TlsMode is ListenerTlsMode.Implicit && !await SecureAsync()) return;
            if (HasSpokenEarly()) WriteReply(Replies.EarlyTalker);
            else Greet();
            await ConverseAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionAbortedException or ObjectDisposedException)
        {
            // The peer went away, or the server took the connection from it.
        }
        catch (Exception e)
        {
            SmtpServerLog.SessionBroke(services.Logger, e, Client.Address, settings.Name);
            await TryFarewellAsync();
        }
        finally
        {
            await registration.DisposeAsync();
            await EndTransactionAsync();
            await CloseTlsAsync();
            services.Clock.Remove(deadline);
            clientCertificate?.Dispose();
            SmtpMeter.SessionsOpen.Add(-1, listenerTag);
            SmtpServerLog.SessionEnded(services.Logger, Client.Address, settings.Name);
            SeeEvent("closed");
        }
    }

    private void Greet() => WriteText($"220 {settings.HostName} ESMTP\r\n");

    /// <summary>What is known of a client by its address alone.</summary>
    private ClientIdentity Newcomer()
    {
        var network = stranger ? null : settings.Clients.FirstOrDefault(c => c.Network.Contains(address));
        return new ClientIdentity
        {
            Listener = settings.Name,
            Role = settings.Role,
            Address = address.ToString(),
            MayRelay = network is not null,
            HighestPrecedence = network?.HighestPrecedence ?? settings.HighestPrecedence,
            LowerPrecedence = network?.LowerPrecedence ?? true,
            Channel = network?.Channel,
        };
    }

    private async Task ConverseAsync()
    {
        while (true)
        {
            // Once per read, never per command: pipelining is worth nothing otherwise (RFC 2920 §3.2).
            if (!await FlushAsync() || closing) return;
            if (mode is Mode.StartTls)
            {
                if (!await SecureAsync()) return;
                continue;
            }

            if (closeRequested && transaction is null && mode is Mode.Command)
            {
                WriteReply(Replies.ShuttingDown);
                continue;
            }

            var waitingSince = services.Clock.Now;
            deadline.Arm(NextDeadline(waitingSince));
            var result = await input.ReadAsync();
            var late = deadline.Disarm();
            if (transaction is not null) transaction.Waited += services.Clock.Now - waitingSince;
            var buffer = result.Buffer;
            if (late)
            {
                WriteReply(Replies.TimedOut);
                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            var before = buffer.Length;
            while (!closing)
            {
                if (mode is Mode.Chunk && chunkRemaining is 0)
                {
                    await EndChunkAsync();
                    continue;
                }

                if (buffer.IsEmpty || mode is Mode.StartTls) break;
                if (mode is Mode.Data)
                {
                    buffer = await TakeDataAsync(buffer);
                }
                else if (mode is Mode.Chunk)
                {
                    buffer = await TakeChunkAsync(buffer);
                }
                else
                {
                    if (!TryTakeLine(ref buffer, out var work)) break;
                    if (!work.IsCompletedSuccessfully) await work;
                    if (unflushed > FlushAfter && !await FlushAsync()) return;
                }
            }

            // RFC 3207 §4.2: what was sent in the clear behind STARTTLS must not be taken for what came inside TLS.
            if (mode is Mode.StartTls) WriteReply(buffer.IsEmpty ? Replies.StartTls : Replies.PlaintextBehindStartTls);

            SmtpMeter.OctetsIn.Add(before - buffer.Length, listenerTag);
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted && !closing && mode is not Mode.StartTls)
            {
                await FlushAsync();
                return;
            }
        }
    }

    // Commands have a deadline for the whole line, so that octets that trickle do not prolong it (slowloris). Content has
    // one for each piece, and a pace it must keep on the whole.
    private long NextDeadline(long now)
    {
        var clock = services.Clock;
        long due;
        if (mode is Mode.Data or Mode.Chunk)
        {
            due = now + clock.Ticks(limits.DataTimeout);
        }
        else
        {
            if (commandDeadline is 0) commandDeadline = now + clock.Ticks(limits.CommandTimeout);
            due = commandDeadline;
        }

        if (transaction is not { ContentBegun: true } content || limits.MinimumRate <= 0) return due;
        var allowed = Math.Max(60.0, (double)content.Octets / limits.MinimumRate);
        return Math.Min(due, now + clock.Ticks(TimeSpan.FromSeconds(allowed)) - content.Waited);
    }

    private bool HasSpokenEarly()
    {
        if (!input.TryRead(out var result)) return false;
        var spoke = !result.Buffer.IsEmpty;
        input.AdvanceTo(result.Buffer.Start);
        return spoke;
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

    // ---- lines

    /// <summary>Takes one command line, or refuses it. False: the line is not whole yet.</summary>
    private bool TryTakeLine(ref ReadOnlySequence<byte> buffer, out ValueTask work)
    {
        var maximum = mode is Mode.Sasl ? Math.Max(AuthenticationLine, limits.CommandLine) : limits.CommandLine;
        work = default;
        var first = buffer.FirstSpan;
        var end = first.IndexOf((byte)'\n');
        if (end >= 0)
        {
            buffer = buffer.Slice(end + 1);
            work = LineAsync(first[..end], maximum);
            return true;
        }

        if (!greeted && discarded is 0 && first[0] == TlsHandshakeRecord && mode is Mode.Command)
        {
            work = Reply(Replies.NotSmtp);
            return true;
        }

        var position = buffer.IsSingleSegment ? null : buffer.PositionOf((byte)'\n');
        if (position is { } found)
        {
            var line = buffer.Slice(0, found);
            if (line.Length <= maximum)
            {
                var length = (int)line.Length;
                var copy = ArrayPool<byte>.Shared.Rent(length);
                line.CopyTo(copy);
                buffer = buffer.Slice(buffer.GetPosition(1, found));
                // Handlers read what they need before they wait for anything.
                work = LineAsync(copy.AsSpan(0, length), maximum);
                ArrayPool<byte>.Shared.Return(copy);
                return true;
            }

            discardedCr = LastOctet(line) == '\r';
            discarded += line.Length;
            buffer = buffer.Slice(buffer.GetPosition(1, found));
            work = LineAsync(default, maximum);
            return true;
        }

        if (discarded is 0 && buffer.Length <= maximum) return false;
        discardedCr = LastOctet(buffer) == '\r';
        discarded += buffer.Length;
        buffer = buffer.Slice(buffer.End);
        if (discarded > DiscardedLine) work = Reply(Replies.EndlessCommand);
        return discarded > DiscardedLine;
    }

    private static byte LastOctet(in ReadOnlySequence<byte> octets) =>
        octets.IsSingleSegment ? octets.FirstSpan[^1] : octets.Slice(octets.Length - 1).FirstSpan[0];

    /// <param name="line">Without its LF.</param>
    /// <param name="maximum">Octets with CRLF.</param>
    private ValueTask LineAsync(ReadOnlySpan<byte> line, int maximum)
    {
        commandDeadline = 0;
        var wasDiscarded = discarded;
        discarded = 0;
        // Only CRLF ends a line. The client waits for no more, so the answer can't wait either, and what it holds to be the
        // next line is not known.
        if (line.IsEmpty ? wasDiscarded is 0 || !discardedCr : line[^1] != '\r') return Reply(Replies.BareLineFeedInCommand);
        if (wasDiscarded > 0 || line.Length + 1 > maximum)
        {
            if (mode is not Mode.Sasl) return Error(Replies.CommandTooLong);
            EndSasl();
            return Error(Replies.AuthenticationLineTooLong);
        }

        line = line[..^1];
        SeeCommand(line);
        var bare = line.IndexOfAny(BareInLine);
        if (bare >= 0) return Error(line[bare] is 0 ? Replies.NulInCommand : Replies.BareCarriageReturnInCommand);
        return mode is Mode.Sasl ? SaslResponse(line) : CommandAsync(line);
    }

    private ValueTask CommandAsync(ReadOnlySpan<byte> line)
    {
        var command = CommandTable.Find(CommandText.Verb(line, out var argument));
        if (command is null) return Error(Replies.UnknownCommand);
        if ((command.Needs & CommandNeeds.CountsAsIdle) != 0 && ++idleCommands > limits.IdleCommands) return Reply(Replies.TooManyIdleCommands);
        if ((command.Needs & CommandNeeds.Tls) != 0 && settings.TlsMode is ListenerTlsMode.Required && !Secure) return Error(Replies.TlsFirst);
        if ((command.Phases & CurrentPhase) == 0) return Error(Replies.BadSequence);
        if ((command.Needs & CommandNeeds.Account) != 0 && settings.RequireAuthentication && Client.AuthenticatedAs is null)
            return Error(Replies.AuthenticationRequired);
        if ((command.Needs & CommandNeeds.NoArgument) != 0 && !argument.IsEmpty) return Error(Replies.ArgumentSyntax);
        return command.Handle(this, argument);
    }

    private Phase CurrentPhase => transaction?.Phase ?? (greeted ? Phase.Idle : Phase.Fresh);

    // ---- verbs that change the session

    internal ValueTask HelloAsync(ReadOnlySpan<byte> argument, bool extended)
    {
        // Some clients add words behind the name (RFC 5321 §4.1.1.1); the name alone goes into traces.
        var space = argument.IndexOf((byte)' ');
        var name = space < 0 ? argument : argument[..space];
        if (!IsHostName(name)) return Error(Replies.ArgumentSyntax);
        Client = Client with { Helo = Encoding.ASCII.GetString(name) };
        greeted = true;
        var mechanisms = extended ? UsableMechanisms() : "";
        offered = extended ? ExtensionTable.Offered(settings, Secure, mechanisms, MayStartQueues, MayNameClients) : Extensions.None;
        if (extended) WriteOctets(ExtensionTable.Answer(offered, settings, mechanisms, services.Time.GetUtcNow()));
        else WriteText($"250 {settings.HostName}\r\n");
        return EndTransactionAsync();
    }

    internal async ValueTask ResetAsync()
    {
        await EndTransactionAsync();
        WriteReply(Replies.Ok);
    }

    internal ValueTask StartTls()
    {
        if (settings.TlsMode is ListenerTlsMode.None) return Error(Replies.NotImplemented);
        if (Secure) return Error(Replies.BadSequence);
        // Answered when it is known that nothing lies behind it.
        mode = Mode.StartTls;
        return default;
    }

    internal ValueTask Verify(ReadOnlySpan<byte> argument) => argument.IsEmpty ? Error(Replies.ArgumentSyntax) : Reply(Replies.CannotVerify);

    /// <summary>RFC 1985. Not inside a transaction: it is about other mail than the client's.</summary>
    internal ValueTask StartQueueAsync(ReadOnlySpan<byte> argument)
    {
        // A stranger can't tell this listener from one without ETRN.
        if (!MayStartQueues) return Error(Replies.NotImplemented);
        if (CurrentPhase is not Phase.Idle) return Error(Replies.BadSequence);
        // §5.3: a queue by a name of the server's own. There are none, which is no fault of syntax.
        if (argument.Length > 1 && argument[0] == '#') return Error(Replies.NoSuchQueue);
        var subdomains = !argument.IsEmpty && argument[0] == '@';
        var name = CommandText.Text(subdomains ? argument[1..] : argument);
        if (name is null || !Mailbox.TryReadDomain(name, out var domain) || domain[0] == '[') return Error(Replies.ArgumentSyntax);
        // §5: fully qualified. That also keeps a whole top-level domain from being asked for.
        return domain.Contains('.', StringComparison.Ordinal) ? StartQueueAsync(domain, subdomains) : Error(Replies.ArgumentSyntax);
    }

    private async ValueTask StartQueueAsync(string domain, bool subdomains) =>
        WriteReply(await services.Intake.StartQueueAsync(Client, domain, subdomains, aborted) switch
        {
            QueueStart.Started => Replies.QueueStarted,
            QueueStart.NothingWaits => Replies.NothingWaits,
            QueueStart.NoRoute => Replies.NodeNotAllowed,
            _ => Replies.CannotStartQueue,
        });

    // Those whose mail this listener would relay now.
    private bool MayStartQueues =>
        settings is { StartsQueues: true, Role: ListenerRole.Relay } && (Secure || settings.TlsMode is not ListenerTlsMode.Required) &&
        (Client.AuthenticatedAs is not null || (Client.MayRelay && !settings.RequireAuthentication));

    // Letters, digits and what literals and real host names hold; nothing that could harm a trace field or a log.
    internal static bool IsHostName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > Mailbox.MaximumDomainOctets) return false;
        foreach (var octet in name)
            if (!char.IsAsciiLetterOrDigit((char)octet) && octet is not ((byte)'.' or (byte)'-' or (byte)'_' or (byte)':' or (byte)'[' or (byte)']')) return false;
        return true;
    }

    // ---- TLS

    /// <summary>Shakes hands and puts TLS under the session, which then knows nothing any more. False: no TLS, close.</summary>
    private async ValueTask<bool> SecureAsync()
    {
        using var cancellation = new CancellationTokenSource();
        var stream = new SslStream(new DuplexPipeStream(transport), leaveInnerStreamOpen: true);
        handshake = cancellation;
        deadline.Arm(services.Clock.Now + services.Clock.Ticks(limits.TlsTimeout));
        string? failure = null;
        try
        {
            await stream.AuthenticateAsServerAsync(TlsServer.Options(settings), cancellation.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            failure = e.GetType().Name;
        }

        handshake = null;
        if (deadline.Disarm()) failure = "Timeout";
        if (failure is not null) SeeEvent("TLS failed: " + failure);
        SmtpMeter.TlsSessions.Add(1, listenerTag, new KeyValuePair<string, object?>("outcome", failure is null ? "done" : "failed"));
        if (failure is not null)
        {
            SmtpServerLog.TlsFailed(services.Logger, Client.Address, settings.Name, failure);
            await stream.DisposeAsync();
            return false;
        }

        tls = stream;
        // Zero-byte reads: an idle session holds no buffer.
        input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 << 10, minimumReadSize: 4 << 10, leaveOpen: true, useZeroByteReads: true));
        output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 4 << 10, leaveOpen: true));
        clientCertificate = stream.RemoteCertificate is { } certificate ? new X509Certificate2(certificate) : null;
        // RFC 3207 §4.2: as after the greeting, also what XCLIENT said.
        mode = Mode.Command;
        greeted = false;
        offered = Extensions.None;
        idleCommands = 0;
        commandDeadline = 0;
        permittedAddresses = null;
        address = connectedFrom;
        Client = Newcomer() with { Tls = $"{stream.SslProtocol} {stream.NegotiatedCipherSuite}" };
        SeeEvent($"TLS: {Client.Tls}");
        return true;
    }

    private async ValueTask CloseTlsAsync()
    {
        if (tls is null) return;
        deadline.Arm(services.Clock.Now + services.Clock.Ticks(limits.TlsTimeout));
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

    // ---- answers

    internal ValueTask Reply(SmtpReply reply)
    {
        WriteReply(reply);
        return default;
    }

    /// <summary>An answer to a command that breaks the protocol: too many of them end the session.</summary>
    internal ValueTask Error(SmtpReply reply) => Reply(++errors >= limits.Errors ? Count(reply, Replies.TooManyErrors) : reply);

    private SmtpReply Count(SmtpReply last, SmtpReply instead)
    {
        SmtpMeter.Refusals.Add(1, listenerTag, new KeyValuePair<string, object?>("reason", last.Name));
        return instead;
    }

    private void WriteReply(SmtpReply reply)
    {
        WriteOctets(reply.Line);
        Note(reply);
    }

    // RFC 5321 §4.5.3.1.5: a line of 512 octets at most.
    private void WriteReply(SmtpReply reply, string detail)
    {
        WriteText(string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {reply.EnhancedCode} {(detail.Length > LongestDetail ? detail[..LongestDetail] : detail)}\r\n"));
        Note(reply);
    }

    private void Note(SmtpReply reply)
    {
        if (reply.Closes) closing = true;
        if (!reply.IsRefusal) return;
        SmtpMeter.Refusals.Add(1, listenerTag, new KeyValuePair<string, object?>("reason", reply.Name));
        SmtpServerLog.Refused(services.Logger, Client.Address, settings.Name, reply.Name);
    }

    private void WriteOctets(ReadOnlySpan<byte> octets)
    {
        if (services.Dialogues is not null) SeeReply(octets);
        output.Write(octets);
        unflushed += octets.Length;
    }

    private void WriteText(string text)
    {
        if (IsSeen) SeeReply(Encoding.ASCII.GetBytes(text));
        unflushed += text.Length;
        Encoding.ASCII.GetBytes(text, output);
    }

    private async ValueTask<bool> FlushAsync()
    {
        if (unflushed is 0) return true;
        SmtpMeter.OctetsOut.Add(unflushed, listenerTag);
        unflushed = 0;
        deadline.Arm(services.Clock.Now + services.Clock.Ticks(limits.CommandTimeout));
        var result = await output.FlushAsync();
        return !deadline.Disarm() && result is { IsCanceled: false, IsCompleted: false };
    }

    private async ValueTask TryFarewellAsync()
    {
        try
        {
            WriteReply(Replies.InternalFault);
            await FlushAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException)
        {
            // Nobody is there to be told.
        }
    }
}
