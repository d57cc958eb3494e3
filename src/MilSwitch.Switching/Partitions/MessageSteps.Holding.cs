using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Switching.Partitions;

internal static partial class MessageSteps
{
    // The reason is told only as far as the person wants it told.
    private static readonly Reply Rejected = new(554, new EnhancedStatusCode(5, 7, 1), "rejected on review");

    private sealed partial class Run
    {
        /// <summary>
        /// A person decides about the held recipients. Steps of one message run one after the other, so that two who decide at
        /// once are both counted, and the second of them sees what the first said.
        /// </summary>
        public async Task<PartitionEvents.StepDone> JudgeAsync(MessageActor.Judge judge)
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored)
            {
                judge.Asker.Tell(Conflict("not pending").Result);
                return Vanished();
            }

            var (id, order, who) = judge.Command;
            var held = Open.Where(i => step.Statuses[i].State.IsHeld()).ToImmutableArray();
            var (result, done) = step.State is MessageState.Binned ? Conflict("deleted; restore it first")
                : held.IsEmpty ? Conflict("not held")
                : order is not (HoldingOrder.Reject or HoldingOrder.RejectDraft) && stored.Envelope.Origin.IsOf(who.Name) ? Conflict($"{who.Name} sent it: another person has to decide")
                : await DecideAsync().ConfigureAwait(false);
            judge.Asker.Tell(done is { Fenced: true } ? new HoldingResult(HoldingOutcome.Failed, "another node owns it") : result);
            // Nothing was withdrawn, so nothing is planned anew.
            return done ?? Done(stored.Envelope, step.Statuses, step.State, [], []);

