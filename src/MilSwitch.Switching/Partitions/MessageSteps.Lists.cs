using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Lists;

namespace MilSwitch.Switching.Partitions;

/// <summary>The steps that distribute a message to the members of a mailing list.</summary>
internal static partial class MessageSteps
{
    /// <summary>Members to whom one copy is addressed that is the same for all.</summary>
    private const int MostInOneCopy = 1000;

    private static readonly Reply NotPermitted = new(550, new EnhancedStatusCode(5, 7, 2), "you may not write to this list");

    private sealed partial class Run
    {
        /// <summary>
        /// One copy for the next members. What is committed with it says how far the list has come, so that a crash in between serves
        /// nobody twice; the message then waits for its turn again, and urgent ones come before the rest of a long list.
        /// </summary>
        private async Task<PartitionEvents.StepDone> DistributeAsync(StoredMessage stored, MailingList list, int index, int[] others)
        {
            var envelope = stored.Envelope;
            using var room = await runtime.ProtectionRoom
                .TakeAsync(step.Size, runtime.Configuration.Budgets.ProtectionInMemory, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return await HoldAsync([index], "the content is missing or damaged", AuditKind.Damaged).ConfigureAwait(false);
            OpenedMessage? opened = null;
            if (list.Opening is { } opening)
            {
                if (runtime.BoundaryProtection is not { } protection) return await HoldListAsync(envelope, index, "nothing in this node takes protection off", others).ConfigureAwait(false);
                switch (await protection.OpenAsync(content, opening, envelope.Precedence, CancellationToken.None).ConfigureAwait(false))
                {
                    case OpeningOutcome.Read read:
                        opened = read.Message;
                        break;
                    case OpeningOutcome.Unavailable unavailable:
                        return await LaterAsync(envelope, index, unavailable.Reason, others).ConfigureAwait(false);
                }
            }

            var subject = ListReading.Of(stored, list, content, opened, runtime.Configuration);
            switch (ListPolicy.Judge(list, subject))
            {
                case ListDecision.Hold hold:
                    return await HoldListAsync(envelope, index, $"{list.Address.Text}: {hold.Reason}", others).ConfigureAwait(false);
                case ListDecision.Refuse refuse:
                    var refused = OutcomePolicy.Return(step.Id, envelope, step.Statuses, [index], NotPermitted, null, Now);
                    refused = refused with { Audit = [new AuditEvent(Now, AuditKind.Rejected, step.Id, index, $"{list.Address.Text}: {refuse.Reason}"), .. refused.Audit] };
                    return await CommitAsync(envelope, refused, default, others).ConfigureAwait(false);
            }

            var progress = await ProgressAsync().ConfigureAwait(false);
            var after = progress.After.GetValueOrDefault(index, "");
            var members = ListPolicy.Next(list, subject.Exempted, after, list.IsMadeForMembers ? MailingList.MembersPerCopy : MostInOneCopy, progress.Only);
            var last = members.IsEmpty || ListPolicy.Next(list, subject.Exempted, members[^1].Text, 1, progress.Only).IsEmpty;
            if (members.IsEmpty) return await ExpandedAsync(envelope, list, index, [], [], [], [], others).ConfigureAwait(false);
            var (made, notes, without, fault) = await MakeAsync(list, envelope, content, opened, members).ConfigureAwait(false);
            if (fault is DepartureOutcome.Unavailable away) return await LaterAsync(envelope, index, away.Reason, others).ConfigureAwait(false);
            if (fault is DepartureOutcome.Impossible impossible && (without.Length is 0 || (made is null && !progress.Only.IsEmpty)))
                return await HoldListAsync(envelope, index, $"{list.Address.Text}: {impossible.Reason}", others).ConfigureAwait(false);

            var writer = new ListCopies(runtime.Configuration, list, stored, index, Now);
            var copies = ImmutableArray.CreateBuilder<NewMessage>(2);
            var documents = ImmutableArray.CreateBuilder<StoredDocument>(2);
            try
            {
                if (made is { } octets)
                {
                    var served = members.Except(without).ToImmutableArray();
                    copies.Add(writer.Copy(runtime.NextId(partition.Epoch.Partition), served, octets, await StageAsync(octets).ConfigureAwait(false), anew: !progress.Only.IsEmpty));
                }

                if (without.Length > 0)
                {
                    // They wait by themselves, for a person, as the list's message that is for them alone: released it is tried anew.
                    var id = runtime.NextId(partition.Epoch.Partition);
                    copies.Add(writer.LeftOver(id, await StageAsync(content).ConfigureAwait(false), $"{list.Address.Text}: {((DepartureOutcome.Impossible)fault!).Reason}"));
                    documents.Add(new StoredDocument(BoundaryDocuments.Expansion, id.ToString(), BoundaryDocuments.Write(new ExpansionProgress(ExpansionProgress.None.After, [.. without.Select(m => m.Text)]))));
                }

                if (!last)
                    documents.Add(new StoredDocument(BoundaryDocuments.Expansion, step.Id.ToString(), BoundaryDocuments.Write(progress with { After = progress.After.SetItem(index, members[^1].Text) })));
                ImmutableArray<AuditEvent> audit = [.. notes.Select(n => new AuditEvent(Now, n.Kind, step.Id, index, n.Detail))];
                return last
                    ? await ExpandedAsync(envelope, list, index, copies.ToImmutable(), documents.ToImmutable(), audit, members, others).ConfigureAwait(false)
                    : await GoOnAsync(envelope, list, index, copies.ToImmutable(), documents.ToImmutable(), audit, members, others).ConfigureAwait(false);
            }
            finally
            {
                foreach (var copy in copies) await copy.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        // Whoever can't be encrypted for is left out of the copy, and the copy is made for the others.
        private async Task<(ReadOnlyMemory<byte>? Made, ImmutableArray<ProtectionNote> Notes, ImmutableArray<Mailbox> Without, DepartureOutcome? Fault)> MakeAsync(
            MailingList list, Envelope envelope, ReadOnlyMemory<byte> content, OpenedMessage? opened, ImmutableArray<Mailbox> members)
        {
            if (list is { Expansion: null, Encrypt: null }) return (content, [], [], null);
            if (runtime.Protection is not { } protection) return (null, [], [], new DepartureOutcome.Impossible("nothing in this node signs or encrypts", []));
            var settings = new DepartureProtection { Encrypt = list.Encrypt, Kept = opened?.Kept, Expansion = list.Expansion };
            var label = envelope.Label?.Encoded ?? opened?.Labels.LastOrDefault(l => l.IsBelieved)?.Encoded;
            var (source, without, fault) = (opened?.Content ?? content, ImmutableArray<Mailbox>.Empty, default(DepartureOutcome.Impossible));
            var labels = label is { } encoded ? new DepartureLabels(source, encoded, [], []) : null;
            while (true)
            {
                var outcome = await protection.ProtectAsync(source, settings, members, labels, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
                switch (outcome)
                {
                    case DepartureOutcome.Protected done:
                        return (done.Content, done.Notes, without, fault);
                    case DepartureOutcome.Impossible { Recipients.IsEmpty: false } some:
                        fault ??= some;
                        without = [.. without, .. some.Recipients.Select(i => members[i])];
                        members = [.. members.Except(without)];
                        if (members.IsEmpty) return (null, [], without, fault);
                        break;
                    default:
                        return (null, [], [], outcome);
                }
            }
        }

        private async Task<PartitionEvents.StepDone> GoOnAsync(
            Envelope envelope, MailingList list, int index, ImmutableArray<NewMessage> copies, ImmutableArray<StoredDocument> documents, ImmutableArray<AuditEvent> audit,
            ImmutableArray<Mailbox> members, int[] others)
        {
            var operation = new SpoolOperation(partition.Epoch)
            {
                Accept = copies, Documents = documents, Audit = [.. audit, new AuditEvent(Now, AuditKind.Expanded, step.Id, index, Detail(list, copies, members) + ", to be continued"), .. Told(copies)],
            };
            if (await CommitWholeAsync(operation, envelope.Precedence).ConfigureAwait(false) is not { } result) return Vanished() with { Fenced = true };
            return Done(envelope, step.Statuses, step.State, [index, .. others], Spawned(copies, result));
        }

        private async Task<PartitionEvents.StepDone> ExpandedAsync(
            Envelope envelope, MailingList list, int index, ImmutableArray<NewMessage> copies, ImmutableArray<StoredDocument> documents, ImmutableArray<AuditEvent> audit,
            ImmutableArray<Mailbox> members, int[] others)
        {
            // RFC 3461 §5.2.7.1: the list is where the message was to go; §5.2.7.3: a group stands for others, of whom more may be heard.
            var plan = OutcomePolicy.Expand(
                step.Id, envelope, step.Statuses, index, Detail(list, copies, members), list.Owner is null ? ReportAction.Expanded : ReportAction.Delivered, Now);
            var told = plan.Reports.IsEmpty ? [] : await MakeReportsAsync(envelope, plan.Reports, null).ConfigureAwait(false);
            try
            {
                var operation = new SpoolOperation(partition.Epoch)
                {
                    Accept = [.. copies, .. told], Documents = documents, Recipients = plan.Changes,
                    Messages = plan.Message is { } change && (change.State != step.State || change.DropContent) ? [change] : [],
                    Audit = [.. audit, .. plan.Audit, .. Told(copies), .. told.Select(t => new AuditEvent(Now, AuditKind.Reported, step.Id, -1, t.Id.ToString()))],
                };
                if (await CommitWholeAsync(operation, envelope.Precedence).ConfigureAwait(false) is not { } result) return Vanished() with { Fenced = true };
                foreach (var report in told) runtime.Meters.CountReport();
                if (plan.IsDone && step.Reroute is not null) await ForgetRerouteAsync(runtime.Spool, step.Id).ConfigureAwait(false);
                return Done(envelope, plan.Statuses, plan.Message?.State ?? step.State, others, [.. Spawned(copies, result), .. Spawned(told, result)]);
            }
            finally
            {
                foreach (var report in told) await report.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        private static string Detail(MailingList list, ImmutableArray<NewMessage> copies, ImmutableArray<Mailbox> members) => copies.IsEmpty
            ? $"{list.Address.Text}: no member is left"
            : $"{list.Address.Text}: {string.Join(", ", copies.Select(c => c.Id))}, {members.Length} members";

        private IEnumerable<AuditEvent> Told(ImmutableArray<NewMessage> copies) => copies.SelectMany(c => c.HeldBecause is { } held
            ? (AuditEvent[])[new AuditEvent(Now, AuditKind.Accepted, c.Id, -1, $"left over from {step.Id}"), new AuditEvent(Now, AuditKind.Held, c.Id, -1, held)]
            : [new AuditEvent(Now, AuditKind.Accepted, c.Id, -1, $"{c.Envelope.Origin.Listener} from {step.Id}")]);

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

        private async Task<PartitionEvents.StepDone> HoldListAsync(Envelope envelope, int index, string reason, int[] others) => await CommitAsync(
            envelope, OutcomePolicy.Set(step.Id, envelope, step.Statuses, [index], RecipientState.Held, AuditKind.Held, reason, null, false, Now), default, others).ConfigureAwait(false);

        private async Task<PartitionEvents.StepDone> LaterAsync(Envelope envelope, int index, string reason, int[] others)
        {
            var plan = OutcomePolicy.Later(step.Id, envelope, step.Statuses, [index], ListAway, runtime.Configuration.Precedences, Now);
            plan = plan with { Audit = [new AuditEvent(Now, AuditKind.Deferred, step.Id, index, reason), .. plan.Audit] };
            return await CommitAsync(envelope, plan, default, others).ConfigureAwait(false);
        }

        private async Task<ExpansionProgress> ProgressAsync()
        {
            if (await runtime.Spool.ReadDocumentAsync(BoundaryDocuments.Expansion, step.Id.ToString()).ConfigureAwait(false) is not { } json) return ExpansionProgress.None;
            return BoundaryDocuments.ReadExpansion(json);
        }
    }

    private static readonly Reply ListAway = new(451, new EnhancedStatusCode(4, 3, 0), "the list can't work on it now");
}
