using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Switching.Links;

/// <summary>Owns one connection to a next hop: one transaction at a time. Its end is its connection's end.</summary>
internal sealed class DeliveryActor : UntypedActor
{
    /// <summary>The client asks between chunks of this size.</summary>
    private const int ChunkSize = 256 << 10;

    /// <summary>After this many broken connections the next one counts as an attempt, with its pause.</summary>
    private const int ReturnsBeforeAttempt = 2;

    private readonly SwitchRuntime runtime;
    private readonly LinkPressure pressure;
    private readonly CancellationTokenSource stopping = new();
    private readonly Func<CancellationToken, ValueTask<bool>> beforeFinalDot;
    private readonly Func<bool> giveWay;
    private SmtpClientConnection? connection;
    private Consignment? current;
    private long started;
    private int chunks;

    public DeliveryActor(SwitchRuntime runtime, LinkPressure pressure)
    {
        this.runtime = runtime;
        this.pressure = pressure;
        beforeFinalDot = _ => new ValueTask<bool>(current is { Armed: true } consignment && runtime.Partitions.IsOwned(consignment.Epoch));
        giveWay = GivesWay;
    }

    public static Props Props(SwitchRuntime runtime, LinkPressure pressure) => Akka.Actor.Props.Create(typeof(DeliveryActor), runtime, pressure);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeliveryCommands.Connect connect:
                ConnectAsync(connect.Targets, connect.Settings, Self).PipeTo(Self, success: outcome => outcome);
                break;
            case Connected connected:
                connection = connected.Connection;
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
            case DeliveryCommands.Quit:
                Context.Stop(Self);
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
    }

    private static async Task QuitAsync(SmtpClientConnection connection)
    {
        await using (connection.ConfigureAwait(false))
        {
            await connection.QuitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<object> ConnectAsync(ImmutableArray<HopTarget> targets, LinkSettings settings, IActorRef self)
    {
        var fault = "no target";
        var token = stopping.Token;
        foreach (var target in targets.OrderBy(t => t.Preference))
        {
            try
            {
                switch (await SmtpClientConnection.ConnectAsync(target, settings, runtime.Transport, runtime.Time, token).ConfigureAwait(false))
                {
                    case ConnectResult.Connected connected when token.IsCancellationRequested:
                        await connected.Connection.DisposeAsync().ConfigureAwait(false);
                        return new LinkEvents.OpenFailed(self, "stopped");
                    case ConnectResult.Connected connected:
                        return new Connected(connected.Connection);
                    case ConnectResult.Refused refused:
                        fault = $"{target}: {refused.Reply}";
                        break;
                    case ConnectResult.Failed failed:
                        fault = $"{target}: {failed.Phase}: {failed.Reason}";
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
        started = runtime.Time.GetTimestamp();
        SendAsync(send, connection!, Self).PipeTo(Self, success: transmitted => transmitted);
    }

    private async Task<LinkEvents.Transmitted> SendAsync(DeliveryCommands.Send send, SmtpClientConnection over, IActorRef self)
    {
        TransactionResult result;
        try
        {
            result = await over.SendAsync(new OutgoingMessage
            {
                Envelope = send.Loaded.Envelope,
                Recipients = send.Consignment.Recipients,
                Trace = send.Loaded.Trace,
                Content = send.Loaded.Content,
                BeforeFinalDot = beforeFinalDot,
                GiveWay = giveWay,
            }, stopping.Token).ConfigureAwait(false);
        }
        catch (ContentDamagedException)
        {
            result = new TransactionResult(TransactionEnd.Lost, [], false, Damaged);
        }
        catch (OperationCanceledException)
        {
            result = new TransactionResult(TransactionEnd.Unknown, [], false, "stopped");
        }

        return new LinkEvents.Transmitted(self, send.Consignment, send.Loaded, result, over.Target.ToString());
    }

    private const string Damaged = "the content is damaged";

    private void OnTransmitted(LinkEvents.Transmitted transmitted)
    {
        current = null;
        var (consignment, loaded, result) = (transmitted.Consignment, transmitted.Loaded, transmitted.Result);
        consignment.Loaded = null;
        Context.Parent.Tell(transmitted);
        if (result.Fault == Damaged)
        {
            loaded.Release();
            consignment.PutBack();
            consignment.TryWithdraw();
            consignment.Partition.Tell(new ContentLost(consignment, Damaged));
            return;
        }

        switch (result.End)
        {
            case TransactionEnd.Answered:
                consignment.Partition.Tell(new AttemptEnded(
                    consignment, loaded, result.Replies, new HopOutcome(Reports: result.HopReports, DeadlineDropped: result.DeadlineDropped), transmitted.Target));
                break;
            case TransactionEnd.GaveWay:
                // It was not sent and needs no pause: straight back into the queue, still armed.
                loaded.Release();
                consignment.PutBack();
                Context.Parent.Tell(new LinkCommands.Enqueue(consignment));
                break;
            case TransactionEnd.Lost when consignment.Returns++ < ReturnsBeforeAttempt:
                // The hop does not have it, often because it closed an idle connection: straight onto another one.
                loaded.Release();
                consignment.PutBack();
                Context.Parent.Tell(new LinkCommands.Enqueue(consignment));
                break;
            default:
                consignment.Partition.Tell(new AttemptEnded(
                    consignment, loaded, OutcomePolicy.NoAnswers(consignment.Recipients.Length, result.Fault),
                    new HopOutcome(PossiblySent: result.End == TransactionEnd.Unknown), transmitted.Target));
                break;
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
