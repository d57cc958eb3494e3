using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using MilSwitch.Acp127;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Takes messages over TCP, one after the other, each up to NNNN. There are no answers in the format, so the end is one: when the client has closed its
/// side and this side closes too, all that it sent is durable; when the connection is reset, the last may not be. This side never closes first. Thread-safe.
/// </summary>
internal sealed partial class Acp127Port(string name, Func<NodeConfiguration> configuration, Acp127Intake intake, Acp127Counting counting, TimeProvider time, ILogger logger)
{
    private int open;

    public async Task OnConnectedAsync(ConnectionContext connection)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var inbound = configuration().Acp127.Find(name)?.Inbound;
        try
        {
            if (Interlocked.Increment(ref open) > inbound?.Connections || inbound?.Clients.Any(n => n.Contains(address)) is not true)
            {
                Refused(name, address);
                connection.Abort();
            }
            else if (!await RunAsync(connection, address.ToString(), inbound.IdleTimeout).ConfigureAwait(false))
            {
                connection.Abort();
            }
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    // True: everything that came is durable.
    private async Task<bool> RunAsync(ConnectionContext connection, string address, TimeSpan idle)
    {
        var splitter = new Acp127Splitter();
        var input = connection.Transport.Input;
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        while (true)
        {
            using var silence = new CancellationTokenSource(idle, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, closing);
            ReadOnlySequence<byte> buffer;
            bool ended;
            try
            {
                var read = await input.ReadAsync(either.Token).ConfigureAwait(false);
                (buffer, ended) = (read.Buffer, read.IsCompleted);
            }
            catch (OperationCanceledException)
            {
                // The client has not closed, so that an end in order could be taken for an answer to what is still on its way.
                return false;
            }
            catch (Exception fault) when (fault is IOException or ConnectionAbortedException or ConnectionResetException)
            {
                return false;
            }

            foreach (var piece in buffer)
            {
                for (var rest = piece; !rest.IsEmpty;)
                {
                    var message = splitter.Take(rest.Span, out var taken);
                    rest = rest[taken..];
                    if (message is not null && !await TakeAsync(address, message).ConfigureAwait(false)) return false;
                }
            }

            input.AdvanceTo(buffer.End);
            if (ended) return splitter.Rest() is not { } last || await TakeAsync(address, last).ConfigureAwait(false);
        }
    }

    private async Task<bool> TakeAsync(string address, byte[] message)
    {
        if (configuration().Acp127.Find(name) is not { Inbound: { } inbound } line) return false;
        try
        {
            var outcome = await intake.AcceptAsync(line, address, message, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
            if (outcome is Acp127Outcome.Later) return false;
            Taken(name, address, outcome);
            counting.Count(inbound, message);
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The client keeps what it is not told to be durable.
            Failed(name, fault);
            return false;
        }
    }

    [LoggerMessage(5073, LogLevel.Information, "Line {Line}: a message from {Address} was taken: {Outcome}")]
    private partial void Taken(string line, string address, Acp127Outcome outcome);

    [LoggerMessage(5074, LogLevel.Warning, "Line {Line}: {Address} may not connect, or there are too many connections")]
    private partial void Refused(string line, IPAddress address);

    [LoggerMessage(5075, LogLevel.Error, "Line {Line}: a message could not be taken")]
    private partial void Failed(string line, Exception fault);
}
