using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Mime;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Reports;

namespace MilSwitch.Switching.Partitions;

/// <summary>
/// The steps of a message's life: ask a pure function what is to be done, commit it, then do it. Whatever a step needs comes
/// in with it and whatever it changed goes out with its end, so that steps of different messages share nothing.
/// </summary>
internal static partial class MessageSteps
{
    /// <summary>Kind of the documents that remember which link an operator chose for a message.</summary>
    public const string RerouteDocument = "reroute";

    /// <summary>How long a deleted message can be restored.</summary>
    public static readonly TimeSpan BinTime = TimeSpan.FromHours(24);

    private static readonly Reply ReturnedByOperator = new(554, new EnhancedStatusCode(5, 7, 0), "returned by the operator");
    private static readonly Reply ReturnedByRule = new(554, new EnhancedStatusCode(5, 7, 0), "returned by order");

    /// <summary>A message that was just accepted goes to its links.</summary>
    public static PartitionEvents.StepDone Route(SwitchRuntime runtime, OwnedPartition partition, PartitionCommands.TakeOver accepted)
    {
        var plan = Plan(runtime, partition, accepted.Id, accepted.Envelope, accepted.Statuses, accepted.Size, accepted, null);
        if (plan.Unroutable.Length > 0) partition.Actor.Tell(new ContentLost(Placeholder(accepted, partition, plan.Unroutable), "no route"));
        var held = accepted.Statuses.All(s => s.State.IsHeld() || s.State.IsFinal());
        return new PartitionEvents.StepDone(accepted.Id, accepted.Statuses, held ? MessageState.Held : MessageState.Queued, plan.Consignments, null, [], false);
    }

    /// <summary>Divides open recipients over links and tells the links.</summary>
    /// <param name="runtime">The node.</param>
    /// <param name="partition">The message's partition.</param>
    /// <param name="id">The message.</param>
    /// <param name="envelope">Its envelope.</param>
    /// <param name="statuses">By recipient index.</param>
    /// <param name="size">Octets.</param>
    /// <param name="accepted">Set when it was accepted a moment ago and may still be in memory.</param>
    /// <param name="reroute">The link an operator chose, or null.</param>
    /// <param name="only">Plan for these recipients alone; null: for all that are open.</param>
    public static (ImmutableArray<Consignment> Consignments, ImmutableArray<int> Unroutable) Plan(
        SwitchRuntime runtime, OwnedPartition partition, MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> statuses, long size,
        PartitionCommands.TakeOver? accepted, string? reroute, IReadOnlyList<int>? only = null)
    {
        var routes = runtime.Configuration.Routes;
        var find = Finder(runtime, envelope, reroute);
        IEnumerable<int> which = only ?? Enumerable.Range(0, statuses.Length);
        // Before their labels are judged: beyond the boundary they have others.
        if (!runtime.Configuration.Boundaries.IsEmpty || runtime.Configuration.HasDistributors || !runtime.Configuration.Releases.IsEmpty)
        {
            var (here, across) = Divide(runtime, envelope, statuses, which, find);
            if (across) runtime.Crossings.Add(id, envelope.Precedence, envelope.ArrivedAt.UtcTicks, partition.Actor);
            which = here;
        }

        if (routes.AsksForLabels)
        {
            var (permitted, denied) = Judge(envelope, statuses, which, find);
            if (denied.Length > 0) partition.Actor.Tell(new LabelDenied(id));
            which = permitted;
        }

        var plan = DeliveryPlan.Make(envelope, statuses, which, find);
        var consignments = ImmutableArray.CreateBuilder<Consignment>(plan.Consignments.Length);
        foreach (var planned in plan.Consignments)
        {
            var handle = runtime.Links.For(planned.Link);
            var straight = accepted?.Reserved is not null && plan.Consignments.Length is 1;
            var suspect = statuses[planned.Recipients[0]].State == RecipientState.Armed && !straight;
            var consignment = new Consignment
            {
                Id = id, Epoch = partition.Epoch, Partition = partition.Actor, Recipients = planned.Recipients, Precedence = planned.Precedence,
                Sequence = envelope.ArrivedAt.UtcTicks, Size = size, Due = planned.Due, Suspect = suspect, Armed = straight || suspect, Reserved = straight,
                Loaded = straight ? accepted!.Loaded : null, PlannedBy = routes,
            };
            consignments.Add(consignment);
            handle.Actor.Tell(new LinkCommands.Enqueue(consignment));
        }

        return (consignments.MoveToImmutable(), plan.Unroutable);
    }

