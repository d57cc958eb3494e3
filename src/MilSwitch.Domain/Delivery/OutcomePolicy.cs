using System.Collections.Immutable;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Delivery;

/// <summary>Where one recipient stands at this moment.</summary>
public readonly record struct RecipientStatus(RecipientState State, int Attempts, DateTimeOffset? Due, bool Warned)
{
    public static RecipientStatus Initial(RecipientState state) => new(state, 0, null, false);
}

/// <summary>What matters about a next hop after a transaction, besides its replies.</summary>
/// <param name="Reports">It offered DSN and was told the sender's wishes.</param>
/// <param name="DeadlineDropped">It was given a message with a deadline in mode N without offering DELIVERBY.</param>
/// <param name="PossiblySent">The connection broke after the final dot: recipients to be tried again stay armed.</param>
/// <param name="Tracks">It took over the tracking of the message (RFC 3885).</param>
public readonly record struct HopOutcome(bool Reports = false, bool DeadlineDropped = false, bool PossiblySent = false, bool Tracks = false);

/// <summary>What one recipient was told, by which host; hosts of one link may share the recipients of a transaction.</summary>
/// <param name="Reply">The reply that decides.</param>
/// <param name="Hop">What the host is and did.</param>
/// <param name="Target">The host; null when none answered.</param>
public readonly record struct HopAnswer(Reply Reply, HopOutcome Hop, string? Target)
{
    /// <summary>More than the reply says, for the audit trail and nobody else; null: nothing.</summary>
    public string? Cause { get; init; }

    /// <summary>The same answer for a number of recipients.</summary>
    public static ImmutableArray<HopAnswer> ForAll(int count, Reply reply, HopOutcome hop = default, string? target = null) =>
        [.. Enumerable.Repeat(new HopAnswer(reply, hop, target), count)];
}

/// <summary>A report that is due, for one or more recipients with the same action.</summary>
public sealed record ReportDue(ReportAction Action, ImmutableArray<ReportedOutcome> Recipients);

/// <summary>What is to be said about one recipient.</summary>
public sealed record ReportedOutcome(int Index, Reply Reply, string? RemoteMta, DateTimeOffset? WillRetryUntil);

/// <summary>All consequences of one step: what to commit, and what to do after the commit.</summary>
/// <param name="Statuses">By recipient index, after the step.</param>
/// <param name="Changes">Recipient rows to write.</param>
/// <param name="Message">Message row to write; null when its state stays.</param>
/// <param name="Retries">Recipients to be tried again, with their times.</param>
public sealed record OutcomePlan(
    ImmutableArray<RecipientStatus> Statuses,
    ImmutableArray<RecipientChange> Changes,
    MessageChange? Message,
    ImmutableArray<AuditEvent> Audit,
    ImmutableArray<ReportDue> Reports,
    ImmutableArray<int> Retries)
{
    public bool IsDone => Message is { State: MessageState.Done };
}

/// <summary>Turns what happened to a message into what is to be recorded, reported and tried again; pure.</summary>
public static class OutcomePolicy
{
    private static readonly Reply Delayed = new(451, new EnhancedStatusCode(4, 4, 7), "delivery is delayed");
    private static readonly Reply Distributed = new(250, new EnhancedStatusCode(2, 1, 5), "distributed to the members of the list");
    private static readonly Reply NoAnswer = new(451, new EnhancedStatusCode(4, 4, 1), "no answer from the next hop");

