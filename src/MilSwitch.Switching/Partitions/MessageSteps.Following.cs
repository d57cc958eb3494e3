using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Partitions;

/// <summary>The steps of messages that are followed although they stay in their security domain, and of what comes back about them.</summary>
internal static partial class MessageSteps
{
    private const int MostMeant = 10;

    private sealed partial class Run
    {
        private bool MayBeFollowed(Envelope envelope) =>
            runtime.Configuration.Routes.Follows && !envelope.ReversePath.IsNull && envelope.Origin is { ReleasedBy: null, Listener: not Origin.Switch };

        /// <summary>
        /// Those of whom the originator asked to hear, when the first of them is handed on or given up: to be committed with that. None:
        /// nobody asked, no link of theirs follows, or they are followed already.
        /// </summary>
        /// <returns>Those, and what the store keeps of it.</returns>
        private async Task<(ImmutableArray<Acknowledgment> Expected, ImmutableArray<StoredDocument> Documents)> ExpectedHereAsync(Envelope envelope, OutcomePlan plan, LoadedMessage loaded)
        {
            if (!MayBeFollowed(envelope) || !plan.Changes.Any(c => c.State.IsFinal())) return ([], []);
            var find = Finder(runtime, envelope, step.Reroute);
            var isUnder = runtime.Configuration.Releases.IsUnder(envelope);
            var whom = Enumerable.Range(0, envelope.Recipients.Length)
                .Where(i => !MustPass(runtime.Configuration, envelope, find, i, isUnder))
                .Select(i => (Index: i, Recipient: envelope.Recipients[i], Link: find(envelope.Recipients[i])))
                .Where(r => r.Link?.Follow is not null).ToArray();
            if (whom.Length is 0) return ([], []);
            var header = await HeaderAsync(loaded).ConfigureAwait(false);
            var disposition = header.CountOf("Disposition-Notification-To"u8) > 0 ? ExpectedEvidence.Disposition : ExpectedEvidence.None;
            // Who was told "relayed" knows that no report will come from beyond; what a delivery agent says is one.
            var relayed = plan.Reports.Where(r => r.Action is ReportAction.Relayed).SelectMany(r => r.Recipients).Select(r => r.Index).ToHashSet();
            // Nobody can answer before the time that the client itself asked for (RFC 4865).
            var from = envelope.HoldUntil is { } held && held > envelope.ArrivedAt ? held : envelope.ArrivedAt;
            var expected = whom.ToDictionary(r => r.Index, r => disposition
                | (r.Recipient.Notify.HasFlag(NotifyOptions.Success) && (r.Link!.Protocol is LinkProtocol.Lmtp || !relayed.Contains(r.Index)) ? ExpectedEvidence.Report : ExpectedEvidence.None));
            var answering = whom.Where(r => r.Link!.Follow!.Receipts is not null).ToArray();
            var mayAsk = answering.Length > 0 && ProtectedContent.Is(header);
            if ((!mayAsk && expected.Values.All(e => e is ExpectedEvidence.None)) || await IsFollowedAsync().ConfigureAwait(false)) return ([], []);
            var asked = mayAsk ? await AskedHereAsync(envelope, [.. answering.SelectMany(r => r.Link!.Protection?.Keys ?? []).Distinct()]).ConfigureAwait(false) : null;
            foreach (var one in answering.Where(r => asked?.IsAsked(r.Recipient.Address.Text) is true)) expected[one.Index] |= ExpectedEvidence.Receipt;
            ImmutableArray<Acknowledgment> followed =
            [
                .. whom.Where(r => expected[r.Index] is not ExpectedEvidence.None).Take(AcknowledgmentDocuments.MostRecipients)
                    .Select(r => new Acknowledgment(step.Id, r.Index, r.Recipient.Precedence, from, expected[r.Index]) { ActionPoint = r.Link!.Follow!.ActionPoint }),
            ];
            if (followed.IsEmpty) return ([], []);
            ImmutableArray<StoredDocument> documents = [AcknowledgmentDocuments.Write(step.Id, followed)];
            return (followed, followed.Any(f => f.Expected.HasFlag(ExpectedEvidence.Receipt)) ? [.. documents, .. KeptFor(envelope, asked!)] : documents);
        }

