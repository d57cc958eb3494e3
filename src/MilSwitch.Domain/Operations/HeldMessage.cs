using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Releases;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Operations;

/// <summary>A message in the holding centre. Immutable.</summary>
public sealed record HeldMessage
{
    public required MessageId Id { get; init; }

    /// <summary>The highest of the recipients that are held.</summary>
    public required Precedence Precedence { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }
    public required long Size { get; init; }
    public required string Sender { get; init; }

    /// <summary>Addresses of the recipients that are held, by their numbers in the envelope.</summary>
    public required ImmutableSortedDictionary<int, string> Recipients { get; init; }

    /// <summary>By which it is handled; null: it has none.</summary>
    public MessageLabel? Label { get; init; }

    /// <summary>The security domain it is in; null: there are none.</summary>
    public string? Domain { get; init; }

    /// <summary>Why, in the words of who or what held it last; null: nobody said.</summary>
    public string? Reason { get; init; }

    /// <summary>What boundaries hold; empty: somebody or something else holds it, and it can be released.</summary>
    public required ImmutableArray<HeldStep> Steps { get; init; }

    /// <summary>Corrections that were asked for and need further persons.</summary>
    public required ImmutableArray<BoundaryApproval> Corrections { get; init; }

    /// <summary>It is a draft that waits for its release (RFC 7912): what was said so far; null: it is none.</summary>
    public ReleaseProgress? Draft { get; init; }

    /// <summary>By which rule; null: it is no draft, or the rule is no longer in force.</summary>
    public DraftRule? DraftRule { get; init; }

    /// <summary>Who may neither approve nor correct it, because it is their own; null: nobody is known to be its author.</summary>
    public string? Author { get; init; }

    /// <summary>When the originator is warned, or was.</summary>
    public required DateTimeOffset WarnsAt { get; init; }

    /// <summary>
    /// The end of the time in which it should be delivered. It does not expire while it is held; let go later it expires,
    /// unless it is sent at once.
    /// </summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <param name="stored">The message.</param>
    /// <param name="passages">Its passages, oldest first.</param>
    /// <param name="approvals">What was approved, oldest first.</param>
    /// <param name="table">The precedence table in force.</param>
    /// <returns>Null: nobody of it is held.</returns>
    public static HeldMessage? Of(StoredMessage stored, ImmutableArray<CrossingRecord> passages, ImmutableArray<BoundaryApproval> approvals, PrecedenceTable table)
    {
        var envelope = stored.Envelope;
        int[] held = [.. Enumerable.Range(0, stored.Recipients.Length).Where(i => stored.Recipients[i].State.IsHeld())];
        if (held.Length is 0 || stored.State is MessageState.Binned) return null;
        return new HeldMessage
        {
            Id = stored.Id,
            Precedence = held.Max(i => envelope.Recipients[i].Precedence),
            AcceptedAt = envelope.ArrivedAt,
            Size = stored.Size,
            Sender = envelope.ReversePath.IsNull ? "<>" : envelope.ReversePath.ToString(),
            Recipients = held.ToImmutableSortedDictionary(i => i, i => envelope.Recipients[i].Address.Text),
            Label = CrossingRecord.LabelOf(passages) ?? envelope.Label,
            Domain = envelope.Domain,
            Reason = stored.HeldBecause,
            Steps = HeldStep.Find(passages, approvals, held),
            Corrections = [.. approvals.Where(a => a.Step == MessageCorrection.Step)],
            Author = envelope.Origin.AuthenticatedAs,
            WarnsAt = held.Min(i => RecipientPolicy.WarnsAt(envelope, envelope.Recipients[i].Precedence, table)),
            Deadline = held.Min(i => RecipientPolicy.ExpiresAt(envelope, envelope.Recipients[i].Precedence, table)),
        };
    }
}
