using System.Collections.Immutable;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Partitions;

/// <summary>
/// Owns one of the 64 partitions: its epoch, and the index of its pending messages. Each message's steps run one after the
/// other in a <see cref="MessageActor"/> that is the message's own while it is worked on. What the store says counts: a
/// fenced partition stops at once.
/// </summary>
internal sealed partial class PartitionActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ClaimRetry = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan ActPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan OrderPatience = TimeSpan.FromMinutes(1);

    /// <summary>How often an order that comes before its partition is loaded waits for <see cref="ClaimRetry"/>: half of what who asks has.</summary>
    private const int EarlyTries = 16;

    private const int ActWaits = 20;
    private const int CrashesToPark = 2;
    private const int MostIdle = 4;

    private readonly SwitchRuntime runtime;
    private readonly IActorRef reports;
    private readonly ILogger logger;
    private readonly int partition;
    private readonly Dictionary<MessageId, MessageEntry> entries = [];
    private readonly Dictionary<IActorRef, MessageEntry> workers = [];

    /// <summary>Workers without a message. Making and stopping one for each message costs a twentieth of all processor time.</summary>
    private readonly Stack<IActorRef> idle = new();
    private PartitionEpoch epoch;
    private OwnedPartition? self;
    private IActorRef? quietAsker;

    public PartitionActor(int partition, SwitchRuntime runtime, IActorRef reports)
    {
        this.partition = partition;
        this.runtime = runtime;
        this.reports = reports;
        logger = runtime.Loggers.CreateLogger<PartitionActor>();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(int partition, SwitchRuntime runtime, IActorRef reports) =>
        Akka.Actor.Props.Create(typeof(PartitionActor), partition, runtime, reports);

    protected override void PreStart() => Claim();

    protected override void PostStop()
    {
        runtime.Partitions.Remove(epoch);
        CountLoaded();
        runtime.Crossings.Forget(Self);
        runtime.Partitions.CountPending(-entries.Count);
        runtime.Partitions.Snapshots[partition] = PartitionSnapshot.Empty;
        foreach (var entry in entries.Values)
        {
            foreach (var consignment in entry.Consignments) consignment.TryWithdraw();
        }

        // Who is stopped in the middle of it gives up what it has all the same: as long as this node lives, nobody else gets it otherwise.
        // Last: no link may take anything of it from here on.
        if (claim?.Abandon() is { } got) GiveUpWhereItStands(got);
        else if ((self is not null || released) && !given) GiveUpWhereItStands(epoch);
    }

    // A message whose processing throws is tried once more and then parked: it must never take its neighbours along.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PartitionEvents.Claimed claimed:
                claiming = false;
                if (IsLeaving) GiveUp(claimed.Epoch);
                else Own(claimed);
                break;
            case PartitionEvents.OwnedElsewhere or PartitionEvents.ClaimFailed when IsLeaving:
                Context.Stop(Self);
                break;
            case PartitionEvents.OwnedElsewhere:
                claiming = false;
                Timers.StartSingleTimer("claim", new PartitionPing(partition), ClaimRetry);
                break;
            case PartitionEvents.ClaimFailed failed:
                claiming = false;
                LogClaimFailed(failed.Cause, partition);
                Timers.StartSingleTimer("claim", new PartitionPing(partition), ClaimRetry);
                break;
            case PartitionPing when self is null && !IsLeaving && Timers.IsTimerActive("claim") is false && claiming is false:
                Claim();
                break;
            case PartitionPing:
                break;
            case PartitionCommands.Stop:
                Leave();
                break;
            case PartitionCommands.LeaveOn:
                OnLeaveTick();
                break;
            case PartitionEvents.Disarmed:
                disarming--;
                break;
            case PartitionEvents.Released:
                given = true;
                Context.Stop(Self);
                break;
            case Status.Failure failure when released:
                LogReleaseFailed(failure.Cause, partition);
                Context.Stop(Self);
                break;
            case IOwnerOrder order:
                OnOrder(order);
                break;
            case PartitionCommands.EarlyOrder early:
                OnOrder(early.Order, early.Tries);
                break;
            case ArrivalRead read:
                OnArrivalRead(read);
                break;
            default:
                if (self is null) Unhandled(message);
                else if (!IsLeaving || !RefusesWhileLeaving(message)) Work(message);
                break;
        }
    }

    private bool claiming;
    private bool counted;
    private ClaimUnderWay? claim;

    private void Claim()
    {
        claiming = true;
        if (!counted)
        {
            counted = true;
            runtime.Partitions.CountClaiming(1);
        }

        claim = new ClaimUnderWay();
        ClaimAndLoadAsync(runtime.Spool, partition, runtime.Identity, claim)
            .PipeTo(Self, success: claimed => claimed ?? (object)PartitionEvents.OwnedElsewhere.Instance, failure: cause => new PartitionEvents.ClaimFailed(cause));
    }

    // Null: another node has it still, and lives; or nobody wants it here any more, and it was given up.
    private static async Task<PartitionEvents.Claimed?> ClaimAndLoadAsync(ISpool spool, int partition, NodeIdentity owner, ClaimUnderWay claim)
    {
        if (await spool.TryClaimAsync(partition, owner).ConfigureAwait(false) is not { } epoch) return null;
        claim.Got(epoch);
        var pending = ImmutableArray.CreateBuilder<PendingMessage>();
        await foreach (var message in spool.LoadPendingAsync(epoch).ConfigureAwait(false))
        {
            // With a million waiting it takes longer than a region waits for a hand-over.
            if (claim.IsAbandoned) break;
            pending.Add(message);
        }

        if (claim.IsAbandoned)
        {
            await spool.ReleaseAsync(epoch).ConfigureAwait(false);
            return null;
        }

        var reroutes = ImmutableDictionary.CreateBuilder<long, string>();
        foreach (var document in await spool.ListDocumentsAsync(MessageSteps.RerouteDocument).ConfigureAwait(false))
        {
            if (MessageId.TryParse(document.Id, out var id) && id.Partition == partition) reroutes[id.Value] = document.Json;
        }

        // A crash between a message's end and the removal of its reroute leaves the latter behind.
        if (reroutes.Count > 0)
        {
            var known = pending.Select(m => m.Id.Value).ToHashSet();
            await MessageSteps.ForgetReroutesAsync(spool, reroutes.Keys.Where(id => !known.Contains(id)).Select(id => new MessageId(id))).ConfigureAwait(false);
        }

        return new PartitionEvents.Claimed(epoch, pending.ToImmutable(), reroutes.ToImmutable());
    }

    private void Own(PartitionEvents.Claimed claimed)
    {
        claim = null;
        epoch = claimed.Epoch;
        self = new OwnedPartition(epoch, Self);
        // Links at work begin with what they are told at once, and would not believe it.
        runtime.Partitions.Own(epoch);
        var suspects = 0;
        foreach (var message in claimed.Pending)
        {
            var entry = Register(message.Id, message.Envelope, message.Size);
            entry.State = message.State;
            entry.Reroute = claimed.Reroutes.GetValueOrDefault(message.Id.Value);
            var statuses = new RecipientStatus[message.Envelope.Recipients.Length];
            Array.Fill(statuses, RecipientStatus.Initial(RecipientState.Delivered));
            foreach (var recipient in message.Recipients)
            {
                statuses[recipient.Index] = new RecipientStatus(recipient.State, recipient.Attempts, recipient.Due, recipient.Warned);
                if (recipient.State.IsSuspect()) suspects++;
            }

            entry.Statuses = ImmutableArray.Create(statuses);
            entry.IsUnprofiled = MessageSteps.IsUnprofiled(runtime, message.Envelope, entry.Statuses);
            SetDeadline(entry, MessageSteps.NextDeadline(runtime, message.Envelope, entry.Statuses, entry.Reroute));
            if (entry.State == MessageState.Binned) entry.DeadlineTicks = (runtime.Now + MessageSteps.BinTime).UtcTicks;
            if (entry.State != MessageState.Queued) continue;
            // The envelope is at hand now: planning here saves reading it again, and needs no actor for each of a million.
            var step = MessageSteps.Plan(runtime, self, entry.Id, message.Envelope, entry.Statuses, entry.Size, null, entry.Reroute);
            entry.Consignments = step.Consignments;
            if (step.Unroutable.Length > 0) StartStep(entry, new MessageActor.HoldUnroutable(step.Unroutable));
        }

        if (suspects > 0)
        {
            runtime.Meters.CountSuspected(suspects);
            LogSuspects(partition, suspects);
        }

        runtime.Partitions.Add(self);
        CountLoaded();
        TakeSnapshot();
        Timers.StartPeriodicTimer("tick", PartitionCommands.Tick.Instance, TickInterval);
        LogOwned(partition, epoch.Epoch, entries.Count);
    }

    private void CountLoaded()
    {
        if (!counted) return;
        counted = false;
        runtime.Partitions.CountClaiming(-1);
    }

    private void Work(object message)
    {
        switch (message)
        {
            case PartitionCommands.TakeOver accepted:
                OnAccepted(accepted);
                break;
            case AttemptEnded attempt:
                if (entries.TryGetValue(attempt.Consignment.Id, out var entry)) StartStep(entry, attempt);
                else attempt.Loaded.Release();
                break;
            case PartitionEvents.StepDone done:
                OnStepDone(done);
                break;
            case PartitionEvents.StepFailed failed:
                OnStepFailed(failed);
                break;
            case PartitionCommands.Tick:
                OnTick();
                break;
            case PartitionCommands.Act act:
                OnAct(act);
                break;
            case PartitionCommands.Judge judge:
                if (entries.TryGetValue(judge.Id, out var judged)) StartStep(judged, new MessageActor.Judge(judge, Sender));
                else Sender.Tell(new HoldingResult(HoldingOutcome.Conflict, "not pending"));
                break;
            case PartitionCommands.GetHeld held:
                Sender.Tell(new PartitionEvents.Held([.. HeldPlaces(held.After).Order().Take(held.Limit)]));
                break;
            case PartitionCommands.Recall:
                OnRecall();
                break;
            case IMessageStep step:
                if (entries.TryGetValue(step.Id, out var about)) StartStep(about, step);
                else if (step is CrossingDue) runtime.Crossings.End(step.Id);
                break;
            case Terminated terminated:
                OnWorkerDied(terminated.ActorRef);
                break;
            case PartitionCommands.Quiesce:
                quietAsker = Sender;
                AnswerWhenQuiet();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // An order from another node takes the way of one from here; its answer is put into words that may travel.
    private void OnOrder(IOwnerOrder order, int tries = 0)
    {
        const string NotYet = "its partition is being taken over; ask again";
        switch (order)
        {
            case ActOrder or JudgeOrder when self is null && !IsLeaving && tries < EarlyTries:
                Context.System.Scheduler.ScheduleTellOnce(ClaimRetry, Self, new PartitionCommands.EarlyOrder(order, tries + 1), Sender);
                break;
            case ActOrder act when self is null:
                Sender.Tell(new ActAnswer(false, NotYet, ActFailure.Failed));
                break;
            case ActOrder act:
                Self.Ask<ActOutcome>(act.ToCommand(), OrderPatience).PipeTo(
                    Sender, success: ActAnswer.Of, failure: fault => new ActAnswer(false, ReasonOf(fault), ActFailure.Failed));
                break;
            case JudgeOrder judge when self is null:
                Sender.Tell(JudgeAnswer.Of(new HoldingResult(HoldingOutcome.Failed, NotYet)));
                break;
            case JudgeOrder judge when judge.TryToCommand() is null:
                Sender.Tell(JudgeAnswer.Of(new HoldingResult(HoldingOutcome.Refused, "the owner of the message does not understand the order; it may be of another version")));
                break;
            case JudgeOrder judge:
                Self.Ask<HoldingResult>(judge.TryToCommand(), OrderPatience).PipeTo(
                    Sender, success: JudgeAnswer.Of, failure: fault => JudgeAnswer.Of(new HoldingResult(HoldingOutcome.Failed, ReasonOf(fault))));
                break;
            case ArrivedOrder arrived:
                OnArrived(new MessageId(arrived.Message));
                break;
            case HeldOrder early when self is null:
                // It is being loaded: an answer of now would be that nothing is held.
                Context.System.Scheduler.ScheduleTellOnce(ClaimRetry, Self, early, Sender);
                break;
            case NoteOrder early when self is null:
                Timers.StartSingleTimer(early, early, ClaimRetry);
                break;
            case NoteOrder noted:
                if (noted.ToCommand() is { } note) runtime.Acknowledgments.Actor.Tell(note);
                break;
            case HeldOrder held:
                Sender.Tell(new HeldAnswer([.. HeldPlaces(held.After?.ToPlace()).Order().Take(held.Limit).Select(HeldPosition.Of)]));
                break;
        }

        static string ReasonOf(Exception fault) => (fault is AggregateException { InnerException: { } inner } ? inner : fault) switch
        {
            SpoolUnavailableException refusal => refusal.Reason,
            _ => "no answer in time; look what became of it before asking again",
        };
    }

    private void OnAccepted(PartitionCommands.TakeOver accepted)
    {
        if (accepted.Reserved is { } link && !runtime.Rules.IsEmpty)
        {
            // The rule came while it was being accepted: it takes the way on which rules are asked.
            link.Gauge.Release();
            accepted.Loaded!.Release();
            accepted = accepted with { Loaded = null, Reserved = null };
        }

        var entry = Register(accepted.Id, accepted.Envelope, accepted.Size);
        entry.Statuses = accepted.Statuses;
        SetDeadline(entry, MessageSteps.NextDeadline(runtime, accepted.Envelope, entry.Statuses, null));
        PartitionEvents.StepDone routed;
        try
        {
            // It was committed when it was accepted, and planning waits for nothing: no actor of its own is needed yet.
            routed = MessageSteps.Route(runtime, self!, accepted);
        }
        catch (Exception fault)
        {
            LogStepFailed(fault, accepted.Id);
            OnCrash(entry);
            return;
        }

        OnStepDone(routed);
    }

    private MessageEntry Register(MessageId id, Envelope envelope, long size)
    {
        var entry = new MessageEntry(id, envelope.Precedence, envelope.ArrivedAt.UtcTicks, size);
        entries[id] = entry;
        runtime.Partitions.CountPending(1);
        return entry;
    }

    // Steps of one message run one after the other; those of different messages side by side.
    private void StartStep(MessageEntry entry, object step)
    {
        if (entry.Busy)
        {
            (entry.Waiting ??= new Queue<object>()).Enqueue(step);
            return;
        }

        // These plan whatever is open anew. What a step before them left waiting would be sent beside it.
        if (step is MessageActor.Resume or Misplaced or MessageActor.Deadline or MessageActor.Operate or MessageActor.Park or LabelDenied or RuleDecided { Verdict.Kind: RuleKind.Reroute })
            WithdrawAll(entry);
        entry.Busy = true;
        if (entry.Worker is null)
        {
            if (!idle.TryPop(out var worker)) worker = Context.Watch(Context.ActorOf(MessageActor.Props(runtime, self!, reports)));
            entry.Worker = worker;
            workers[worker] = entry;
        }

        entry.Worker.Tell(new MessageActor.Step(entry.Id, entry.Size, entry.State, entry.Statuses, InFlight(entry), entry.Reroute, step));
    }

    private static ImmutableArray<int> InFlight(MessageEntry entry)
    {
        var inFlight = ImmutableArray<int>.Empty;
        foreach (var consignment in entry.Consignments)
        {
            if (consignment.IsTaken) inFlight = inFlight.AddRange(consignment.Recipients);
        }

        return inFlight;
    }

    private void OnStepDone(PartitionEvents.StepDone done)
    {
        if (done.Fenced)
        {
            OnFenced();
            return;
        }

        foreach (var spawned in done.Spawned) OnAccepted(spawned);
        if (!entries.TryGetValue(done.Id, out var entry)) return;
        entry.Busy = false;
        entry.Refusal = null;
        entry.Statuses = done.Statuses;
        entry.State = done.State;
        entry.Reroute = done.Reroute ?? entry.Reroute;
        entry.IsUnprofiled = done.IsUnprofiled ?? entry.IsUnprofiled;
        entry.Consignments = [.. entry.Consignments.Where(IsOpen), .. done.Consignments];
        if (done.NextDeadline is not null) SetDeadline(entry, done.NextDeadline);
        if (entry.Waiting is { Count: > 0 } waiting)
        {
            StartStep(entry, waiting.Dequeue());
            return;
        }

        if (entry.State == MessageState.Done)
        {
            entries.Remove(entry.Id);
            runtime.Partitions.CountPending(-1);
            Dismiss(entry);
        }
        else if (!entry.Consignments.Any(c => c.Armed))
        {
            // It waits now, perhaps for days: only the index entry stays.
            Dismiss(entry);
        }

        AnswerWhenQuiet();

        bool IsOpen(Consignment consignment)
        {
            if (consignment.IsWithdrawn) return false;
            foreach (var index in consignment.Recipients)
            {
                if (!done.Statuses[index].State.IsFinal() && !IsIn(done.Consignments, index)) return true;
            }

            return false;
        }

        static bool IsIn(ImmutableArray<Consignment> consignments, int index)
        {
            foreach (var consignment in consignments)
            {
                if (consignment.Recipients.Contains(index)) return true;
            }

            return false;
        }
    }

    // While it leaves, its next owner may have been faster. At any other time somebody took this node for dead: what it
    // thinks it knows is not to be trusted, and it starts afresh.
    private void OnFenced()
    {
        LogFenced(partition, epoch.Epoch);
        if (!IsLeaving) runtime.Fence.Trip(partition);
        Context.Stop(Self);
    }

    private void Dismiss(MessageEntry entry)
    {
        if (entry.Worker is null) return;
        workers.Remove(entry.Worker);
        if (idle.Count < MostIdle) idle.Push(entry.Worker);
        else Context.Stop(Context.Unwatch(entry.Worker));
        entry.Worker = null;
    }

    // The store was away: the step is repeated, because its cause (a reply of a peer, a deadline) must not be forgotten.
    private void OnStepFailed(PartitionEvents.StepFailed failed)
    {
        LogStepFailed(failed.Cause, failed.Id);
        if (!entries.TryGetValue(failed.Id, out var entry)) return;
        entry.Busy = false;
        // The person who waits decides anew.
        if (failed.Step is MessageActor.Judge judge) judge.Asker.Tell(new Status.Failure(failed.Cause));
        if (failed is { Step: MessageActor.Judge, Cause: not SpoolUnavailableException })
        {
            StartStep(entry, new MessageActor.Resume());
            return;
        }

        if (failed.Cause is not SpoolUnavailableException)
        {
            if (failed.Step is AttemptEnded attempt)
            {
                attempt.Loaded.Release();
                // It is over with that transaction, or nobody could plan its recipients anew.
                attempt.Consignment.PutBack();
                attempt.Consignment.TryWithdraw();
                // What the hop said is lost, and it may have the message: in memory, armed says so.
                foreach (var index in attempt.Consignment.Recipients)
                    entry.Statuses = entry.Statuses.SetItem(index, entry.Statuses[index] with { State = RecipientState.Armed });
            }

            OnCrash(entry);
            return;
        }

        object[] again = [failed.Step];
        if (failed.Step is MessageActor.Judge) again = [new MessageActor.Resume()];
        if (failed.Step is MessageActor.Operate operate)
        {
            // A person waits for this one and decides anew, so it must not be done behind their back; what it stopped goes on.
            operate.Asker.Tell(new Status.Failure(failed.Cause));
            again = operate.Act.Order.Verb == MessageVerb.Reroute ? [new MessageActor.Resume(), new MessageActor.UndoReroute()] : [new MessageActor.Resume()];
        }

        var waiting = entry.Waiting ?? new Queue<object>();
        entry.Waiting = new Queue<object>([.. again, .. waiting]);
        entry.Refusal = (SpoolUnavailableException)failed.Cause;
        retryLater.Add(entry);
    }

    private readonly List<MessageEntry> retryLater = [];

    private void OnWorkerDied(IActorRef worker)
    {
        if (!workers.Remove(worker, out var entry)) return;
        entry.Worker = null;
        entry.Busy = false;
        OnCrash(entry);
    }

    private void OnCrash(MessageEntry entry)
    {
        entry.Crashes++;
        LogWorkerDied(entry.Id, entry.Crashes);
        if (entry.Crashes == CrashesToPark) runtime.CountParked();
        var step = entry.Crashes >= CrashesToPark ? new MessageActor.Park("its processing failed twice") : (object)new MessageActor.Resume();
        if (entry.Crashes <= CrashesToPark)
        {
            StartStep(entry, step);
            return;
        }

        // Not even holding it works: again and again, but not in a circle.
        entry.Waiting = new Queue<object>([step, .. entry.Waiting ?? new Queue<object>()]);
        retryLater.Add(entry);
    }

    private void OnTick()
    {
        foreach (var entry in retryLater)
        {
            if (!entry.Busy && entry.Waiting is { Count: > 0 } waiting) StartStep(entry, waiting.Dequeue());
        }

        retryLater.Clear();
        var now = runtime.Now.UtcTicks;
        foreach (var entry in entries.Values)
        {
            if (entry.DeadlineTicks > now || entry.Busy) continue;
            entry.DeadlineTicks = long.MaxValue;
            (due ??= []).Add(entry);
        }

        if (due is not null)
        {
            foreach (var entry in due)
            {
                StartStep(entry, new MessageActor.Deadline());
            }

            due = null;
        }

        TakeSnapshot();
    }

    private List<MessageEntry>? due;

    private static void WithdrawAll(MessageEntry entry)
    {
        foreach (var consignment in entry.Consignments) consignment.TryWithdraw();
    }

    private void OnRecall()
    {
        foreach (var entry in entries.Values)
        {
            // Armed: it was judged already. One that is being sent at this moment can't be withdrawn and is finished. What a
            // step under way hands to the links may be armed and was perhaps judged by the rules before these.
            if (entry.Busy || entry.Consignments.Any(c => c.Armed && c.TryWithdraw())) StartStep(entry, new MessageActor.Resume());
        }
    }

    private void OnAct(PartitionCommands.Act act)
    {
        var asker = act.Asker ?? Sender;
        if (!entries.TryGetValue(act.Id, out var entry))
        {
            asker.Tell(new ActOutcome(act.Id, false, "not pending") { Failure = ActFailure.Conflict });
            return;
        }

        WithdrawAll(entry);
        if (entry.Refusal is { } refusal && entry.Consignments.Any(c => c.IsTaken))
        {
            // Not even what has become of it already could be written.
            asker.Tell(new Status.Failure(refusal));
            return;
        }

        if (act.Waits < ActWaits && (entry.Busy || entry.Consignments.Any(c => c.IsTaken)))
        {
            // It is being routed, loaded or sent at this moment; most often that is over in an instant, one way or the other.
            Timers.StartSingleTimer((act.Id, asker), act with { Asker = asker, Waits = act.Waits + 1 }, ActPause);
            return;
        }

        StartStep(entry, new MessageActor.Operate(act, asker));
    }

    private IEnumerable<HeldPlace> HeldPlaces(HeldPlace? after)
    {
        foreach (var entry in entries.Values)
        {
            if (entry.State == MessageState.Binned || !entry.Statuses.Any(s => s.State.IsHeld())) continue;
            var place = new HeldPlace(entry.Precedence, entry.AcceptedTicks, entry.Id);
            if (after is not { } from || place.CompareTo(from) > 0) yield return place;
        }
    }

    private static void SetDeadline(MessageEntry entry, DateTimeOffset? at) => entry.DeadlineTicks = at?.UtcTicks ?? long.MaxValue;

    private void TakeSnapshot()
    {
        var queued = new int[PrecedenceExtensions.Count];
        var oldest = new long[PrecedenceExtensions.Count];
        Array.Fill(oldest, long.MaxValue);
        var (unprofiled, waiting) = ((long[])oldest.Clone(), (long[])oldest.Clone());
        var held = 0;
        foreach (var entry in entries.Values)
        {
            if (entry is { IsUnprofiled: true, State: MessageState.Queued or MessageState.Held }) unprofiled[(int)entry.Precedence] = Math.Min(unprofiled[(int)entry.Precedence], entry.AcceptedTicks);
            // Of several recipients some may be held while others go.
            if (!entry.IsUnprofiled && (entry.State is MessageState.Held || (entry is { State: MessageState.Queued, Statuses.Length: > 1 } && entry.Statuses.Any(s => s.State.IsHeld()))))
                waiting[(int)entry.Precedence] = Math.Min(waiting[(int)entry.Precedence], entry.AcceptedTicks);
            if (entry.State != MessageState.Queued)
            {
                if (entry.State == MessageState.Held) held++;
                continue;
            }

            var level = (int)entry.Precedence;
            queued[level]++;
            if (entry.AcceptedTicks < oldest[level]) oldest[level] = entry.AcceptedTicks;
        }

        runtime.Partitions.Snapshots[partition] = new PartitionSnapshot(
            ImmutableArray.Create(queued),
            Times(oldest), held) { OldestUnprofiled = Times(unprofiled), OldestHeld = Times(waiting) };

        static ImmutableArray<DateTimeOffset?> Times(long[] ticks) => [.. ticks.Select(t => t == long.MaxValue ? (DateTimeOffset?)null : new DateTimeOffset(t, TimeSpan.Zero))];
    }

    private void AnswerWhenQuiet()
    {
        if (quietAsker is null || entries.Values.Any(e => e.Busy)) return;
        quietAsker.Tell(new PartitionEvents.Quiet());
        quietAsker = null;
    }

    [LoggerMessage(3001, LogLevel.Debug, "Partition {Partition} is owned with epoch {Epoch}; {Pending} messages pending")]
    private partial void LogOwned(int partition, long epoch, int pending);

    [LoggerMessage(3002, LogLevel.Warning, "Partition {Partition} could not be claimed; trying again")]
    private partial void LogClaimFailed(Exception cause, int partition);

    [LoggerMessage(3003, LogLevel.Warning, "Partition {Partition}: {Suspects} recipients may have been sent before the restart and are sent again, marked")]
    private partial void LogSuspects(int partition, int suspects);

    [LoggerMessage(3004, LogLevel.Error, "Partition {Partition} has another owner by now (epoch {Epoch} is old); it stops here")]
    private partial void LogFenced(int partition, long epoch);

    [LoggerMessage(3005, LogLevel.Warning, "A step of {MessageId} could not be recorded; it is repeated")]
    private partial void LogStepFailed(Exception cause, MessageId messageId);

    [LoggerMessage(3006, LogLevel.Error, "The processing of {MessageId} failed ({Crashes} times)")]
    private partial void LogWorkerDied(MessageId messageId, int crashes);
}
