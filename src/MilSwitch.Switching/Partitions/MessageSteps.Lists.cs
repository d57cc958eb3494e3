using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Lists;

namespace MilSwitch.Switching.Partitions;

/// <summary>The steps that distribute a message to the members of a mailing list.</summary>
internal static partial class MessageSteps
{
    private static readonly Reply NotPermitted = new(550, new EnhancedStatusCode(5, 7, 2), "you may not write to this list");

    private static readonly Reply ListAway = new(451, new EnhancedStatusCode(4, 3, 0), "the list can't work on it now");

    private static readonly Reply WithheldForNow = new(451, new EnhancedStatusCode(4, 7, 1), "withheld by security policy, and waits for a person");

    /// <summary>Members who are named in one line of the trail.</summary>
    private const int MostNamed = 20;

    private sealed partial class Run
    {
        /// <summary>
        /// One copy for the next members. What is committed with it says how far the list has come, so that a crash in between serves
        /// nobody twice; the message then waits for its turn again, and urgent ones come before the rest of a long list.
        /// </summary>
        private async Task<PartitionEvents.StepDone> DistributeAsync(StoredMessage stored, int index, int[] others)
        {
            // Before the settings: what is distributed by older ones than it names is refused by the store, and judged again.
            var policy = runtime.JudgedBy;
            var configuration = runtime.Configuration;
            var envelope = stored.Envelope;
            if (configuration.Profilers.Find(envelope.Domain, envelope.Recipients[index].Address) is { } profiling)
                return await ProfileAsync(stored, index, others, profiling, configuration, policy).ConfigureAwait(false);
            if (configuration.Lists.Find(envelope.Domain, envelope.Recipients[index].Address) is not { } list) return await ResumeAsync().ConfigureAwait(false);
            var unusable = 0;
            if (list.AsksDirectory)
            {
                if (runtime.ListMembers is not { } directory) return await HoldListAsync(envelope, index, "nothing in this node asks directories", others).ConfigureAwait(false);
                switch (await directory.OfAsync(list, CancellationToken.None).ConfigureAwait(false))
                {
                    case ListMembersAnswer.Unavailable silent:
                        return await LaterAsync(envelope, index, $"{list.Address.Text}: who its members are is not known: {silent.Reason}", others).ConfigureAwait(false);
                    case ListMembersAnswer.Known known:
                        (list, unusable) = (list.With(known.Members), known.Unusable);
                        break;
                }

                if (list.Members.IsEmpty) return await HoldListAsync(envelope, index, $"{list.Address.Text}: the directory names no members", others).ConfigureAwait(false);
            }

            using var room = await RoomAsync(envelope).ConfigureAwait(false);
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return await HoldAsync([index], "the content is missing or damaged", AuditKind.Damaged).ConfigureAwait(false);
            OpenedMessage? opened = null;
            if (list.Opening is { } opening)
            {
                if (runtime.BoundaryProtection is not { } protection) return await HoldListAsync(envelope, index, "nothing in this node takes protection off", others).ConfigureAwait(false);
                var outcome = await protection.OpenAsync(content, opening, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
                if (outcome is OpeningOutcome.Unavailable closed) return await LaterAsync(envelope, index, closed.Reason, others).ConfigureAwait(false);
                opened = ((OpeningOutcome.Read)outcome).Message;
            }

            var lineage = await ListLineage.OfAsync(runtime.Spool, stored).ConfigureAwait(false);
            var subject = ListReading.Of(stored, lineage, content, opened, configuration);
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
            var turn = ListPolicy.Turn(list, subject.Exempted, progress, index);
            var label = ListReading.LabelOf(envelope.Label, opened, configuration);
            var making = await MakeAsync(list, envelope, content, opened, label, turn.Members).ConfigureAwait(false);
            if (making.Fault is DepartureOutcome.Unavailable away) return await LaterAsync(envelope, index, away.Reason, others).ConfigureAwait(false);
            if (making.Fault is DepartureOutcome.Impossible never && (making.Without.IsEmpty || (making.Content is null && !progress.Only.IsEmpty)))
                return await HoldListAsync(envelope, index, $"{list.Address.Text}: {never.Reason}", others).ConfigureAwait(false);

            var writer = new ListCopies(configuration, list, stored, envelope.Recipients[index], ListCopies.OriginOf(lineage, opened), label, Now);
            var copies = ImmutableArray.CreateBuilder<NewMessage>(2);
            var documents = ImmutableArray.CreateBuilder<StoredDocument>(2);
            try
            {
                if (making.Content is { } octets)
                {
                    var served = turn.Members.Except(making.Without).ToImmutableArray();
                    copies.Add(writer.Copy(runtime.NextId(partition.Epoch.Partition), served, octets, await StageAsync(octets).ConfigureAwait(false), anew: !progress.Only.IsEmpty));
                }

                if (making is { Without.IsEmpty: false, Fault: DepartureOutcome.Impossible why })
                {
                    // They wait by themselves, for a person, as the list's message that is for them alone: released it is tried anew.
                    var id = runtime.NextId(partition.Epoch.Partition);
                    copies.Add(writer.LeftOver(id, await StageAsync(content).ConfigureAwait(false), $"{list.Address.Text}: {why.Reason}"));
                    documents.Add(ExpansionDocuments.Write(id, ExpansionProgress.None with { Only = [.. making.Without.Select(m => m.Text)] }));
                }

                if (!turn.IsLast) documents.Add(ExpansionDocuments.Write(step.Id, progress with { After = progress.After.SetItem(index, turn.Members[^1].Text) }));
                var made = copies.ToImmutable();
                var detail = Detail(list, made, unusable);
                var plan = turn.IsLast
                    ? OutcomePolicy.Expand(step.Id, envelope, step.Statuses, index, detail, Told(list), Now)
                    : new OutcomePlan(step.Statuses, [], null, [new AuditEvent(Now, AuditKind.Expanded, step.Id, index, detail + ", to be continued")], [], []);
                plan = plan with { Audit = [.. making.Notes.Select(n => new AuditEvent(Now, n.Kind, step.Id, index, n.Detail)), .. plan.Audit, .. Told(made)] };
                return await CommitAsync(
                    envelope, plan, default, turn.IsLast ? others : [index, .. others], documents: documents.ToImmutable(), copies: made, policy: policy).ConfigureAwait(false);
            }
            finally
            {
                foreach (var copy in copies) await copy.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        /// <summary>What came of making a copy.</summary>
        /// <param name="Content">Null: nobody gets one.</param>
        /// <param name="Notes">For the trail.</param>
        /// <param name="Without">Members for whom it could not be made.</param>
        /// <param name="Fault">Why not for them, or for all; null: it was made for all.</param>
        private sealed record Making(ReadOnlyMemory<byte>? Content, ImmutableArray<ProtectionNote> Notes, ImmutableArray<Mailbox> Without, DepartureOutcome? Fault);

        // Whoever can't be encrypted for is left out of the copy, and the copy is made for the others.
        private async Task<Making> MakeAsync(
            MailingList list, Envelope envelope, ReadOnlyMemory<byte> content, OpenedMessage? opened, MessageLabel? label, ImmutableArray<Mailbox> members)
        {
            if (members.IsEmpty) return new Making(null, [], [], null);
            if (list is { Expansion: null, Encrypt: null }) return new Making(content, [], [], null);
            if (runtime.Protection is not { } protection) return new Making(null, [], [], new DepartureOutcome.Impossible("nothing in this node signs or encrypts", []));
            var settings = new DepartureProtection { Encrypt = list.Encrypt, Kept = opened?.Kept, Expansion = list.Expansion };
            var source = opened?.Content ?? content;
            // The list's signature repeats what the outermost one said, whose place it takes.
            var labels = (label?.Encoded ?? opened?.Labels.LastOrDefault(l => l.IsBelieved)?.Encoded) is { } encoded ? new DepartureLabels(source, encoded, [], []) : null;
            var (without, fault) = (ImmutableArray<Mailbox>.Empty, default(DepartureOutcome.Impossible));
            while (!members.IsEmpty)
            {
                switch (await protection.ProtectAsync(source, settings, members, labels, envelope.Precedence, CancellationToken.None).ConfigureAwait(false))
                {
                    case DepartureOutcome.Protected done:
                        return new Making(done.Content, done.Notes, without, fault);
                    case DepartureOutcome.Impossible { Recipients.IsEmpty: false } some:
                        fault ??= some;
                        without = [.. without, .. some.Recipients.Select(i => members[i])];
                        members = [.. members.Except(without)];
                        break;
                    case var outcome:
                        return new Making(null, [], [], outcome);
                }
            }

            return new Making(null, [], without, fault);
        }

        // RFC 3461 §5.2.7.1: it is where the message was to go; §5.2.7.3: it stands for others, of whom more may be heard.
        private static ReportAction Told(Distributor distributor) => distributor.Owner is null ? ReportAction.Expanded : ReportAction.Delivered;

        private static string Detail(MailingList list, ImmutableArray<NewMessage> copies, int unusable)
        {
            var whom = copies.IsEmpty
                ? "no member is left"
                : string.Join(", ", copies.Select(c => c.HeldBecause is null ? $"{c.Id}, {c.Envelope.Recipients.Length} members" : $"{c.Id} for those left over"));
            return $"{list.Address.Text}: {whom}; version {list.Version}{(unusable > 0 ? $"; {unusable} values of the directory are no addresses" : "")}";
        }

        /// <summary>The trail of the message that came to a list or a profiler tells who of those behind it did not get it, whoever looks at it alone.</summary>
        private AuditEvent? Withheld(StoredMessage copy, int[] whom, string reason)
        {
            if (copy.Envelope.Origin.DistributedBy is not { } address || copy.Parent is not { } parent) return null;
            var names = string.Join(", ", whom.Take(MostNamed).Select(i => copy.Envelope.Recipients[i].Address.Text));
            var more = whom.Length > MostNamed ? $" and {whom.Length - MostNamed} more" : "";
            return new AuditEvent(Now, AuditKind.Withheld, parent, -1, $"{address}: {names}{more}: {reason} ({copy.Id})");
        }

        private IEnumerable<AuditEvent> Told(ImmutableArray<NewMessage> copies) => copies.SelectMany(c => c.HeldBecause is { } held
            ? (AuditEvent[])[new AuditEvent(Now, AuditKind.Accepted, c.Id, -1, $"left over from {step.Id}"), new AuditEvent(Now, AuditKind.Held, c.Id, -1, held)]
            : [new AuditEvent(Now, AuditKind.Accepted, c.Id, -1, $"{c.Envelope.Origin.Listener} from {step.Id}")]);

        private async Task<PartitionEvents.StepDone> HoldListAsync(Envelope envelope, int index, string reason, int[] others) => await CommitAsync(
            envelope, OutcomePolicy.Set(step.Id, envelope, step.Statuses, [index], RecipientState.Held, AuditKind.Held, reason, null, false, Now), default, others).ConfigureAwait(false);

        private async Task<PartitionEvents.StepDone> LaterAsync(Envelope envelope, int index, string reason, int[] others)
        {
            var plan = OutcomePolicy.Later(step.Id, envelope, step.Statuses, [index], ListAway, runtime.Configuration.Precedences, Now);
            plan = plan with { Audit = [new AuditEvent(Now, AuditKind.Deferred, step.Id, index, reason), .. plan.Audit] };
            return await CommitAsync(envelope, plan, default, others).ConfigureAwait(false);
        }

        private async Task<ExpansionProgress> ProgressAsync() =>
            await runtime.Spool.ReadDocumentAsync(ExpansionDocuments.Kind, step.Id.ToString()).ConfigureAwait(false) is { } json ? ExpansionDocuments.Read(json) : ExpansionProgress.None;
    }
}