    /// <summary>The link that a recipient's copy takes; null: none.</summary>
    private static Func<Recipient, LinkSettings?> Finder(SwitchRuntime runtime, Envelope envelope, string? reroute)
    {
        var routes = runtime.Configuration.Routes;
        var chosen = reroute is null ? null : routes.Routes.Select(r => r.Link).FirstOrDefault(l => l is not null && l.Name.Value == reroute);
        if (!routes.AsksForFields) return recipient => (chosen ?? routes.Find(recipient.Address))?.For(envelope);
        var facts = MilitaryEnvelope.Facts(envelope);
        return recipient => (chosen ?? routes.Find(recipient.Address, recipient.Precedence, facts))?.For(envelope);
    }

    private static (ImmutableArray<int> Permitted, ImmutableArray<int> Denied) Judge(
        Envelope envelope, ImmutableArray<RecipientStatus> statuses, IEnumerable<int> which, Func<Recipient, LinkSettings?> find)
    {
        var permitted = ImmutableArray.CreateBuilder<int>();
        var denied = ImmutableArray.CreateBuilder<int>();
        foreach (var index in which)
        {
            var recipient = envelope.Recipients[index];
            var goes = statuses[index].State is not (RecipientState.Queued or RecipientState.Armed)
                || find(recipient)?.Labels is not { } labels || labels.Judge(envelope.Label, recipient.Address).Goes;
            (goes ? permitted : denied).Add(index);
        }

        return (permitted.DrainToImmutable(), denied.DrainToImmutable());
    }

    // Names of spans: few, and the same on all nodes.
    private static string NameOf(object what) => what switch
    {
        AttemptEnded => "outcome",
        MessageActor.Deadline => "deadline",
        MessageActor.Resume or Misplaced => "resume",
        MessageActor.Operate or MessageActor.Judge => "order",
        _ => "step",
    };

    /// <summary>Every other step. Throws <see cref="SpoolUnavailableException"/> when it could not be recorded; nothing was done then.</summary>
    public static async Task<PartitionEvents.StepDone> RunAsync(SwitchRuntime runtime, OwnedPartition partition, IActorRef reports, MessageActor.Step step)
    {
        var run = new Run(runtime, partition, reports, step);
        using var span = runtime.Traces.Begin(NameOf(step.What), step.Id);
        return step.What switch
        {
            AttemptEnded attempt => await run.AttemptAsync(attempt).ConfigureAwait(false),
            MessageActor.Deadline => await run.DeadlineAsync().ConfigureAwait(false),
            MessageActor.Resume or Misplaced => await run.ResumeAsync().ConfigureAwait(false),
            MessageActor.UndoReroute => await run.UndoRerouteAsync().ConfigureAwait(false),
            MessageActor.Park park => await run.HoldAsync(run.Open, park.Reason, AuditKind.Held).ConfigureAwait(false),
            MessageActor.HoldUnroutable unroutable => await run.HoldAsync(unroutable.Recipients, "no route", AuditKind.Held).ConfigureAwait(false),
            ContentLost lost => await run.HoldAsync(lost.Consignment.Recipients, lost.Reason, lost.Reason == "no route" || OutOfDate.Is(lost.Reason) ? AuditKind.Held : AuditKind.Damaged)
                .ConfigureAwait(false),
            ProtectionImpossible impossible => await run.HoldUnprotectedAsync(impossible).ConfigureAwait(false),
            LabelDenied => await run.DenyAsync().ConfigureAwait(false),
            CrossingDue => await run.CrossAsync().ConfigureAwait(false),
            RuleDecided decided => await run.RuleAsync(decided).ConfigureAwait(false),
            MessageActor.Operate operate => await run.OperateAsync(operate).ConfigureAwait(false),
            MessageActor.Judge judge => await run.JudgeAsync(judge).ConfigureAwait(false),
            _ => throw new InvalidOperationException($"{step.What.GetType().Name} is not a step."),
        };
    }