    /// <summary>After one transaction.</summary>
    /// <param name="id">The message.</param>
    /// <param name="envelope">Its envelope.</param>
    /// <param name="before">All recipients' statuses, by index.</param>
    /// <param name="attempted">The recipients of the transaction.</param>
    /// <param name="answers">Their answers, in the same order.</param>
    /// <param name="table">The precedence table in force.</param>
    /// <param name="now">The time.</param>
    public static OutcomePlan AfterAttempt(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, ImmutableArray<int> attempted, ImmutableArray<HopAnswer> answers,
        PrecedenceTable table, DateTimeOffset now)
    {
        var step = new Step(id, envelope, before, now);
        for (var i = 0; i < attempted.Length; i++)
        {
            var index = attempted[i];
            var (reply, hop, target) = answers[i];
            step.Target = target;
            step.Cause = answers[i].Cause;
            var recipient = envelope.Recipients[index];
            var attempts = before[index].Attempts + 1;
            var expiresAt = RecipientPolicy.ExpiresAt(envelope, recipient.Precedence, table);
            switch (RecipientPolicy.AfterAttempt(reply, attempts, expiresAt, table[recipient.Precedence], now, hop.Reports))
            {
                case NextStep.Relayed relayed:
                    step.Change(index, RecipientState.Delivered, attempts, null, relayed.Reply, AuditKind.Delivered);
                    if (hop.Tracks) step.Transfer(index);
                    if (ReportPolicy.RelayingIsReported(envelope, recipient, relayed.HopReports, hop.DeadlineDropped))
                        step.Report(ReportAction.Relayed, index, relayed.Reply, target, null);
                    break;
                case NextStep.RetryAt retry when RecipientPolicy.IsCrowdedOut(reply, answers.Any(a => a.Target == target && a.Reply.IsPositive)):
                    step.GoOn(index, retry.Reply);
                    break;
                case NextStep.RetryAt retry:
                    // A later refusal says nothing about the attempt of which nobody knows how it ended.
                    var suspect = hop.PossiblySent || before[index].State.IsSuspect();
                    step.Change(index, suspect ? RecipientState.Armed : RecipientState.Queued, attempts, retry.Due, retry.Reply, AuditKind.Deferred);
                    step.Retry(index);
                    break;
                case NextStep.Fail fail:
                    step.Change(index, RecipientState.Failed, attempts, null, fail.Reply, AuditKind.Failed);
                    step.ReportIfDue(ReportAction.Failed, index, fail.Reply, target, null);
                    break;
                case NextStep.Expire expire:
                    step.Change(index, RecipientState.Expired, attempts, null, expire.Reply, AuditKind.Expired);
                    step.ReportIfDue(ReportAction.Failed, index, expire.Reply, target, null);
                    break;
                default:
                    throw new InvalidOperationException("An unknown next step.");
            }
        }

        return step.End();
    }

    /// <summary>When a time has come: expiry ends the attempts, the warning time tells the originator once.</summary>
    /// <param name="id">The message.</param>
    /// <param name="envelope">Its envelope.</param>
    /// <param name="before">All recipients' statuses, by index.</param>
    /// <param name="inFlight">Recipients of a transaction under way: its end decides about them.</param>
    /// <param name="lastReplies">By recipient index, for the text of warnings.</param>
    /// <param name="table">The precedence table in force.</param>
    /// <param name="now">The time.</param>
    public static OutcomePlan AtDeadline(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, ImmutableArray<int> inFlight, ImmutableArray<Reply?> lastReplies,
        PrecedenceTable table, DateTimeOffset now)
    {
        var step = new Step(id, envelope, before, now);
        for (var index = 0; index < before.Length; index++)
        {
            var status = before[index];
            if (status.State.IsFinal() || inFlight.Contains(index)) continue;
            var recipient = envelope.Recipients[index];
            var expiresAt = RecipientPolicy.ExpiresAt(envelope, recipient.Precedence, table);
            // Held mail waits for a person, whatever the time: it is warned about, never expired behind the person's back.
            if (now >= expiresAt && !status.State.IsHeld())
            {
                step.Change(index, RecipientState.Expired, status.Attempts, null, RecipientPolicy.DeliveryTimeExpired, AuditKind.Expired);
                step.ReportIfDue(ReportAction.Failed, index, RecipientPolicy.DeliveryTimeExpired, null, null);
            }
            else if (!status.Warned && now >= RecipientPolicy.WarnsAt(envelope, recipient.Precedence, table))
            {
                step.Warn(index);
                step.ReportIfDue(ReportAction.Delayed, index, lastReplies[index] is { IsTransient: true } last ? last : Delayed, null, expiresAt);
            }
        }

        return step.End();
    }

    /// <summary>An operator or a rule gives some open recipients up, with a report.</summary>
    public static OutcomePlan Return(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, IEnumerable<int> which, Reply reply, string? actor, DateTimeOffset now)
    {
        var step = new Step(id, envelope, before, now) { Actor = actor };
        foreach (var index in which)
        {
            if (before[index].State.IsFinal()) continue;
            step.Change(index, RecipientState.Returned, before[index].Attempts, null, reply, AuditKind.Returned);
            step.ReportIfDue(ReportAction.Failed, index, reply, null, null);
        }

        return step.End();
    }

    /// <summary>Open recipients take another state without a report: held, released, tried again at once, deleted.</summary>
    public static OutcomePlan Set(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, IEnumerable<int> which, RecipientState state, AuditKind kind, string detail,
        string? actor, bool resetAttempts, DateTimeOffset now)
    {
        var step = new Step(id, envelope, before, now) { Actor = actor };
        foreach (var index in which)
        {
            if (before[index].State.IsFinal()) continue;
            step.Set(index, state, resetAttempts);
        }

        step.Note(kind, detail);
        return step.End(state == RecipientState.Held ? detail : null);
    }

