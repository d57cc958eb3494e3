using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Switching.Boundaries;

namespace MilSwitch.Switching.Partitions;

/// <summary>The steps that take receipts (RFC 2634 §2) for copies that left a domain.</summary>
internal static partial class MessageSteps
{
    private sealed partial class Run
    {
        /// <summary>Those at whose address a boundary that leads the other way awaits receipts.</summary>
        private static ImmutableArray<int> AwaitedBy(BoundarySettings? back, Envelope envelope, ImmutableArray<int> whom) =>
            back?.Receipts is { } receipts && Mailbox.TryParse(receipts.Address, allowUtf8: false, out var address, out _)
                ? [.. whom.Where(i => envelope.Recipients[i].Address == address)]
                : [];

        // The receipt for the originator, what is remembered of it, and the end of the one that came are one commit; that one stays as evidence.
        private async Task<PartitionEvents.StepDone> ReceiveAsync(Passage start, BoundarySettings asking, int[] others)
        {
            var envelope = start.Envelope;
            var receipt = await runtime.Crossing.ReceiveAsync(start, asking).ConfigureAwait(false);
            var passage = receipt.Passage;
            var decision = passage.Decisions[^1];
            if (decision.Outcome is not (StepOutcome.Go or StepOutcome.Skip))
            {
                ImmutableArray<AuditEvent> told = receipt.IsFalse ? [new AuditEvent(Now, AuditKind.Verified, receipt.Sent!.Id, -1, $"{step.Id} is no receipt for it: {receipt.Judgement!.Reason}")] : [];
                var done = await EndAsync(envelope, new CrossingOutcome.Ended(passage, start.Recipients), others, told).ConfigureAwait(false);
                // Nothing is concluded from it but that a person should look.
                if (receipt.IsFalse) Note(receipt.Sent!.Id, -1, new AcknowledgmentInput.Receipted(false, Now));
                return done;
            }

            var answer = decision.Outcome is StepOutcome.Go ? receipt.Answer : null;
            var (sent, original) = (receipt.Sent!, receipt.Original!);
            var what = passage.Boundary.Name + receipt switch
            {
                { IsAgain: true } => $": a receipt for {sent.Id} that came before; nothing changes",
                { IsUnheard: true } => $": a receipt for {sent.Id} of which its originator hears nothing",
                _ => $": the receipt for {sent.Id}: {passage.Next}",
            };
            var plan = OutcomePolicy.Cross(step.Id, envelope, step.Statuses, start.Recipients, what, null, Now);
            var made = await AnswersAsync(answer is null ? [] : [answer]).ConfigureAwait(false);
            try
            {
                var operation = new SpoolOperation(partition.Epoch)
                {
                    Accept = [.. made.Select(m => m.Message)],
                    Recipients = plan.Changes,
                    Messages = plan.Message is { } change && change.State != step.State ? [change] : [],
                    Documents =
                    [
                        .. await DocumentsAsync(passage, decision.Outcome, start.Recipients, answer is null ? "" : made[0].Message.Id.ToString()).ConfigureAwait(false),
                        .. made.Select(m => m.Receipt.Asked.Write(sent.Id)),
                    ],
                    Audit =
                    [
                        .. Told(passage), .. plan.Audit,
                        .. made.Select(m => new AuditEvent(Now, AuditKind.Verified, sent.Id, receipt.Recipient, $"receipt {step.Id} is good: {m.Receipt.Grade.Keyword()}{(receipt.Judgement!.Gateway is { Length: > 0 } gateway ? $", says {gateway}" : "")}")),
                        .. Given(made),
                    ],
                };
                if (await CommitWholeAsync(operation, envelope.Precedence).ConfigureAwait(false) is not { } result) return Vanished() with { Fenced = true };
                if (!receipt.IsAgain) Note(sent.Id, receipt.Recipient, receipt.Acknowledges(Now));
                if (plan.IsDone && step.Reroute is not null) await ForgetRerouteAsync(runtime.Spool, step.Id).ConfigureAwait(false);
                return Done(envelope, plan.Statuses, plan.Message?.State ?? step.State, others, Spawned(made, result));
            }
            finally
            {
                foreach (var (_, message) in made) await message.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async Task<ImmutableArray<(OriginatorReceipt Receipt, NewMessage Message)>> AnswersAsync(ImmutableArray<OriginatorReceipt> receipts)
        {
            var made = ImmutableArray.CreateBuilder<(OriginatorReceipt, NewMessage)>(receipts.Length);
            try
            {
                foreach (var receipt in receipts)
                    made.Add((receipt, receipt.As(runtime.NextId(partition.Epoch.Partition), await StageAsync(receipt.Message).ConfigureAwait(false), Now, runtime.Configuration.Duplicates.Enabled)));
                return made.MoveToImmutable();
            }
            catch
            {
                // Nobody else knows of them.
                foreach (var (_, message) in made) await message.Content.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        private IEnumerable<AuditEvent> Given(ImmutableArray<(OriginatorReceipt Receipt, NewMessage Message)> made) =>
            made.Select(m => new AuditEvent(Now, AuditKind.Reported, m.Receipt.About.Original, -1, $"{m.Message.Id}: receipt {m.Receipt.Grade.Keyword()}"));

        // Two of the same that came at once: the store knows the second.
        private static ImmutableArray<PartitionCommands.TakeOver> Spawned(ImmutableArray<(OriginatorReceipt Receipt, NewMessage Message)> made, CommitResult result) =>
            Spawned([.. made.Select(m => m.Message)], result);

        // Somebody may have to get it in the place of a recipient who took it and keeps silent.
        private async Task<OutcomePlan> KeptForActionPointAsync(Envelope envelope, OutcomePlan plan, ImmutableArray<Acknowledgment> expected)
        {
            if (plan.Message is not { DropContent: true } end) return plan;
            if (expected.Any(e => e.ActionPoint is not null)) return plan with { Message = end with { DropContent = false } };
            if (envelope.Origin.ReleasedBy is { } name)
            {
                if (runtime.Configuration.Boundaries.Boundaries.FirstOrDefault(b => b.Name == name) is not { ActionPoint: not null }) return plan;
            }
            else if (!MayBeFollowed(envelope) || !runtime.Configuration.Routes.Routes.Any(r => r.Link?.Follow?.ActionPoint is not null))
            {
                return plan;
            }

            return await runtime.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, step.Id.ToString()).ConfigureAwait(false) is null ? plan : plan with { Message = end with { DropContent = false } };
        }

        // Of what a boundary released; of what stays in its domain see TellFollowing.
        private void TellHandedOn(Envelope envelope, OutcomePlan plan, PartitionEvents.StepDone done)
        {
            if (done.Fenced || envelope.Origin.ReleasedBy is null) return;
            foreach (var change in plan.Changes.Where(c => c.State is RecipientState.Delivered)) Note(step.Id, change.Index, new AcknowledgmentInput.HandedOn(Now));
        }

        // An answer may come to any node; the message is followed where its partition is.
        private void Note(MessageId message, int recipient, AcknowledgmentInput input)
        {
            var note = new AcknowledgmentCommands.Note(message, recipient, input);
            if (runtime.Partitions.Holds(message.Partition)) runtime.Acknowledgments.Actor.Tell(note, ActorRefs.NoSender);
            else runtime.Owners.Tell(note);
        }
    }
}