            async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> DecideAsync()
            {
                var approvals = await MessageEvidence.ApprovalsAsync(runtime.Spool, id, CancellationToken.None).ConfigureAwait(false);
                var passages = await MessageEvidence.PassagesAsync(runtime.Spool, id, CancellationToken.None).ConfigureAwait(false);
                var steps = HeldStep.Find(passages, approvals, held);
                return order switch
                {
                    HoldingOrder.Approve approve => await ApproveAsync(stored, steps, approvals, approve, who).ConfigureAwait(false),
                    HoldingOrder.Reject reject => await RejectAsync(stored, held, reject, who).ConfigureAwait(false),
                    HoldingOrder.Authorise authorise => steps.IsEmpty ? await AuthoriseAsync(stored, held, authorise, who).ConfigureAwait(false) : Conflict("a boundary holds it"),
                    HoldingOrder.RejectDraft reject => await RejectDraftAsync(stored, held, steps, reject, who).ConfigureAwait(false),
                    HoldingOrder.Correct correct => await CorrectAsync(stored, steps, approvals, held, correct, who).ConfigureAwait(false),
                    HoldingOrder.Assign assign => await AssignAsync(stored, held, assign, who).ConfigureAwait(false),
                    _ => throw new InvalidOperationException("An unknown order."),
                };
            }
        }

        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> ApproveAsync(
            StoredMessage stored, ImmutableArray<HeldStep> steps, ImmutableArray<BoundaryApproval> approvals, HoldingOrder.Approve order, OperatorIdentity who)
        {
            if (steps.IsEmpty) return Conflict("no boundary holds it; it can be released");
            ImmutableArray<HeldStep> there = [.. steps.Where(s => s.Decision.Step == order.Step)];
            if (there.IsEmpty) return Conflict("that step does not hold it; these do: " + string.Join(", ", steps.Select(s => s.Decision.Step).Distinct()));
            ImmutableArray<HeldStep> meant = order.Reasons is { } digest ? [.. there.Where(s => s.Digest == digest)] : there;
            if (meant.IsEmpty) return Conflict("the reasons are others than those that were seen");
            if (meant.Any(s => s.Digest != meant[0].Digest)) return Conflict("that step holds it for different reasons; say by their digest which are approved");
            var needed = meant.Max(s => s.Decision.Approvals);
            if (meant.Any(s => s.Decision.Approvals is 0)) return Conflict("nobody can lift that step; reject or correct it");
            var given = meant[0].Approvals;
            if (given.Any(a => a.Who == who.Name)) return Conflict($"{who.Name} has approved it already: another person is needed");
            given = given.Add(new BoundaryApproval(order.Step, meant[0].Digest, who.Name, Now, order.Reason));
            var isEnough = given.Length >= needed;
            var detail = $"{order.Step}, {given.Length} of {needed}: {order.Reason}";
            var lifted = isEnough ? meant.SelectMany(s => s.Recipients).Distinct().ToImmutableArray() : [];
            var plan = OutcomePolicy.Set(step.Id, stored.Envelope, step.Statuses, lifted, RecipientState.Queued, AuditKind.Approved, detail, who.Name, false, Now);
            var done = await CommitOrderAsync(
                stored.Envelope, plan, [new StoredDocument(BoundaryDocuments.Approvals, step.Id.ToString(), BoundaryDocuments.Write(approvals.Add(given[^1])))], null, lifted).ConfigureAwait(false);
            var text = isEnough ? "approved; it goes on" : "recorded; it waits for the approval of another person";
            return (new HoldingResult(isEnough ? HoldingOutcome.Done : HoldingOutcome.ApprovalNeeded, text) { Needed = needed, Given = [.. given.Select(a => a.Who)] }, done);
        }

        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> RejectAsync(
            StoredMessage stored, ImmutableArray<int> held, HoldingOrder.Reject order, OperatorIdentity who)
        {
            if (order.Text is { } said && (said.Length > HoldingOrder.Reject.LongestText || said.Any(c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)))
                return Refused(string.Create(CultureInfo.InvariantCulture, $"the text to the originator has more than {HoldingOrder.Reject.LongestText} characters, or some that can't be printed"));
            var reply = order.Text is { } text ? Rejected with { Text = text } : Rejected;
            var plan = OutcomePolicy.Return(step.Id, stored.Envelope, step.Statuses, held, reply, who.Name, Now);
            plan = plan with { Audit = [new AuditEvent(Now, AuditKind.Rejected, step.Id, -1, order.Reason, who.Name), .. plan.Audit] };
            var done = await CommitAsync(stored.Envelope, plan, default, []).ConfigureAwait(false);
            return (new HoldingResult(HoldingOutcome.Done, plan.Reports.IsEmpty ? "rejected; the originator wants no report" : "rejected; a report goes to the originator") { Given = [who.Name] }, done);
        }

        // Everything of one order is one operation: recipients, audit, documents, and the message that it makes.
        private async Task<PartitionEvents.StepDone> CommitOrderAsync(
            Envelope envelope, OutcomePlan plan, ImmutableArray<StoredDocument> documents, NewMessage? made, IEnumerable<int> replan)
        {
            var operation = new SpoolOperation(partition.Epoch)
            {
                Accept = made is null ? [] : [made],
                Recipients = plan.Changes,
                Messages = plan.Message is { } change && change.State != step.State ? [change] : [],
                Audit = plan.Audit,
                Documents = documents,
            };
            if (!await CommitAsync(operation, envelope.Precedence).ConfigureAwait(false)) return Vanished() with { Fenced = true };
            if (plan.IsDone && step.Reroute is not null) await ForgetRerouteAsync(runtime.Spool, step.Id).ConfigureAwait(false);
            ImmutableArray<PartitionCommands.TakeOver> spawned = made is null
                ? []
                : [
                    new PartitionCommands.TakeOver(
                        made.Id, made.Envelope, made.Trace.Length + made.Content.Length,
                        [.. made.Envelope.Recipients.Select(_ => RecipientStatus.Initial(RecipientState.Queued))], null, null),
                ];
            return Done(envelope, plan.Statuses, plan.Message?.State ?? step.State, replan, spawned);
        }

        private static (HoldingResult Result, PartitionEvents.StepDone? Done) Conflict(string text) => (new HoldingResult(HoldingOutcome.Conflict, text), null);
    }
}