    /// <summary>
    /// A boundary released a copy for some open recipients: nothing is left to be done for them here, and reports are the
    /// copy's affair.
    /// </summary>
    /// <param name="kind">What the trail says was done.</param>
    /// <param name="tell">What the originator wants to hear of it at once; null: nothing.</param>
    public static OutcomePlan Cross(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, IEnumerable<int> which, string detail, string? actor, DateTimeOffset now, Reply? tell = null,
        AuditKind kind = AuditKind.Crossed)
    {
        var step = new Step(id, envelope, before, now) { Actor = actor };
        foreach (var index in which)
        {
            if (before[index].State.IsFinal()) continue;
            step.Cross(index);
            // Asked for in the message itself, so without regard to SUCCESS; who wants nothing gets nothing (RFC 3461 §4.1).
            if (tell is { } told && !envelope.ReversePath.IsNull && !envelope.Recipients[index].Notify.HasFlag(NotifyOptions.Never)) step.Report(ReportAction.Relayed, index, told, null, null);
        }

        step.Note(kind, detail);
        return step.End();
    }

    /// <summary>Copies went to all for whom a mailing list or a profiler that is a recipient stands.</summary>
    /// <param name="action">What the originator hears who asked for success.</param>
    /// <param name="actor">The person who named them; null: the switch did.</param>
    public static OutcomePlan Expand(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, int index, string detail, ReportAction action, DateTimeOffset now, string? actor = null)
    {
        var step = new Step(id, envelope, before, now) { Actor = actor };
        step.Change(index, RecipientState.Expanded, before[index].Attempts, null, Distributed with { Text = detail }, AuditKind.Expanded);
        step.ReportIfDue(action, index, Distributed, null, null);
        return step.End();
    }

    /// <summary>The switch itself is whom it was for, and did what it asked.</summary>
    public static OutcomePlan Take(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, int index, AuditKind kind, string detail, Reply reply, DateTimeOffset now)
    {
        var step = new Step(id, envelope, before, now);
        step.Change(index, RecipientState.Delivered, before[index].Attempts, null, reply, AuditKind.Delivered);
        step.Note(kind, detail);
        step.ReportIfDue(ReportAction.Delivered, index, reply, null, null);
        return step.End();
    }

    /// <summary>Something that is needed is away: tried again by the curve of the level, until it expires.</summary>
    public static OutcomePlan Later(
        MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, IEnumerable<int> which, Reply reply, PrecedenceTable table, DateTimeOffset now)
    {
        var indices = which.Where(i => !before[i].State.IsFinal()).ToImmutableArray();
        return AfterAttempt(id, envelope, before, indices, HopAnswer.ForAll(indices.Length, reply), table, now);
    }

    /// <summary>The reply for a transaction that ended without any: the hop was there and went away.</summary>
    public static Reply NoAnswerBecause(string fault) => fault.Length is 0 ? NoAnswer : NoAnswer with { Text = fault };

    /// <summary>The next moment at which <see cref="AtDeadline"/> has something to do; null when there is none.</summary>
    public static DateTimeOffset? NextDeadline(Envelope envelope, ImmutableArray<RecipientStatus> statuses, PrecedenceTable table)
    {
        DateTimeOffset? next = null;
        for (var index = 0; index < statuses.Length; index++)
        {
            var status = statuses[index];
            if (status.State.IsFinal()) continue;
            var precedence = envelope.Recipients[index].Precedence;
            var at = RecipientPolicy.ExpiresAt(envelope, precedence, table);
            if (!status.Warned && RecipientPolicy.WarnsAt(envelope, precedence, table) is var warning && warning < at) at = warning;
            if (next is null || at < next) next = at;
        }

        return next;
    }

    /// <summary>Collects the consequences while the recipients are walked through.</summary>
    private sealed class Step(MessageId id, Envelope envelope, ImmutableArray<RecipientStatus> before, DateTimeOffset now)
    {
        private readonly ImmutableArray<RecipientStatus>.Builder statuses = before.ToBuilder();
        private readonly ImmutableArray<RecipientChange>.Builder changes = ImmutableArray.CreateBuilder<RecipientChange>(1);
        private readonly ImmutableArray<AuditEvent>.Builder audit = ImmutableArray.CreateBuilder<AuditEvent>(1);
        private readonly ImmutableArray<int>.Builder retries = ImmutableArray.CreateBuilder<int>(0);
        private Dictionary<ReportAction, ImmutableArray<ReportedOutcome>.Builder>? reports;