        private async Task<bool> IsFollowedAsync() =>
            await runtime.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, step.Id.ToString()).ConfigureAwait(false) is not null
            || await runtime.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, step.Id.ToString()).ConfigureAwait(false) is not null;

        private async Task<HeaderBlock> HeaderAsync(LoadedMessage loaded)
        {
            var head = loaded is { Protection: null, Labels: not { Writes: true }, Content.Inline: { } inline } ? inline : (await ReadHeadAsync().ConfigureAwait(false)).Head;
            return HeaderBlock.Scan(head, int.MaxValue, int.MaxValue);
        }

        /// <summary>What a report that goes to its originator says of messages that are followed, as far as who handed it in is believed.</summary>
        private async Task<ImmutableArray<(MessageId Message, int Recipient, AcknowledgmentInput Input)>> AnswersHereAsync(Envelope envelope, OutcomePlan plan)
        {
            if (!runtime.Configuration.Routes.Follows || !envelope.ReversePath.IsNull || envelope.Origin is { IsOwnText: true } or { ReleasedBy: not null }) return [];
            // Whom no link believes need not be read.
            if (!plan.Changes.Any(c => c.State is RecipientState.Delivered) || !runtime.Configuration.Routes.Routes.Any(r => r.Link?.Follow?.Believes(envelope.Origin.ClientAddress) is true)) return [];
            if (await ReadReportAsync().ConfigureAwait(false) is not { } message || BoundaryReportReader.Read(message) is not { IsWellFormed: true } read) return [];
            var query = read switch
            {
                { Delivery.OriginalEnvelopeId: { } envelopeId } => new MessageQuery { EnvelopeId = envelopeId, Limit = MostMeant },
                { Delivery: not null } when DeliveryReportReader.TryRead(message, out var loose) && loose.OriginalMessageId is { } named => new MessageQuery { MessageIdField = named, Limit = MostMeant },
                { Disposition.OriginalMessageId: { } named } => new MessageQuery { MessageIdField = named, Limit = MostMeant },
                _ => null,
            };
            if (query is null) return [];
            var answers = ImmutableArray.CreateBuilder<(MessageId, int, AcknowledgmentInput)>();
            foreach (var sent in await runtime.Spool.QueryAsync(query).ConfigureAwait(false))
            {
                if (sent.Envelope.Domain != envelope.Domain || !MayBeFollowed(sent.Envelope)) continue;
                var find = Finder(runtime, sent.Envelope, null);
                if (read.Delivery is { } delivery)
                {
                    foreach (var matched in ReportMatch.Of(delivery, sent.Envelope)) Add(matched.Index, new AcknowledgmentInput.Reported(matched.Action, Now));
                }

                if (read.Disposition is { } disposition && ReportMatch.Of(disposition, sent.Envelope) is { } index) Add(index, new AcknowledgmentInput.Disposed(disposition.Disposition, Now));

                void Add(int recipient, AcknowledgmentInput input)
                {
                    if (find(sent.Envelope.Recipients[recipient])?.Follow?.Believes(envelope.Origin.ClientAddress) is true) answers.Add((sent.Id, recipient, input));
                }
            }

            return answers.ToImmutable();
        }

        // Null: it is gone, damaged, or larger than a report that is read.
        private async Task<byte[]?> ReadReportAsync()
        {
            try
            {
                await using var reader = await runtime.Spool.OpenContentAsync(step.Id).ConfigureAwait(false);
                if (reader is null || reader.Length > BoundaryReportReader.LongestReport) return null;
                if (reader.Inline is { } inline) return inline.ToArray();
                var message = new byte[reader.Length];
                var length = 0;
                while (length < message.Length && await reader.ReadAsync(message.AsMemory(length)).ConfigureAwait(false) is > 0 and var count) length += count;
                return length == message.Length ? message : null;
            }
            catch (ContentDamagedException)
            {
                return null;
            }
        }

        // What became of recipients by this attempt, to whoever follows the message.
        private void TellFollowing(Envelope envelope, OutcomePlan plan, ImmutableArray<Acknowledgment> expected, PartitionEvents.StepDone done)
        {
            if (done.Fenced) return;
            if (!expected.IsEmpty) runtime.Acknowledgments.Actor.Tell(new AcknowledgmentCommands.Expect(step.Id, expected, IsStored: true), ActorRefs.NoSender);
            if (!MayBeFollowed(envelope)) return;
            var find = Finder(runtime, envelope, step.Reroute);
            foreach (var change in plan.Changes)
            {
                if (find(envelope.Recipients[change.Index]) is not { Follow: not null } link) continue;
                switch (change.State)
                {
                    case RecipientState.Delivered:
                        Note(step.Id, change.Index, new AcknowledgmentInput.HandedOn(Now));
                        // RFC 2033: a delivery agent answers for the mailbox itself.
                        if (link.Protocol is LinkProtocol.Lmtp) Note(step.Id, change.Index, new AcknowledgmentInput.Reported(ReportAction.Delivered, Now));
                        break;
                    case RecipientState.Failed or RecipientState.Expired:
                        Note(step.Id, change.Index, new AcknowledgmentInput.Reported(ReportAction.Failed, Now));
                        break;
                }
            }
        }
    }
}
