using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Tracking;

/// <summary>
/// What is told of a message to whoever knows its secret; pure. It tells no more than a delivery report would: not that or why
/// somebody holds it, nothing of members of lists, nothing of what lies behind a boundary.
/// </summary>
public static class TrackingPolicy
{
    /// <summary>RFC 3886 §3.3.4: relayed to a system that can't be asked.</summary>
    private static readonly EnhancedStatusCode NotCompliant = new(2, 1, 9);

    private static readonly EnhancedStatusCode Passed = new(2, 4, 0);
    private static readonly EnhancedStatusCode Distributed = new(2, 1, 5);
    private static readonly EnhancedStatusCode Waiting = new(4, 0, 0);
    private static readonly EnhancedStatusCode TimeExpired = new(5, 4, 7);

    /// <param name="message">As it is stored.</param>
    /// <param name="trail">Its audit events, oldest first.</param>
    /// <param name="table">The levels in force.</param>
    /// <param name="host">This switch's name.</param>
    /// <param name="now">The time.</param>
    public static TrackingStatus Of(StoredMessage message, IReadOnlyList<AuditEvent> trail, PrecedenceTable table, string host, DateTimeOffset now)
    {
        var envelope = message.Envelope;
        var attempts = new DateTimeOffset?[envelope.Recipients.Length];
        var transferred = new bool[envelope.Recipients.Length];
        foreach (var told in trail)
        {
            if (told.Recipient < 0 || told.Recipient >= attempts.Length) continue;
            if (told.Kind is AuditKind.Delivered or AuditKind.Deferred or AuditKind.Failed) attempts[told.Recipient] = told.At;
            if (told.Kind is AuditKind.Transferred) transferred[told.Recipient] = true;
        }

        var recipients = ImmutableArray.CreateBuilder<TrackedRecipient>(envelope.Recipients.Length);
        for (var i = 0; i < envelope.Recipients.Length; i++)
        {
            var until = RecipientPolicy.ExpiresAt(envelope, envelope.Recipients[i].Precedence, table);
            recipients.Add(Of(envelope.Recipients[i], message.Recipients[i], attempts[i], transferred[i], until > now ? until : null));
        }

        return new TrackingStatus(envelope.EnvelopeId ?? "", host, envelope.ArrivedAt, recipients.MoveToImmutable());
    }

    private static TrackedRecipient Of(Recipient recipient, StoredRecipient stored, DateTimeOffset? attempted, bool transferred, DateTimeOffset? until)
    {
        var final = new OriginalRecipient(recipient.Address.NeedsUtf8 ? "utf-8" : "rfc822", recipient.Address.Text);
        var original = recipient.OriginalRecipient ?? final;
        return stored.State switch
        {
            // What waits and what is held look alike.
            RecipientState.Queued or RecipientState.Armed or RecipientState.Held or RecipientState.HeldSuspect =>
                Tried(TrackingAction.Delayed, stored.Reply is { IsTransient: true } reply ? reply.EffectiveStatus : Waiting) with { WillRetryUntil = until },
            RecipientState.Delivered => transferred ? Tried(TrackingAction.Transferred, Passed) : Tried(TrackingAction.Relayed, NotCompliant),
            RecipientState.Failed or RecipientState.Returned => Tried(TrackingAction.Failed, stored.Reply?.EffectiveStatus.InClass(5) ?? new EnhancedStatusCode(5, 0, 0)),
            RecipientState.Expired => Tried(TrackingAction.Failed, TimeExpired),
            // RFC 3886 §4.2: nothing of the other side.
            RecipientState.Crossed or RecipientState.Corrected => Bare(TrackingAction.Relayed, NotCompliant),
            RecipientState.Expanded => Bare(TrackingAction.Expanded, Distributed),
            _ => Bare(TrackingAction.Opaque, new EnhancedStatusCode(2, 0, 0)),
        };

        TrackedRecipient Bare(TrackingAction action, EnhancedStatusCode status) => new(original, final, action, status);

        TrackedRecipient Tried(TrackingAction action, EnhancedStatusCode status) =>
            Bare(action, status) with { RemoteMta = attempted is null || stored.Target is null ? null : Host(stored.Target), LastAttempt = attempted };
    }

    // Without the port of its mail: whoever asks it asks another one.
    private static string Host(string target)
    {
        var colon = target.LastIndexOf(':');
        return (colon < 1 ? target : target[..colon]).Trim('[', ']');
    }
}
