using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Labels.Policies;
using MilSwitch.Switching.Labelling;
using MilSwitch.Switching.Operations;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching.Partitions;

internal static partial class MessageSteps
{
    private sealed partial class Run
    {
        /// <summary>
        /// A new message, changed as asked, takes the place of this one for the held recipients. It is in the same security domain
        /// and is judged from the beginning; the old one keeps its content as evidence.
        /// </summary>
        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> CorrectAsync(
            StoredMessage stored, ImmutableArray<HeldStep> steps, ImmutableArray<BoundaryApproval> approvals, ImmutableArray<int> held, HoldingOrder.Correct order, OperatorIdentity who)
        {
            try
            {
                var envelope = Corrected(stored.Envelope, held, order.Change);
                using var room = await runtime.ProtectionRoom.TakeAsync(
                    order.Change.ChangesContent ? 2 * stored.Size : stored.Size, runtime.Configuration.Budgets.ProtectionInMemory, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
                var reader = await runtime.Spool.OpenContentAsync(step.Id).ConfigureAwait(false);
                if (reader is null) return Refused("its content is gone");
                await using (reader.ConfigureAwait(false))
                {
                    var content = await Octets.ReadAllAsync(reader, CancellationToken.None).ConfigureAwait(false);
                    var changed = content;
                    var (needed, given) = (1, ImmutableArray.Create(who.Name));
                    if (order.Change.ChangesContent)
                    {
                        var policies = runtime.Configuration.LabelCatalogue is LabelCatalogueList list ? list.Policies : PolicySet.Empty;
                        changed = ContentCorrection.Apply(content, order.Change, policies, runtime.Configuration.HostName, Now);
                        if (order.Change.Recipients.IsEmpty && changed.Span.SequenceEqual(content.Span)) return Refused("it is like that already");
                        needed = steps.SelectMany(s => runtime.Configuration.Boundaries.Boundaries.Where(b => b.Name == s.Boundary)).Select(b => b.CorrectApprovals).DefaultIfEmpty(1).Max();
                        ImmutableArray<string> before =
                            [.. approvals.Where(a => a.Step == MessageCorrection.Step && a.Reasons == order.Change.Digest).Select(a => a.Who).Distinct(StringComparer.Ordinal)];
                        if (before.Contains(who.Name)) return Conflict($"{who.Name} has asked for it already: another person has to ask for the same");
                        given = before.Add(who.Name);
                        if (given.Length < needed) return await ProposeAsync(stored.Envelope, approvals, order, who, needed, given).ConfigureAwait(false);
                    }

                    return await ReplaceAsync(stored, envelope, content, changed, held, order, who.Name, needed, given).ConfigureAwait(false);
                }
            }
            catch (FormatException refused)
            {
                return Refused(refused.Message);
            }
            catch (ContentDamagedException)
            {
                return Refused("its content is damaged");
            }
        }

        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> ProposeAsync(
            Envelope envelope, ImmutableArray<BoundaryApproval> approvals, HoldingOrder.Correct order, OperatorIdentity who, int needed, ImmutableArray<string> given)
        {
            var detail = $"{MessageCorrection.Step}, {given.Length} of {needed}: {order.Change}: {order.Reason}";
            var approval = new BoundaryApproval(MessageCorrection.Step, order.Change.Digest, who.Name, Now, $"{order.Change}: {order.Reason}");
            var plan = OutcomePolicy.Set(step.Id, envelope, step.Statuses, [], RecipientState.Held, AuditKind.Approved, detail, who.Name, false, Now);
            var done = await CommitOrderAsync(
                envelope, plan, [new StoredDocument(BoundaryDocuments.Approvals, step.Id.ToString(), BoundaryDocuments.Write(approvals.Add(approval)))], null, []).ConfigureAwait(false);
            return (new HoldingResult(HoldingOutcome.ApprovalNeeded, "recorded; another person has to ask for the same correction") { Needed = needed, Given = given }, done);
        }

        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> ReplaceAsync(
            StoredMessage stored, Envelope envelope, ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> changed, ImmutableArray<int> held, HoldingOrder.Correct order, string who,
            int needed, ImmutableArray<string> given)
        {
            var id = runtime.NextId(partition.Epoch.Partition);
            var all = string.Join(", ", given);
            await using var writer = runtime.Spool.CreateContent();
            await writer.WriteAsync(changed).ConfigureAwait(false);
            await using var staged = await writer.CompleteAsync().ConfigureAwait(false);
            if (order.Change.ChangesContent) envelope = MilitaryEnvelope.With(envelope, HeaderBlock.Scan(changed, int.MaxValue, int.MaxValue));
            var made = new NewMessage(id, envelope, stored.Trace, staged, stored.MessageIdField, RecipientState.Queued, step.Id);
            var plan = OutcomePolicy.Set(
                step.Id, stored.Envelope, step.Statuses, held, RecipientState.Corrected, AuditKind.Corrected, $"{id}: {order.Change}: {order.Reason}", who, false, Now);
            plan = plan with { Audit = plan.Audit.Add(new AuditEvent(Now, AuditKind.Corrected, id, -1, $"made from {step.Id}: {order.Change}: {order.Reason}", all)) };
            var custody = Custody(CustodyChain.Digest(content), CustodyChain.Digest(changed), stored.Envelope.ArrivedAt, order, all);
            var done = await CommitOrderAsync(
                stored.Envelope, plan, [new StoredDocument(BoundaryDocuments.Custody, id.ToString(), BoundaryDocuments.Write(custody))], made, []).ConfigureAwait(false);
            return (new HoldingResult(HoldingOutcome.Done, $"corrected; {id} takes its place") { Needed = needed, Given = given, Made = id }, done);
        }

        private ImmutableArray<CustodyRecord> Custody(string before, string after, DateTimeOffset arrived, HoldingOrder.Correct order, string who)
        {
            var chain = CustodyChain.Append([], new CustodyRecord(0, arrived, step.Id.ToString(), "accepted", "", before, "holding", "it came", runtime.Configuration.Node, ""));
            return CustodyChain.Append(
                chain, new CustodyRecord(0, Now, step.Id.ToString(), "corrected", before, after, $"holding/{MessageCorrection.Step}", $"{order.Change}: {order.Reason}", who, ""));
        }

        private Envelope Corrected(Envelope envelope, ImmutableArray<int> held, MessageCorrection change)
        {
            var others = change.Recipients.Where(r => !held.Any(i => envelope.Recipients[i].Address == r.Old)).ToArray();
            if (others.Length > 0) throw new FormatException($"{others[0].Old.Text} is none of the recipients that are held");
            var twice = change.Recipients.GroupBy(r => r.Old).FirstOrDefault(g => g.Count() > 1);
            if (twice is not null) throw new FormatException($"{twice.Key.Text} is named twice");
            var recipients = ImmutableArray.CreateBuilder<Recipient>(held.Length);
            foreach (var index in held)
            {
                var recipient = envelope.Recipients[index];
                foreach (var (old, next) in change.Recipients)
                {
                    if (old == envelope.Recipients[index].Address) recipient = recipient with { Address = next };
                }

                if (recipients.Any(r => r.Address == recipient.Address)) throw new FormatException($"{recipient.Address.Text} would be there twice");
                if (recipient.Address.NeedsUtf8 && !envelope.SmtpUtf8) throw new FormatException($"{recipient.Address.Text} needs SMTPUTF8, and the message came without");
                if (recipient.Address != envelope.Recipients[index].Address && runtime.Configuration.DistributorAt(envelope.Domain, recipient.Address) is null && runtime.Configuration.Routes.Find(runtime.Configuration.Resolve(recipient).Address) is null)
                    throw new FormatException($"no route takes {recipient.Address.Text}");
                // It would be a duplicate of the one that it takes the place of.
                recipients.Add(recipient with { DuplicateKey = null });
            }

            return envelope with
            {
                Recipients = recipients.ToImmutable(),
                Precedence = recipients.Max(r => r.Precedence),
                Label = change.Label ?? envelope.Label,
                // A person made another message of it.
                Tracking = null,
                // Its time begins anew: it begins at the beginning.
                ArrivedAt = Now,
            };
        }

        private static (HoldingResult Result, PartitionEvents.StepDone? Done) Refused(string text) => (new HoldingResult(HoldingOutcome.Refused, text), null);
    }
}
