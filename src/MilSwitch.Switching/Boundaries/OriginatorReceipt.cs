using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Boundaries;

/// <summary>A message and the one of its recipients whom a receipt is about. Immutable.</summary>
/// <param name="Original">As its originator knows it.</param>
/// <param name="Envelope">Its envelope.</param>
/// <param name="MessageIdField">Its Message-ID; null: it has none.</param>
/// <param name="Copy">The copy that left its domain.</param>
/// <param name="Recipient">The recipient's number in the copy's envelope.</param>
/// <param name="Address">The recipient's address.</param>
internal sealed record ReceiptSubject(MessageId Original, Envelope Envelope, string? MessageIdField, MessageId Copy, int Recipient, Mailbox Address);

/// <summary>A receipt for an originator, ready to be committed with what is remembered of it. Immutable.</summary>
/// <param name="About">Whom it is about.</param>
/// <param name="Grade">No more than is known.</param>
/// <param name="To">The originator.</param>
/// <param name="Message">All of it.</param>
/// <param name="Asked">What was asked for, with this one among those that were given.</param>
/// <param name="Notes">What was done, for the audit trail.</param>
internal sealed record OriginatorReceipt(
    ReceiptSubject About, AcknowledgmentGrade Grade, Mailbox To, ReadOnlyMemory<byte> Message, ReceiptAsked Asked, ImmutableArray<ProtectionNote> Notes)
{
    /// <summary>As a new message of the originator's domain. As a report it has nobody to go back to, and the level and the label of what it is about.</summary>
    /// <param name="id">Its own.</param>
    /// <param name="content">Of <see cref="Message"/>.</param>
    /// <param name="now">The time.</param>
    /// <param name="detectsDuplicates">The same receipt again is the same message, also when two came at once.</param>
    public NewMessage As(MessageId id, StagedContent content, DateTimeOffset now, bool detectsDuplicates)
    {
        var level = About.Envelope.Recipients.FirstOrDefault(r => r.Address == About.Address) ?? About.Envelope.Recipients[0];
        var envelope = About.Envelope with
        {
            ReversePath = ReversePath.Null,
            Recipients =
            [
                new Recipient(To)
                {
                    Notify = NotifyOptions.Never, Precedence = level.Precedence, Priority = level.Priority,
                    DuplicateKey = detectsDuplicates ? DuplicateKey.Of(ReversePath.Null, "receipt", $"{About.Copy}/{About.Recipient}/{Grade.Keyword()}", Asked.MessageSignatureDigest.Span, To) : null,
                },
            ],
            Precedence = level.Precedence,
            Priority = level.Priority,
            Body = DeliveryReport.BodyOf(Message.Span),
            SmtpUtf8 = To.NeedsUtf8,
            Return = DsnReturn.Unspecified,
            MinimizeConsidered = false,
            EnvelopeId = null,
            Tracking = null,
            DeliverBy = null,
            HoldUntil = null,
            MilitaryFields = null,
            Expires = null,
            Supersedes = null,
            ArrivedAt = now,
            Origin = new Origin { Listener = Origin.Switch },
        };
        var named = MessageFacts.Read(HeaderBlock.Scan(Message, int.MaxValue, int.MaxValue), []).MessageId;
        return new NewMessage(id, envelope, ReadOnlyMemory<byte>.Empty, content, named, RecipientState.Queued, About.Original);
    }
}
