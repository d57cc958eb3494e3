using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Partitions;

/// <summary>
/// How a partition goes to another node: nothing new is taken, what waits for a link is withdrawn and what was armed ahead is
/// disarmed, transactions under way end and are recorded; then the epoch is given up, and the next owner needs to wait for
/// nothing. Urgent messages that wait for a link go on for a moment: their next node would begin by loading everything.
/// </summary>
internal sealed partial class PartitionActor
{
    private static readonly TimeSpan LeavePause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan UrgentGrace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Below what the region waits for a hand-over before it stops who has not ended, five seconds less than <c>handoff-timeout</c>: who is
    /// stopped gives nothing up. What lasts longer is a suspect at the next owner: late, never lost.
    /// </summary>
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(4.5);

    private static readonly TimeSpan ReleaseRetry = TimeSpan.FromSeconds(1);
    private const int MostReleases = 60;

    private long? leavingSince;
    private int disarming;
    private bool released;
    private bool given;

    private bool IsLeaving => leavingSince is not null;

    private void Leave()
    {
        if (IsLeaving) return;
        leavingSince = runtime.Time.GetTimestamp();
        if (runtime.Fence.IsCutOff)
        {
            Context.Stop(Self);
            return;
        }

        if (self is null)
        {
            // A claim under way may still succeed: its epoch is given up then, and nothing more is loaded.
            if (!claiming) Context.Stop(Self);
            else claim!.Abandon();
            return;
        }

        runtime.Partitions.Retire(epoch);
        runtime.Crossings.Forget(Self);
        Timers.Cancel("tick");
        Timers.StartPeriodicTimer("leave", PartitionCommands.LeaveOn.Instance, TimeSpan.Zero, LeavePause);
    }

    private void GiveUp(PartitionEpoch claimed)
    {
        claim = null;
        epoch = claimed;
        Release();
    }

    private void OnLeaveTick()
    {
        if (released) return;
        var waited = runtime.Time.GetElapsedTime(leavingSince!.Value);
        foreach (var entry in entries.Values)
        {
            foreach (var consignment in entry.Consignments)
            {
                if (consignment.Precedence.IsUrgent() && waited < UrgentGrace && consignment.Due is null) continue;
                if (consignment.TryWithdraw() && consignment is { Armed: true, Suspect: false }) Disarm(entry, consignment.Recipients);
            }
        }

        if (disarming > 0 || self!.IsAccepting || entries.Values.Any(UnderWay))
        {
            if (waited < LeaveLimit) return;
            LogLeftEarly(partition, entries.Values.Count(UnderWay));
        }

        Release();

        static bool UnderWay(MessageEntry entry) => entry.Busy || entry.Consignments.Any(c => c.IsTaken || (!c.IsWithdrawn && c.Precedence.IsUrgent()));
    }

    // What was armed ahead and not sent is no suspect: say so, or it would be marked by the next owner.
    private void Disarm(MessageEntry entry, ImmutableArray<int> recipients)
    {
        var changes = ImmutableArray.CreateBuilder<RecipientChange>(recipients.Length);
        foreach (var index in recipients) changes.Add(new RecipientChange(entry.Id, index, RecipientState.Queued, entry.Statuses[index].Attempts));
        disarming++;
        runtime.Spool.CommitAsync(new SpoolOperation(epoch) { Recipients = changes.MoveToImmutable() }, entry.Precedence).AsTask()
            .PipeTo(Self, success: _ => PartitionEvents.Disarmed.Instance, failure: _ => PartitionEvents.Disarmed.Instance);
    }

    private void Release()
    {
        released = true;
        // From here on another may own it: nothing of it may be sent any more.
        runtime.Partitions.Remove(epoch);
        runtime.Spool.ReleaseAsync(epoch).AsTask()
            .PipeTo(Self, success: () => PartitionEvents.Released.Instance, failure: cause => new Status.Failure(cause));
    }

    // Not of a node that was put out of the cluster: nobody may begin before its silence says that it sends nothing any more.
    private void GiveUpWhereItStands(PartitionEpoch owned)
    {
        var cluster = Akka.Cluster.Cluster.Get(Context.System);
        if (!cluster.IsTerminated && cluster.SelfMember.Status is not (MemberStatus.Down or MemberStatus.Removed)) _ = ReleaseSurelyAsync(owned);
    }

    // Until it is done, or this node has nothing to give any more.
    private async Task ReleaseSurelyAsync(PartitionEpoch owned)
    {
        for (var tries = 0; tries < MostReleases && !runtime.Fence.IsCutOff; tries++)
        {
            try
            {
                await runtime.Spool.ReleaseAsync(owned).ConfigureAwait(false);
                return;
            }
            catch (SpoolUnavailableException)
            {
                await Task.Delay(ReleaseRetry, runtime.Time).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is ObjectDisposedException or InvalidOperationException)
            {
                // The store is closed: so is this node.
                return;
            }
        }
    }

    /// <summary>What a claim that is not yet in the actor's hands has got. Whoever comes last, who claims or who abandons, sees the other. Thread-safe.</summary>
    private sealed class ClaimUnderWay
    {
        private readonly Lock gate = new();
        private PartitionEpoch? epoch;
        private bool abandoned;

        public bool IsAbandoned
        {
            get
            {
                lock (gate) return abandoned;
            }
        }

        public void Got(PartitionEpoch got)
        {
            lock (gate) epoch = got;
        }

        /// <summary>Nobody wants it any more. What it has got so far; to give that up twice does no harm.</summary>
        public PartitionEpoch? Abandon()
        {
            lock (gate)
            {
                abandoned = true;
                return epoch;
            }
        }
    }

    // While it leaves, only what has happened already is worked on.
    private bool RefusesWhileLeaving(object message)
    {
        switch (message)
        {
            case PartitionCommands.TakeOver accepted:
                if (accepted.Reserved is { } link)
                {
                    link.Gauge.Release();
                    accepted.Loaded!.Release();
                }

                var entry = Register(accepted.Id, accepted.Envelope, accepted.Size);
                entry.Statuses = accepted.Statuses;
                entry.DeadlineTicks = long.MaxValue;
                if (accepted.Reserved is not null) Disarm(entry, [.. Enumerable.Range(0, accepted.Statuses.Length).Where(i => accepted.Statuses[i].State is RecipientState.Queued)]);
                return true;
            case PartitionCommands.Act act:
                (act.Asker ?? Sender).Tell(new ActOutcome(act.Id, false, "its partition moves to another node; ask again") { Failure = ActFailure.Failed });
                return true;
            case PartitionCommands.Judge:
                Sender.Tell(new HoldingResult(HoldingOutcome.Failed, "its partition moves to another node; ask again"));
                return true;
            case PartitionCommands.Quiesce:
                Sender.Tell(new PartitionEvents.Quiet());
                return true;
            // The next owner finds out by itself what these are about.
            case PartitionCommands.Tick or PartitionCommands.Recall or CrossingDue or Misplaced or LabelDenied or RuleDecided or ProtectionImpossible:
                if (message is CrossingDue crossing) runtime.Crossings.End(crossing.Id);
                return true;
            default:
                return false;
        }
    }

    [LoggerMessage(3019, LogLevel.Warning, "Partition {Partition} is given up with {Messages} messages under way; what was being sent may come twice, and is marked")]
    private partial void LogLeftEarly(int partition, int messages);

    [LoggerMessage(3007, LogLevel.Warning, "Partition {Partition} could not be given up and is tried again; its next owner waits until then")]
    private partial void LogReleaseFailed(Exception cause, int partition);
}