    /// <summary>
    /// Removes what was remembered about messages that are no longer pending. A message whose record can't be read keeps it:
    /// it may be repaired.
    /// </summary>
    public static async Task ForgetReroutesAsync(ISpool spool, IEnumerable<MessageId> ids)
    {
        foreach (var id in ids)
        {
            try
            {
                if (await spool.ReadAsync(id).ConfigureAwait(false) is null or { State: MessageState.Done }) await ForgetRerouteAsync(spool, id).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is ContentDamagedException or SpoolUnavailableException)
            {
                // The next start asks again.
            }
        }
    }

    private static async Task ForgetRerouteAsync(ISpool spool, MessageId id)
    {
        try
        {
            await spool.RemoveDocumentAsync(RerouteDocument, id.ToString()).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException)
        {
            // What is left over is removed when the partition is loaded again.
        }
    }

    private static Consignment Placeholder(PartitionCommands.TakeOver accepted, OwnedPartition partition, ImmutableArray<int> recipients) => new()
    {
        Id = accepted.Id, Epoch = partition.Epoch, Partition = partition.Actor, Recipients = recipients, Precedence = accepted.Envelope.Precedence,
        Sequence = 0, Size = accepted.Size,
    };

    private sealed partial class Run(SwitchRuntime runtime, OwnedPartition partition, IActorRef reports, MessageActor.Step step)
    {
        private DateTimeOffset Now { get; } = runtime.Now;

        /// <summary>Recipients that are neither final nor part of a transaction under way.</summary>
        public IEnumerable<int> Open =>
            Enumerable.Range(0, step.Statuses.Length).Where(i => !step.Statuses[i].State.IsFinal() && !step.InFlight.Contains(i));

        public async Task<PartitionEvents.StepDone> AttemptAsync(AttemptEnded attempt)
        {
            var envelope = attempt.Loaded.Envelope;
            var plan = OutcomePolicy.AfterAttempt(
                step.Id, envelope, step.Statuses, attempt.Consignment.Recipients, attempt.Answers,
                runtime.Configuration.Precedences, Now);
            if (!attempt.Numbers.IsEmpty) plan = plan with { Audit = [.. attempt.Numbers.Select(n => new AuditEvent(Now, AuditKind.Numbered, step.Id, -1, n)), .. plan.Audit] };
            var (expected, followed) = await ExpectedHereAsync(envelope, plan, attempt.Loaded).ConfigureAwait(false);
            var answers = await AnswersHereAsync(envelope, plan).ConfigureAwait(false);
            var receipt = await ReceiptHereAsync(envelope, plan, attempt.Loaded).ConfigureAwait(false);
            if (!receipt.Audit.IsEmpty) plan = plan with { Audit = [.. plan.Audit, .. receipt.Audit] };
            plan = await KeptForActionPointAsync(envelope, plan, expected).ConfigureAwait(false);
            // Protected octets are the next hop's business: a report returns what the originator sent.
            var head = plan.Reports.IsEmpty || attempt.Loaded is { Protection: not null } or { Labels.Writes: true } ? default : attempt.Loaded.Content.Inline;
            // What the hop answered is armed in the store: a crash before this commit sends it again, marked.
            var patient = plan.Reports.IsEmpty && !attempt.Consignment.Precedence.IsUrgent();
            var done = await CommitAsync(envelope, plan, head, plan.Retries, patient: patient, documents: followed).ConfigureAwait(false);
            Count(envelope, plan);
            TellHandedOn(envelope, plan, done);
            TellFollowing(envelope, plan, expected, done);
            if (!done.Fenced) foreach (var (about, recipient, input) in answers.Concat(receipt.Answers)) Note(about, recipient, input);
            await attempt.Loaded.DisposeAsync().ConfigureAwait(false);
            return done;
        }

