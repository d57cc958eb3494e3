using System.Collections.Immutable;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using MilSwitch.Acp127;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Sends mail as messages over one line, one at a time. 250 says that the message was written whole: its file is there under its name and durable, or the
/// peer of the TCP connection closed it in order after the last octet. Thread-safe.
/// </summary>
internal sealed class Acp127Sender(string name, Acp127Ledger serials, Acp127Ledger numbers, Func<NodeConfiguration> configuration, TcpSmtpTransport tcp, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim gate = new(1);

    /// <summary>The address stands in the directory with a routing indicator.</summary>
    public bool Reaches(Mailbox recipient) => configuration().Acp127.Directory.Find(recipient)?.Routing is not null;

    /// <summary>Sends a mail.</summary>
    /// <param name="mail">With CRLF line ends.</param>
    /// <param name="recipients">Of this transmission.</param>
    /// <param name="level">At which it travels, for mail that names none.</param>
    public async Task<Acp127Answer> SendAsync(ReadOnlyMemory<byte> mail, ImmutableArray<Mailbox> recipients, Precedence? level, CancellationToken cancellationToken)
    {
        var now = configuration();
        if (now.Acp127.Find(name) is not { Outbound: { } outbound } line) return new Acp127Answer(451, "4.3.5", $"line {name} is not configured");
        var edge = new Acp127Edge { Directory = now.Acp127.Directory, HostName = now.Switch.HostName, Originators = line.Originators };
        var draft = MailToAcp127.Make(mail, recipients, edge, line.Station, level);
        // RFC 3463 §3.7: conversion required but not supported.
        if (draft.Message is not { } message) return new Acp127Answer(550, "5.6.3", $"ACP 127 can't carry it: {draft.Fault}");
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SendAsync(line, outbound, message, draft.IsNumbered, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SocketException or TimeoutException or AuthenticationException)
        {
            return new Acp127Answer(451, fault is AuthenticationException ? "4.7.5" : "4.4.1", Shown($"line {name}: {fault.Message}"));
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or InvalidDataException)
        {
            return new Acp127Answer(451, "4.3.0", Shown($"line {name}: no number can be given: {fault.Message}"));
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task<Acp127Answer> SendAsync(Acp127Line line, Acp127Outbound outbound, Acp127Message message, bool isNumbered, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow().UtcDateTime;
        // The same message to other stations is the same message, over the channel it is another transmission.
        var own = Key(message with { Called = [line.Station], RelayPrecedence = Precedence.Routine });
        var transmission = Key(message);
        if (!isNumbered)
        {
            var (serial, filed) = await serials.GiveAsync(own, string.Create(CultureInfo.InvariantCulture, $"{at.DayOfYear:000}{at:HHmm}"), cancellationToken).ConfigureAwait(false);
            message = message with { Serial = serial.ToString("0000", CultureInfo.InvariantCulture), FilingTime = filed };
        }

        if (outbound.Channel is { } designator) message = message with { Start = new Acp127Channel(designator, (await numbers.GiveAsync(transmission, "-", cancellationToken).ConfigureAwait(false)).Number).ToString() };
        var octets = Acp127Writer.Write(message);
        var sent = $"sent as {message.Identifier}{(message.Start is { } start ? $", {start}" : "")}";
        if (outbound.Folder is { } folder)
        {
            var file = $"{message.Start ?? message.Identifier.Replace(' ', '-')}-{transmission[..8]}.acp127";
            try
            {
                if (DurableText.TryAdd(folder, file, octets)) return new Acp127Answer(250, "2.0.0", sent);
                return new Acp127Answer(451, "4.3.0", $"line {name}: the folder has another message under the same number");
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // Where only its name could not be synced somebody may have it: its number is nobody else's.
                if (!File.Exists(Path.Combine(folder, file))) await numbers.TakeBackAsync(transmission).ConfigureAwait(false);
                throw;
            }
        }

        Connection connection;
        try
        {
            connection = await ConnectAsync(outbound, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await numbers.TakeBackAsync(transmission).ConfigureAwait(false);
            throw;
        }

        await using (connection.ConfigureAwait(false))
        {
            return await WriteAsync(connection, octets, outbound.Timeout, cancellationToken).ConfigureAwait(false)
                ? new Acp127Answer(250, "2.0.0", sent)
                : new Acp127Answer(451, "4.4.2", $"line {name}: the peer closed or answered before it had everything");
        }
    }

    private async Task<Connection> ConnectAsync(Acp127Outbound outbound, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(ConnectTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        // TcpSmtpTransport opens no other.
        var network = (NetworkStream)await tcp.OpenAsync(outbound.Target!, ConnectTime, time, either.Token).ConfigureAwait(false);
        if (outbound.Tls is not { } tls) return new Connection(network, null, null);
        var watched = new WatchedStream(network);
        try
        {
            return new Connection(network, watched, await LinkHandshake.RequireAsync(watched, outbound.Target!.Host, tls, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no TLS within {ConnectTime}");
        }
    }

    // The peer closes when it has everything; otherwise it may have it or not, and gets it again under the same numbers. That it closes is believed only
    // after its system took every octet: the end of a peer that went away meanwhile may reach this side before the news that they were lost.
    private async Task<bool> WriteAsync(Connection connection, byte[] octets, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var end = connection.Stream.ReadAsync(new byte[1], either.Token).AsTask();
        try
        {
            await connection.Stream.WriteAsync(octets, either.Token).ConfigureAwait(false);
            while (SendQueue.Length(connection.Network.Socket) > 0 && !end.IsCompleted) await Task.Delay(AskEvery, time, either.Token).ConfigureAwait(false);
            if (end.IsCompleted)
            {
                await end.ConfigureAwait(false);
                return false;
            }

            if (connection.Tls is { } tls) await tls.ShutdownAsync().WaitAsync(either.Token).ConfigureAwait(false);
            connection.Network.Socket.Shutdown(SocketShutdown.Send);
            // Inside TLS only its own end counts: that of the connection alone anybody on the way can make.
            return await end.ConfigureAwait(false) is 0 && connection.Watched is not { HasEnded: true };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"the peer did not take it and close within {timeout}");
        }
        finally
        {
            // Closing ends the reading too; how does not matter any more.
            _ = end.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    /// <summary>To the peer of a line, with TLS or without.</summary>
    private sealed record Connection(NetworkStream Network, WatchedStream? Watched, SslStream? Tls) : IAsyncDisposable
    {
        public Stream Stream => Tls ?? (Stream)Network;

        // Ends the network's too.
        public ValueTask DisposeAsync() => Stream.DisposeAsync();
    }

    private static string Key(Acp127Message message) => Convert.ToHexStringLower(SHA256.HashData(Acp127Writer.Write(message))[..16]);

    private static string Shown(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