        public string? Actor { get; init; }

        /// <summary>The host that answered the recipient at hand; null when none did.</summary>
        public string? Target { get; set; }

        /// <summary>What the trail says beyond the reply; null: nothing.</summary>
        public string? Cause { get; set; }

        public void Change(int index, RecipientState state, int attempts, DateTimeOffset? due, Reply reply, AuditKind kind)
        {
            statuses[index] = statuses[index] with { State = state, Attempts = attempts, Due = due };
            changes.Add(new RecipientChange(id, index, state, attempts, due, reply, Target));
            audit.Add(new AuditEvent(now, kind, id, index, Told(reply), Actor));
        }

        private string Told(Reply reply)
        {
            var told = Target is null ? reply.ToString() : $"{Target}: {reply}";
            return Cause is null ? told : $"{told} ({Cause})";
        }

        /// <summary>At once, in a transaction of its own: no attempt failed. The trail is not filled with what many recipients wait for.</summary>
        public void GoOn(int index, Reply reply)
        {
            var status = statuses[index];
            var state = status.State.IsSuspect() ? RecipientState.Armed : RecipientState.Queued;
            statuses[index] = status with { State = state, Due = null };
            changes.Add(new RecipientChange(id, index, state, status.Attempts, null, reply, Target));
            Retry(index);
        }

        public void Set(int index, RecipientState state, bool resetAttempts)
        {
            // What may have been sent stays marked as such, whatever a person orders.
            var next = !statuses[index].State.IsSuspect() ? state : state switch
            {
                RecipientState.Queued => RecipientState.Armed,
                RecipientState.Held => RecipientState.HeldSuspect,
                _ => state,
            };
            var attempts = resetAttempts ? 0 : statuses[index].Attempts;
            statuses[index] = statuses[index] with { State = next, Attempts = attempts, Due = null };
            changes.Add(new RecipientChange(id, index, next, attempts));
        }

        public void Cross(int index)
        {
            statuses[index] = statuses[index] with { State = RecipientState.Crossed, Due = null };
            changes.Add(new RecipientChange(id, index, RecipientState.Crossed, statuses[index].Attempts));
        }

        public void Note(AuditKind kind, string detail) => audit.Add(new AuditEvent(now, kind, id, -1, detail, Actor));

        /// <summary>Whoever asks where the message is may ask the hop next.</summary>
        public void Transfer(int index) => audit.Add(new AuditEvent(now, AuditKind.Transferred, id, index, Target ?? ""));

        public void Warn(int index)
        {
            var status = statuses[index];
            statuses[index] = status with { Warned = true };
            changes.Add(new RecipientChange(id, index, status.State, status.Attempts, status.Due) { Warned = true });
            audit.Add(new AuditEvent(now, AuditKind.Warned, id, index));
        }

        public void Retry(int index) => retries.Add(index);

        public void ReportIfDue(ReportAction action, int index, Reply reply, string? remote, DateTimeOffset? willRetryUntil)
        {
            if (ReportPolicy.IsDue(envelope.ReversePath, envelope.Recipients[index].Notify, action)) Report(action, index, reply, remote, willRetryUntil);
        }

        public void Report(ReportAction action, int index, Reply reply, string? remote, DateTimeOffset? willRetryUntil)
        {
            reports ??= [];
            if (!reports.TryGetValue(action, out var list)) reports[action] = list = ImmutableArray.CreateBuilder<ReportedOutcome>();
            list.Add(new ReportedOutcome(index, reply, remote, willRetryUntil));
        }

        public OutcomePlan End(string? heldBecause = null)
        {
            MessageChange? message = null;
            var open = false;
            var queued = false;
            foreach (var status in statuses)
            {
                open |= !status.State.IsFinal();
                queued |= status.State is RecipientState.Queued or RecipientState.Armed;
            }

            // Where another message took its place, the content is the evidence of what came.
            if (!open) message = new MessageChange(id, MessageState.Done, DropContent: !statuses.Any(s => s.State.IsReplaced()));
            else if (changes.Count > 0) message = new MessageChange(id, queued ? MessageState.Queued : MessageState.Held, HeldBecause: heldBecause);
            return new OutcomePlan(
                statuses.DrainToImmutable(), changes.DrainToImmutable(), message, audit.DrainToImmutable(),
                reports is null ? [] : [.. reports.Select(r => new ReportDue(r.Key, r.Value.ToImmutable()))], retries.DrainToImmutable());
        }
    }
}
