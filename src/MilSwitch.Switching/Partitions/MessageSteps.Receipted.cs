using System.Collections.Immutable;
using System.Text.Json;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching.Partitions;

/// <summary>Signed receipts (RFC 2634 §2) for messages that stay in their security domain: what is kept to judge them by, and what they say. They pass as they came.</summary>
internal static partial class MessageSteps
{
    /// <summary>Octets of a message that is read as a receipt: what the store has in memory anyway.</summary>
    private const int LongestReceipt = 64 << 10;

    /// <summary>What a message that was handed on says as a receipt.</summary>
    /// <param name="Answers">To whoever follows the messages that it is about.</param>
    /// <param name="Audit">To be committed with its own outcome.</param>
    private sealed record ReceiptHere(ImmutableArray<(MessageId Message, int Recipient, AcknowledgmentInput Input)> Answers, ImmutableArray<AuditEvent> Audit)
    {
        public static ReceiptHere None { get; } = new([], []);
    }

    /// <summary>A receipt as it was compared with one message.</summary>
    /// <param name="Sent">That message.</param>
    /// <param name="Judged">What came of it.</param>
    /// <param name="Recipient">Whose it is; −1: of nobody to whom it went. Of one that is not to be believed: who handed it in, where that is a recipient.</param>
    /// <param name="IsAgain">One of this recipient was verified before.</param>
    private sealed record Comparison(StoredMessage Sent, ReceiptJudgement Judged, int Recipient, bool IsAgain);

