using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using Akka.Actor;
using MilSwitch.Domain.Channels;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Switching.Links;

/// <summary>Owns one connection to a next hop: one transaction at a time. Its end is its connection's end.</summary>
internal sealed class DeliveryActor : UntypedActor
{
    /// <summary>The client asks between chunks of this size.</summary>
    private const int ChunkSize = 256 << 10;

    /// <summary>After this many connections that broke at work the next one counts as an attempt, with its pause.</summary>
    private const int ReturnsBeforeAttempt = 2;

    /// <summary>A connection that was never used is a fresh one for so long: its end is the hop's answer, not the end of an idle time.</summary>
    private static readonly TimeSpan FreshTime = TimeSpan.FromSeconds(1);

    private readonly SwitchRuntime runtime;
    private readonly LinkPressure pressure;
    private readonly CancellationTokenSource stopping = new();
    private readonly Func<CancellationToken, ValueTask<bool>> beforeFinalDot;
    private readonly Func<bool> giveWay;
    private ImmutableArray<HopTarget> hosts = [];
    private LinkSettings settings = null!;
    private Task<object>? connecting;
    private SmtpClientConnection? connection;
    private Consignment? current;
    private long started;
    private long openedAt;
    private bool used;
    private int chunks;
    private ImmutableArray<string> numbers = [];

    public DeliveryActor(SwitchRuntime runtime, LinkPressure pressure)
    {
        this.runtime = runtime;
        this.pressure = pressure;
        beforeFinalDot = _ => new ValueTask<bool>(current is { Armed: true } consignment && IsOurs(consignment));
        giveWay = GivesWay;
    }

    public static Props Props(SwitchRuntime runtime, LinkPressure pressure) => Akka.Actor.Props.Create(typeof(DeliveryActor), runtime, pressure);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeliveryCommands.Connect connect:
                hosts = [.. connect.Targets.OrderBy(t => t.Preference)];
                settings = connect.Settings;
                connecting = ConnectAsync(Self);
                connecting.PipeTo(Self, success: outcome => outcome);
                break;
            case Connected connected:
                connection = connected.Connection;
                openedAt = runtime.Time.GetTimestamp();
                Context.Parent.Tell(new LinkEvents.Opened(Self, connection.Target.ToString(), connection.Tls, connection.Capabilities.MtPriorityPolicy));
                break;
            case LinkEvents.OpenFailed failed:
                Context.Parent.Tell(failed);
                break;
            case DeliveryCommands.Send send:
                Send(send);
                break;
            case LinkEvents.Transmitted transmitted:
                OnTransmitted(transmitted);
                break;
            // Nobody foresaw it: the link takes care of what was under way.
            case Status.Failure failure:
                ExceptionDispatchInfo.Throw(failure.Cause);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PostStop()
    {
        stopping.Cancel();
        stopping.Dispose();
        if (connection is not null) _ = QuitAsync(connection);
        else if (connecting is not null) _ = QuitAsync(connecting);
    }

    // Its end finds nobody: the connection, if it came to one, would stay open.
    private static async Task QuitAsync(Task<object> connecting)
    {
        if (await connecting.ConfigureAwait(false) is Connected connected) await QuitAsync(connected.Connection).ConfigureAwait(false);
    }