        public async Task<PartitionEvents.StepDone> DeadlineAsync()
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored) return Vanished();
            if (step.State == MessageState.Binned)
            {
                var emptied = OutcomePolicy.Set(
                    step.Id, stored.Envelope, step.Statuses, Open, RecipientState.Deleted, AuditKind.Deleted, "the bin was emptied", null, false, Now);
                return await CommitAsync(stored.Envelope, emptied, default, []).ConfigureAwait(false);
            }

            if (step.State == MessageState.Queued && await OutOfDate.ReasonAsync(runtime.Configuration, runtime.Spool, step.Id, stored.Envelope, Now).ConfigureAwait(false) is { } late
                && Open.Where(i => !step.Statuses[i].State.IsHeld()).ToArray() is { Length: > 0 } waiting)
                return await HoldAsync(waiting, late, AuditKind.Held).ConfigureAwait(false);

            var plan = OutcomePolicy.AtDeadline(
                step.Id, stored.Envelope, step.Statuses, step.InFlight, [.. stored.Recipients.Select(r => r.Reply)], runtime.Configuration.Precedences, Now);
            var done = await CommitAsync(stored.Envelope, plan, default, Open).ConfigureAwait(false);
            Count(stored.Envelope, plan);
            TellFollowing(stored.Envelope, plan, [], done);
            return done;
        }

        public async Task<PartitionEvents.StepDone> ResumeAsync()
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored) return Vanished();
            return Done(stored.Envelope, step.Statuses, step.State, Open, []);
        }

        // The order was refused, so a restart must not find it. Repeated until the store takes it.
        public async Task<PartitionEvents.StepDone> UndoRerouteAsync()
        {
            if (step.Reroute is { } before) await runtime.Spool.PutDocumentAsync(RerouteDocument, step.Id.ToString(), before).ConfigureAwait(false);
            else await runtime.Spool.RemoveDocumentAsync(RerouteDocument, step.Id.ToString()).ConfigureAwait(false);
            return new PartitionEvents.StepDone(step.Id, step.Statuses, step.State, [], null, [], false);
        }

        public async Task<PartitionEvents.StepDone> HoldAsync(IEnumerable<int> recipients, string reason, AuditKind kind)
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored) return Vanished();
            var plan = OutcomePolicy.Set(step.Id, stored.Envelope, step.Statuses, recipients, RecipientState.Held, kind, reason, null, false, Now);
            return await CommitAsync(stored.Envelope, plan, default, []).ConfigureAwait(false);
        }

        // The others of the same consignment go on without them.
        public async Task<PartitionEvents.StepDone> HoldUnprotectedAsync(ProtectionImpossible impossible)
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored) return Vanished();
            var plan = OutcomePolicy.Set(
                step.Id, stored.Envelope, step.Statuses, impossible.Recipients, RecipientState.Held, AuditKind.Held, impossible.Reason, null, false, Now);
            return await CommitAsync(
                stored.Envelope, plan, default, impossible.Consignment.Recipients.Where(i => !impossible.Recipients.Contains(i) && !step.Statuses[i].State.IsFinal()))
                .ConfigureAwait(false);
        }

        // Those with the same reason are one outcome. The rest is planned again, which finds the next reason.
        public async Task<PartitionEvents.StepDone> DenyAsync()
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored) return Vanished();
            var envelope = stored.Envelope;
            var find = Finder(runtime, envelope, step.Reroute);
            var isUnder = runtime.Configuration.Releases.IsUnder(envelope);
            var open = Open.Where(i => step.Statuses[i].State is RecipientState.Queued or RecipientState.Armed && !MustPass(runtime.Configuration, envelope, find, i, isUnder)).ToArray();
            var verdicts = open.ToDictionary(i => i, i => find(envelope.Recipients[i])?.Labels?.Judge(envelope.Label, envelope.Recipients[i].Address) ?? LabelVerdict.Go);
            if (verdicts.Values.FirstOrDefault(v => !v.Goes) is not { Goes: false } verdict) return Done(envelope, step.Statuses, step.State, open, []);
            var whom = open.Where(i => verdicts[i] == verdict).ToArray();
            var distributor = envelope.Origin.DistributedBy is null ? null : runtime.Configuration.DistributorFrom(envelope);
            // A report has nobody to go back to. Who is behind a list, and may not see what, is not the affair of whoever wrote to it.
            var returns = verdict.Outcome is LabelOutcome.Return && !envelope.ReversePath.IsNull && (envelope.Origin.DistributedBy is null || distributor?.Owner is not null);
            var plan = returns
                ? OutcomePolicy.Return(step.Id, envelope, step.Statuses, whom, PublicAnswer.Returned, null, Now)
                : OutcomePolicy.Set(step.Id, envelope, step.Statuses, whom, RecipientState.Held, AuditKind.Held, verdict.Reason, null, false, Now);
            if (returns)
                plan = plan with { Audit = [new AuditEvent(Now, AuditKind.Labelled, step.Id, whom is [var only] ? only : -1, verdict.Reason), .. plan.Audit] };
            if (Withheld(stored, whom, verdict.Reason) is { } withheld) plan = plan with { Audit = plan.Audit.Add(withheld) };
            // Only the owner, who answers for the list, hears of the member and of no reason.
            if (!returns && distributor?.Owner is { } owner && envelope.ReversePath.Mailbox == owner)
                plan = plan with { Reports = plan.Reports.Add(new ReportDue(ReportAction.Delayed, [.. whom.Select(i => new ReportedOutcome(i, WithheldForNow, null, null))])) };
            return await CommitAsync(envelope, plan, default, open.Where(i => !whom.Contains(i))).ConfigureAwait(false);
        }

        public async Task<PartitionEvents.StepDone> RuleAsync(RuleDecided decided)
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored) return Vanished();
            if (decided.Verdict is { Kind: RuleKind.Reroute, Rule.Link: { } link })
            {
                await runtime.Spool.PutDocumentAsync(RerouteDocument, step.Id.ToString(), link.Value).ConfigureAwait(false);
                return Done(stored.Envelope, step.Statuses, step.State, Open, [], link.Value);
            }

            var plan = OutcomePolicy.Return(
                step.Id, stored.Envelope, step.Statuses, decided.Consignment.Recipients, ReturnedByRule, decided.Verdict.Rule?.Author, Now);
            return await CommitAsync(stored.Envelope, plan, default, []).ConfigureAwait(false);
        }

        public async Task<PartitionEvents.StepDone> OperateAsync(MessageActor.Operate operate)
        {
            var (order, who) = (operate.Act.Order, operate.Act.Who);
            if (await ReadAsync().ConfigureAwait(false) is not { } stored)
            {
                operate.Asker.Tell(new ActOutcome(step.Id, false, "not pending") { Failure = ActFailure.Conflict });
                return Vanished();
            }

            var envelope = stored.Envelope;
            var open = Open.ToImmutableArray();
            if (open.IsEmpty)
            {
                operate.Asker.Tell(new ActOutcome(step.Id, false, "in transmission at this moment") { Failure = ActFailure.Conflict });
                return Done(envelope, step.Statuses, step.State, [], []);
            }

            if (step.State == MessageState.Binned && order.Verb is not (MessageVerb.Restore or MessageVerb.Delete))
            {
                operate.Asker.Tell(new ActOutcome(step.Id, false, "deleted; restore it first") { Failure = ActFailure.Conflict });
                return Done(envelope, step.Statuses, step.State, [], []);
            }

            PartitionEvents.StepDone done;
            string text;
            switch (order.Verb)
            {
                case MessageVerb.Hold:
                    done = await SetAsync(RecipientState.Held, AuditKind.Held, false).ConfigureAwait(false);
                    text = "held";
                    break;
                case MessageVerb.Release when !open.Any(i => step.Statuses[i].State.IsHeld()):
                    operate.Asker.Tell(new ActOutcome(step.Id, false, "not held") { Failure = ActFailure.Conflict });
                    return Done(envelope, step.Statuses, step.State, open, []);
                case MessageVerb.Release:
                    done = await SetAsync(RecipientState.Queued, AuditKind.Released, false).ConfigureAwait(false);
                    text = "released";
                    break;
                case MessageVerb.Try:
                    done = await SetAsync(RecipientState.Queued, AuditKind.Tried, false).ConfigureAwait(false);
                    text = "will be tried now";
                    break;
                case MessageVerb.Requeue:
                    done = await SetAsync(RecipientState.Queued, AuditKind.Requeued, true).ConfigureAwait(false);
                    text = "routed again";
                    break;
                case MessageVerb.Restore:
                    done = await SetAsync(RecipientState.Queued, AuditKind.Restored, false).ConfigureAwait(false);
                    text = "restored";
                    break;
                case MessageVerb.Reroute:
                    await runtime.Spool.PutDocumentAsync(RerouteDocument, step.Id.ToString(), order.Link!.Value.Value).ConfigureAwait(false);
                    done = await SetAsync(RecipientState.Queued, AuditKind.Rerouted, false, order.Link.Value.Value).ConfigureAwait(false);
                    text = $"goes over {order.Link.Value}";
                    break;
                case MessageVerb.Return:
                    done = await CommitAsync(
                        envelope, OutcomePolicy.Return(step.Id, envelope, step.Statuses, open, ReturnedByOperator, who.Name, Now), default, []).ConfigureAwait(false);
                    text = "returned";
                    break;
                case MessageVerb.Delete:
                    done = await BinAsync(envelope, order.Reason, who.Name).ConfigureAwait(false);
                    text = "deleted; it can be restored for 24 hours";
                    break;
                default:
                    throw new InvalidOperationException($"{order.Verb} is not an order.");
            }

            operate.Asker.Tell(done.Fenced ? new ActOutcome(step.Id, false, "another node owns it") { Failure = ActFailure.Failed } : new ActOutcome(step.Id, true, text));
            return done;

            async Task<PartitionEvents.StepDone> SetAsync(RecipientState state, AuditKind kind, bool reset, string? reroute = null)
            {
                var plan = OutcomePolicy.Set(step.Id, envelope, step.Statuses, open, state, kind, order.Reason, who.Name, reset, Now);
                return await CommitAsync(envelope, plan, default, state == RecipientState.Queued ? open : [], reroute).ConfigureAwait(false);
            }
        }

        private async Task<PartitionEvents.StepDone> BinAsync(Envelope envelope, string reason, string who)
        {
            await CommitAsync(new SpoolOperation(partition.Epoch)
            {
                Messages = [new MessageChange(step.Id, MessageState.Binned)],
                Audit = [new AuditEvent(Now, AuditKind.Deleted, step.Id, -1, reason, who)],
            }, envelope.Precedence).ConfigureAwait(false);
            return new PartitionEvents.StepDone(step.Id, step.Statuses, MessageState.Binned, [], Now + BinTime, [], false);
        }

        // Everything of one step is one operation: what became of the recipients, its audit, its documents, and the messages it causes.
        // Of those that it is given the caller disposes the contents.
        private async Task<PartitionEvents.StepDone> CommitAsync(
            Envelope envelope, OutcomePlan plan, ReadOnlyMemory<byte>? head, IEnumerable<int> replan, string? reroute = null, bool patient = false,
            ImmutableArray<StoredDocument> documents = default, ImmutableArray<NewMessage> copies = default, long? policy = null)
        {
            var operation = new SpoolOperation(partition.Epoch)
            {
                Accept = copies.IsDefault ? [] : copies, Recipients = plan.Changes, Audit = plan.Audit, Patient = patient, Documents = documents.IsDefault ? [] : documents, Policy = policy,
            };
            if (plan.Message is { } change && (change.State != step.State || change.DropContent || change.HeldBecause is not null)) operation = operation with { Messages = [change] };
            var made = plan.Reports.IsEmpty ? [] : await MakeReportsAsync(envelope, plan.Reports, head).ConfigureAwait(false);
            try
            {
                if (made.Length > 0)
                {
                    operation = operation with
                    {
                        Accept = operation.Accept.AddRange(made),
                        Audit = [.. operation.Audit, .. made.Select(m => new AuditEvent(Now, AuditKind.Reported, step.Id, -1, m.Id.ToString()))],
                    };
                }

                var result = CommitResult.Committed;
                if (!plan.Changes.IsEmpty || !operation.Accept.IsEmpty)
                {
                    if (await CommitWholeAsync(operation, envelope.Precedence).ConfigureAwait(false) is not { } committed) return Vanished() with { Fenced = true };
                    result = committed;
                }

                if (plan.IsDone && step.Reroute is not null) await ForgetRerouteAsync(runtime.Spool, step.Id).ConfigureAwait(false);
                foreach (var _ in made) runtime.Meters.CountReport();
                return Done(envelope, plan.Statuses, plan.Message?.State ?? step.State, replan, Spawned(operation.Accept, result), reroute);
            }
            finally
            {
                foreach (var report in made) await report.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async Task<bool> CommitAsync(SpoolOperation operation, Precedence precedence) => await CommitWholeAsync(operation, precedence).ConfigureAwait(false) is not null;

        // New messages as they begin: who has one already is told by the commit.
        private static ImmutableArray<PartitionCommands.TakeOver> Spawned(ImmutableArray<NewMessage> messages, CommitResult result)
        {
            var spawned = ImmutableArray.CreateBuilder<PartitionCommands.TakeOver>(messages.Length);
            foreach (var message in messages)
            {
                var statuses = Enumerable.Repeat(RecipientStatus.Initial(message.State), message.Envelope.Recipients.Length).ToArray();
                foreach (var duplicate in result.Duplicates.Where(d => d.Id == message.Id)) statuses[duplicate.Index] = RecipientStatus.Initial(RecipientState.Duplicate);
                if (statuses.All(s => s.State is RecipientState.Duplicate)) continue;
                spawned.Add(new PartitionCommands.TakeOver(message.Id, message.Envelope, message.Trace.Length + message.Content.Length, [.. statuses], null, null));
            }

            return spawned.ToImmutable();
        }

        // Null: another owns the partition.
        private async Task<CommitResult?> CommitWholeAsync(SpoolOperation operation, Precedence precedence)
        {
            using var span = runtime.Traces.Begin("commit", step.Id).At(precedence);
            var result = await runtime.Spool.CommitAsync(operation, precedence).ConfigureAwait(false);
            span.Came(result.Status.ToString().ToLowerInvariant());
            if (span is not null && result.IsCommitted) foreach (var made in operation.Accept) runtime.Traces.Make(made.Id, span);
            if (result.IsCommitted) runtime.Events.Committed(operation.Audit, precedence);
            // Judged by settings that are out of force: this node learns the new ones, and the step is judged by them.
            if (result.Status is CommitStatus.Outdated) runtime.LookAtStore();
            return result.Status switch
            {
                CommitStatus.Committed => result,
                CommitStatus.Fenced => default(CommitResult?),
                CommitStatus.Full => throw new SpoolUnavailableException(SpoolHealth.Full),
                _ => throw new SpoolUnavailableException(SpoolHealth.Unwritable),
            };
        }

        private async Task<ImmutableArray<NewMessage>> MakeReportsAsync(Envelope envelope, ImmutableArray<ReportDue> due, ReadOnlyMemory<byte>? head)
        {
            var (original, whole) = envelope.OpenedHere ? default : head is { Length: > 0 } inline ? (inline, true) : await ReadHeadAsync().ConfigureAwait(false);
            var made = ImmutableArray.CreateBuilder<NewMessage>(due.Length);
            foreach (var report in due)
            {
                var answer = await reports.Ask<ReportAnswer>(new MakeReport(
                    step.Id, runtime.NextId(partition.Epoch.Partition), envelope, report, original, whole)).ConfigureAwait(false);
                if (answer.Report is { } message) made.Add(message);
            }

            return made.ToImmutable();
        }

        private async Task<(ReadOnlyMemory<byte> Head, bool Whole)> ReadHeadAsync()
        {
            try
            {
                await using var reader = await runtime.Spool.OpenContentAsync(step.Id).ConfigureAwait(false);
                if (reader is null) return default;
                if (reader.Inline is { } inline) return (inline.ToArray(), true);
                var head = new byte[Math.Min(reader.Length, 64 << 10)];
                var length = 0;
                while (length < head.Length && await reader.ReadAsync(head.AsMemory(length)).ConfigureAwait(false) is > 0 and var count) length += count;
                return (head.AsMemory(0, length), length == reader.Length);
            }
            catch (ContentDamagedException)
            {
                // The report goes out without the original: the originator must hear of the failure in any case.
                return default;
            }
        }

        private ValueTask<StoredMessage?> ReadAsync() => runtime.Spool.ReadAsync(step.Id);

        private PartitionEvents.StepDone Done(
            Envelope envelope, ImmutableArray<RecipientStatus> statuses, MessageState state, IEnumerable<int> replan,
            ImmutableArray<PartitionCommands.TakeOver> spawned, string? reroute = null)
        {
            var which = replan as IReadOnlyList<int> ?? [.. replan];
            var consignments = ImmutableArray<Consignment>.Empty;
            if (which.Count > 0 && state == MessageState.Queued)
            {
                (consignments, var unroutable) = Plan(runtime, partition, step.Id, envelope, statuses, step.Size, null, reroute ?? step.Reroute, which);
                if (unroutable.Length > 0) partition.Actor.Tell(new ContentLost(Unroutable(unroutable), "no route"));
            }

            var next = state == MessageState.Done ? null : NextDeadline(runtime, envelope, statuses, reroute ?? step.Reroute);
            return new PartitionEvents.StepDone(step.Id, statuses, state, consignments, next, spawned, false) { Reroute = reroute, IsUnprofiled = IsUnprofiled(runtime, envelope, statuses) };
        }

        private Consignment Unroutable(ImmutableArray<int> recipients) => new()
        {
            Id = step.Id, Epoch = partition.Epoch, Partition = partition.Actor, Recipients = recipients, Precedence = Precedence.Deferred, Sequence = 0, Size = step.Size,
        };

        private PartitionEvents.StepDone Vanished() => new(step.Id, step.Statuses, MessageState.Done, [], null, [], false);

        private void Count(Envelope envelope, OutcomePlan plan)
        {
            var suspects = 0;
            foreach (var change in plan.Changes)
            {
                if (change.State.IsSuspect() && !step.Statuses[change.Index].State.IsSuspect()) suspects++;
                var precedence = envelope.Recipients[change.Index].Precedence;
                switch (change.State)
                {
                    case RecipientState.Delivered:
                        var taken = Now - envelope.ArrivedAt;
                        runtime.Meters.CountDelivered(precedence, taken);
                        if (runtime.Configuration.Precedences[precedence].Alarm is { } limit) runtime.Speed.Count(precedence, taken <= limit, runtime.Configuration.Alarms.SpeedWindow, Now);
                        break;
                    case RecipientState.Failed or RecipientState.Expired:
                        runtime.Meters.CountFailed(precedence);
                        break;
                    case RecipientState.Queued or RecipientState.Armed when !change.Warned:
                        runtime.Meters.CountDeferred(precedence);
                        break;
                }
            }

            if (suspects > 0) runtime.Meters.CountSuspected(suspects);
        }
    }
}