    private sealed partial class Run
    {
        // Null: nobody asks for a receipt, as far as can be seen here.
        private async Task<ReceiptAsked?> AskedHereAsync(Envelope envelope, ImmutableArray<string> keys)
        {
            if (runtime.Receipts is not { } relay) return null;
            try
            {
                await using var reader = await runtime.Spool.OpenContentAsync(step.Id).ConfigureAwait(false);
                var limit = runtime.Configuration.Budgets.ProtectionInMemory;
                if (reader is null || reader.Length > limit) return null;
                using var room = await runtime.ProtectionRoom.TakeAsync(reader.Length, limit, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
                var sent = await Octets.ReadAllAsync(reader, CancellationToken.None).ConfigureAwait(false);
                return await relay.ReadAsync(sent, keys, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ContentDamagedException)
            {
                return null;
            }
        }

        // The content may be gone when a receipt comes (RFC 2634 §2.2.2).
        private ImmutableArray<StoredDocument> KeptFor(Envelope envelope, ReceiptAsked asked) =>
        [
            asked.Write(step.Id, ReceiptAsked.Awaited),
            MessageNames.Write(ReceiptNames.Kind, ReceiptNames.Key(envelope.Domain, asked.ContentIdentifier.Span), step.Id, Now + runtime.Configuration.Retention.Messages),
        ];

        /// <summary>Judges what says that it is a receipt, once, when it is first handed on.</summary>
        private async ValueTask<ReceiptHere> ReceiptHereAsync(Envelope envelope, OutcomePlan plan, LoadedMessage loaded)
        {
            if (!runtime.Configuration.Routes.FollowsReceipts || runtime.Receipts is not { } relay || envelope.Origin is { IsOwnText: true } or { ReleasedBy: not null }) return ReceiptHere.None;
            if (!plan.Changes.Any(c => c.State is RecipientState.Delivered) || step.Statuses.Any(s => s.State is RecipientState.Delivered)) return ReceiptHere.None;
            var receipt = await ReadReceiptAsync(loaded).ConfigureAwait(false);
            if (receipt.IsEmpty) return ReceiptHere.None;
            var identifier = await relay.IdentifierAsync(receipt, CancellationToken.None).ConfigureAwait(false);
            if (identifier.IsEmpty) return Told("it is no receipt that can be read here");
            var compared = await CompareAsync(relay, envelope, receipt, identifier).ConfigureAwait(false);
            if (compared.IsEmpty) return Told("it is a receipt for nothing that is followed here");
            // Several messages may have one identifier: what is good for one of them is no fault of the others.
            if (compared.Any(c => c.Judged.State is ReceiptState.Good)) compared = [.. compared.Where(c => c.Judged.State is ReceiptState.Good)];
            return new ReceiptHere([.. compared.SelectMany(Acknowledged)], [.. compared.SelectMany(Told)]);
        }

        // Empty: it does not say that it is one, is too long for one, is gone or damaged.
        private async Task<ReadOnlyMemory<byte>> ReadReceiptAsync(LoadedMessage loaded)
        {
            if (loaded is { Protection: null, Labels: not { Writes: true } })
            {
                if (loaded.Content.Length > LongestReceipt) return default;
                if (loaded.Content.Inline is { } same) return IsReceipt(same) ? same : default;
            }

            try
            {
                await using var reader = await runtime.Spool.OpenContentAsync(step.Id).ConfigureAwait(false);
                if (reader is null || reader.Length > LongestReceipt) return default;
                var octets = await Octets.ReadAllAsync(reader, CancellationToken.None).ConfigureAwait(false);
                // What is in memory is the reader's.
                return IsReceipt(octets) ? octets.ToArray() : default(ReadOnlyMemory<byte>);
            }
            catch (ContentDamagedException)
            {
                return default;
            }

            static bool IsReceipt(ReadOnlyMemory<byte> octets) => ProtectedContent.IsReceipt(HeaderBlock.Scan(octets, int.MaxValue, int.MaxValue));
        }

        private async Task<ImmutableArray<Comparison>> CompareAsync(IReceiptRelay relay, Envelope envelope, ReadOnlyMemory<byte> receipt, ReadOnlyMemory<byte> identifier)
        {
            var compared = ImmutableArray.CreateBuilder<Comparison>();
            var key = ReceiptNames.Key(envelope.Domain, identifier.Span);
            foreach (var name in await runtime.Spool.PageDocumentsAsync(ReceiptNames.Kind, key, ReceiptNames.MostMessages).ConfigureAwait(false))
            {
                if (!name.Id.StartsWith(key, StringComparison.Ordinal) || !MessageNames.TryRead(name, out var id, out _)) break;
                if (await CompareAsync(relay, envelope, receipt, id).ConfigureAwait(false) is { } one) compared.Add(one);
            }

            return compared.ToImmutable();
        }

        // Null: nothing is known of that message any more, or nobody's receipt for it is believed.
        private async Task<Comparison?> CompareAsync(IReceiptRelay relay, Envelope envelope, ReadOnlyMemory<byte> receipt, MessageId id)
        {
            if (await RecordAsync(id).ConfigureAwait(false) is not { } sent || sent.Envelope.Domain != envelope.Domain) return null;
            if (await AwaitedAsync(id).ConfigureAwait(false) is not { } asked) return null;
            var known = await KnownAsync(id).ConfigureAwait(false);
            var find = Finder(runtime, sent.Envelope, null);
            var recipients = sent.Envelope.Recipients;
            var byTrust = Enumerable.Range(0, recipients.Length).Where(i => asked.IsAsked(recipients[i].Address.Text))
                .Select(i => (Index: i, Trust: find(recipients[i])?.Follow?.Receipts)).Where(r => r.Trust is not null).GroupBy(r => r.Trust!);
            Comparison? compared = null;
            foreach (var group in byTrust)
            {
                // Who took over reads the same octets, and answers them.
                string[] points = [.. known.Where(k => k is { AlternateSentAt: not null, ActionPoint: not null }).Select(k => k.ActionPoint!).Distinct()];
                string[] whom = [.. group.Select(r => recipients[r.Index].Address.Text), .. points];
                // Here nobody speaks for a recipient.
                var opening = new BoundaryOpening { Trust = group.Key, Home = envelope.Domain, Signers = SignerRole.Originator };
                var judged = await relay.JudgeAsync(receipt, asked, opening, whom, sent.Envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
                var isGood = judged.State is ReceiptState.Good;
                var recipient = group.Select(r => r.Index).FirstOrDefault(i => isGood ? recipients[i].Address.Text == judged.Recipient : recipients[i].Address == envelope.ReversePath.Mailbox, -1);
                compared = new Comparison(sent, judged, recipient, isGood && known.Any(k => k.Recipient == recipient && k.VerifiedAt is not null));
                if (isGood) break;
            }

            return compared;
        }

        private async Task<StoredMessage?> RecordAsync(MessageId id)
        {
            try
            {
                return await runtime.Spool.ReadAsync(id).ConfigureAwait(false);
            }
            catch (ContentDamagedException)
            {
                // What is wrong with that one is no fault of the receipt, which is on its way.
                return null;
            }
        }

        private async Task<ReceiptAsked?> AwaitedAsync(MessageId id)
        {
            try
            {
                return await runtime.Spool.ReadDocumentAsync(ReceiptAsked.Awaited, id.ToString()).ConfigureAwait(false) is { } json ? ReceiptAsked.Read(json) : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }

        private async Task<ImmutableArray<Acknowledgment>> KnownAsync(MessageId id)
        {
            try
            {
                var json = await runtime.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, id.ToString()).ConfigureAwait(false)
                    ?? await runtime.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, id.ToString()).ConfigureAwait(false);
                return json is null ? [] : AcknowledgmentDocuments.Read(json);
            }
            catch (JsonException)
            {
                return [];
            }
        }

        private IEnumerable<(MessageId, int, AcknowledgmentInput)> Acknowledged(Comparison compared) => compared switch
        {
            { Judged.State: ReceiptState.Unavailable } or { Judged.State: ReceiptState.Good, Recipient: < 0 } or { IsAgain: true } => [],
            _ => [(compared.Sent.Id, compared.Recipient, new AcknowledgmentInput.Receipted(compared.Judged.State is ReceiptState.Good, Now))],
        };

        // In both trails: that of the message it is about, and its own.
        private IEnumerable<AuditEvent> Told(Comparison compared)
        {
            var (sent, judged) = (compared.Sent.Id, compared.Judged);
            var (there, here) = judged.State switch
            {
                ReceiptState.Good when compared.Recipient < 0 => ($"receipt {step.Id} is that of the action point {judged.Recipient}; it says nothing of a recipient", $"the action point's receipt for {sent}"),
                ReceiptState.Good when compared.IsAgain => ($"receipt {step.Id} is good, as one that came before; nothing changes", $"a receipt for {sent} that came before; nothing changes"),
                ReceiptState.Good => ($"receipt {step.Id} is good: {judged.Grade.Keyword()}", $"the receipt of {judged.Recipient} for {sent}"),
                ReceiptState.Unavailable => ($"receipt {step.Id} can't be judged: {judged.Reason}", $"a receipt for {sent} that can't be judged: {judged.Reason}"),
                _ => ($"{step.Id} is no receipt for it: {judged.Reason}", $"it is no receipt for {sent}: {judged.Reason}"),
            };
            yield return new AuditEvent(Now, AuditKind.Verified, sent, compared.Recipient, there);
            yield return new AuditEvent(Now, AuditKind.Verified, step.Id, -1, here);
        }

        private ReceiptHere Told(string what) => new([], [new AuditEvent(Now, AuditKind.Verified, step.Id, -1, what)]);
    }
}