    private static async Task QuitAsync(SmtpClientConnection connection)
    {
        await using (connection.ConfigureAwait(false))
        {
            await connection.QuitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<object> ConnectAsync(IActorRef self)
    {
        var fault = "no target";
        var token = stopping.Token;
        foreach (var target in hosts)
        {
            try
            {
                switch (await SmtpClientConnection.ConnectAsync(target, settings, runtime.Transport, runtime.Time, token).ConfigureAwait(false))
                {
                    case ConnectResult.Connected connected:
                        return new Connected(connected.Connection);
                    case var failed:
                        fault = $"{target}: {Describe(failed)}";
                        break;
                }
            }
            catch (OperationCanceledException)
            {
                return new LinkEvents.OpenFailed(self, "stopped");
            }
        }

        return new LinkEvents.OpenFailed(self, fault);
    }

    private void Send(DeliveryCommands.Send send)
    {
        current = send.Consignment;
        chunks = 0;
        numbers = [];
        started = runtime.Time.GetTimestamp();
        var wasIdle = used || runtime.Time.GetElapsedTime(openedAt, started) >= FreshTime;
        used = true;
        SendAsync(send, connection!, wasIdle, Self, stopping.Token).PipeTo(Self, success: transmitted => transmitted);
    }

    private async Task<LinkEvents.Transmitted> SendAsync(
        DeliveryCommands.Send send, SmtpClientConnection over, bool wasIdle, IActorRef self, CancellationToken token)
    {
        var consignment = send.Consignment;
        using var span = runtime.Traces.Begin("deliver", consignment.Id, ActivityKind.Client).At(consignment.Precedence).Over(settings.Name.Configured.Value);
        var first = over.MessagesSent is 0;
        var result = await TransactAsync(send, over, consignment.Recipients, send.Loaded.Content, token).ConfigureAwait(false);
        // One that died while it was idle says nothing about the message: straight onto another connection. That can't go on
        // without end: each was used or lay idle before, and is gone now.
        span.Came(result.End.ToString().ToLowerInvariant());
        var diedIdle = wasIdle && result is { End: TransactionEnd.Lost, Unheard: true };
        if (diedIdle || result.End is TransactionEnd.GaveWay || result.Fault is Damaged or Away) return Ended([]);
        var alternates = MaySend(consignment, token) ? Behind(over.Target) : [];
        if (result.End is TransactionEnd.Lost && !(first && alternates.Length > 0) && consignment.Returns++ < ReturnsBeforeAttempt)
        {
            // The hop does not have it: straight onto another connection.
            return Ended([]);
        }

        var round = new HostRound(consignment.Recipients.Length, consignment.Suspect);
        round.Take([.. Enumerable.Range(0, consignment.Recipients.Length)], result, over.Target.ToString());
        // Whom this host had no room for beside others goes to it again, not behind it.
        var crowdedOut = alternates.Length > 0 ? CrowdedOut(result) : [];
        if (alternates.Length > 0 && round.Open.Length > crowdedOut.Length)
        {
            // First, so that the link never has more connections than it may.
            await over.QuitAsync(token).ConfigureAwait(false);
            result = result with { Reusable = false };
            await AskAlternatesAsync(send, round, crowdedOut, alternates, token).ConfigureAwait(false);
        }

        return Ended(round.Answers);

        LinkEvents.Transmitted Ended(ImmutableArray<HopAnswer> answers) => new(self, consignment, send.Loaded, result, answers, diedIdle);
    }

    // The breaker hears nothing of this: the link is up, one of its hosts does not want one message now.
    private async Task AskAlternatesAsync(
        DeliveryCommands.Send send, HostRound round, ImmutableArray<int> except, ImmutableArray<HopTarget> alternates, CancellationToken token)
    {
        foreach (var target in alternates)
        {
            var open = round.Open.RemoveRange(except);
            if (open.IsEmpty || !MaySend(send.Consignment, token)) return;
            ConnectResult connected;
            try
            {
                connected = await SmtpClientConnection.ConnectAsync(target, settings, runtime.Transport, runtime.Time, token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (connected is not ConnectResult.Connected { Connection: { } another })
            {
                round.Miss(Describe(connected), target.ToString());
                continue;
            }

            await using (another.ConfigureAwait(false))
            {
                if (await ContentAgainAsync(send).ConfigureAwait(false) is not { } content) return;
                await using (content.ConfigureAwait(false))
                {
                    chunks = 0;
                    var result = await TransactAsync(send, another, [.. open.Select(i => send.Consignment.Recipients[i])], content, token).ConfigureAwait(false);
                    // Who gave way, or whose content can't be read, keeps the answer of the host before.
                    if (result.End is TransactionEnd.GaveWay || result.Fault is Damaged or Away) return;
                    round.Take(open, result, target.ToString());
                }

                await another.QuitAsync(token).ConfigureAwait(false);
            }
        }
    }

    private async Task<TransactionResult> TransactAsync(
        DeliveryCommands.Send send, SmtpClientConnection over, ImmutableArray<int> recipients, ContentReader content, CancellationToken token)
    {
        if (settings.Channel is not { } channel) return await TransactAsync(send, over, recipients, content, send.Loaded.Trace, token).ConfigureAwait(false);
        long number;
        try
        {
            number = await runtime.ChannelNumbers.GiveAsync(channel, send.Consignment.Id, token).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException)
        {
            return new TransactionResult(TransactionEnd.Lost, [], false, Away);
        }
        catch (OperationCanceledException)
        {
            return new TransactionResult(TransactionEnd.Lost, [], false, "stopped");
        }

        byte[] trace = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ChannelName.Field}: {channel} {number}\r\n")), .. send.Loaded.Trace.Span];
        var result = await TransactAsync(send, over, recipients, content, trace, token).ConfigureAwait(false);
        bool? taken = result.End switch
        {
            TransactionEnd.Answered when result.Replies.Any(r => r.IsPositive) => true,
            TransactionEnd.Unknown => null,
            // What the hop may have from before has this number there.
            _ => send.Consignment.Suspect ? null : false,
        };
        if (taken is not false) numbers = numbers.Add(string.Create(CultureInfo.InvariantCulture, $"{channel} {number}"));
        await runtime.ChannelNumbers.EndAsync(channel, send.Consignment.Id, taken).ConfigureAwait(false);
        return result;
    }

    private async Task<TransactionResult> TransactAsync(
        DeliveryCommands.Send send, SmtpClientConnection over, ImmutableArray<int> recipients, ContentReader content, ReadOnlyMemory<byte> trace, CancellationToken token)
    {
        try
        {
            return await over.SendAsync(new OutgoingMessage
            {
                Envelope = send.Loaded.Envelope,
                Recipients = recipients,
                Trace = trace,
                Content = content,
                BeforeFinalDot = beforeFinalDot,
                GiveWay = giveWay,
            }, token).ConfigureAwait(false);
        }
        catch (ContentDamagedException)
        {
            return new TransactionResult(TransactionEnd.Lost, [], false, Damaged);
        }
        catch (SpoolUnavailableException)
        {
            // The connection was dropped before the final dot; who makes it ready again waits for the store.
            return new TransactionResult(TransactionEnd.Lost, [], false, Away);
        }
        catch (OperationCanceledException)
        {
            return new TransactionResult(TransactionEnd.Unknown, [], false, "stopped");
        }
    }

    // A reader is good for one reading.
    private async Task<ContentReader?> ContentAgainAsync(DeliveryCommands.Send send)
    {
        if (send.Loaded.Content.Inline is { } octets) return ContentReader.Of(octets);
        try
        {
            return await runtime.Spool.OpenContentAsync(send.Consignment.Id).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or ContentDamagedException or IOException)
        {
            return null;
        }
    }

    private bool MaySend(Consignment consignment, CancellationToken token) =>
        !token.IsCancellationRequested && consignment.Armed && IsOurs(consignment);

    // Owned, for all that the store can have told others meanwhile.
    private bool IsOurs(Consignment consignment) => runtime.Partitions.IsOwned(consignment.Epoch) && runtime.MaySend() && pressure.MaySend();

    private static ImmutableArray<int> CrowdedOut(TransactionResult result)
    {
        if (result.End is not TransactionEnd.Answered) return [];
        var taken = result.Replies.Any(r => r.IsPositive);
        return [.. Enumerable.Range(0, result.Replies.Length).Where(i => RecipientPolicy.IsCrowdedOut(result.Replies[i], taken))];
    }

    // Those before it did not answer when this connection was made.
    private ImmutableArray<HopTarget> Behind(HopTarget target)
    {
        var at = hosts.IndexOf(target);
        return at < 0 ? [] : hosts[(at + 1)..];
    }

    private static string Describe(ConnectResult result) => result switch
    {
        ConnectResult.Refused refused => refused.Reply.ToString(),
        ConnectResult.Failed failed => $"{failed.Phase}: {failed.Reason}",
        _ => "",
    };

    private const string Damaged = "the content is damaged";
    private const string Away = "the store went away before the end of the content";

    private void OnTransmitted(LinkEvents.Transmitted transmitted)
    {
        current = null;
        var (consignment, loaded) = (transmitted.Consignment, transmitted.Loaded);
        consignment.Loaded = null;
        Context.Parent.Tell(transmitted);
        if (transmitted.Result.Fault == Damaged)
        {
            loaded.Release();
            consignment.PutBack();
            consignment.TryWithdraw();
            consignment.Partition.Tell(new ContentLost(consignment, Damaged));
        }
        else if (transmitted.Answers.IsEmpty)
        {
            // It was not sent and needs no pause: straight back into the queue, still armed.
            loaded.Release();
            consignment.PutBack();
            Context.Parent.Tell(new LinkCommands.Enqueue(consignment));
        }
        else
        {
            consignment.Partition.Tell(new AttemptEnded(consignment, loaded, transmitted.Answers) { Numbers = numbers });
        }
    }

    private bool GivesWay()
    {
        chunks++;
        if (pressure.Waiting is not { } waiting || current is not { } running) return false;
        var sent = (long)chunks * ChunkSize;
        var seconds = runtime.Time.GetElapsedTime(started).TotalSeconds;
        return Preemption.GivesWay(
            new RunningTransfer(running.Precedence, Math.Max(0, running.Size - sent), seconds > 0 ? sent / seconds : 0), waiting, runtime.Now);
    }

    private sealed record Connected(SmtpClientConnection Connection) : ILocalMessage;
}
