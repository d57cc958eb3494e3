using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Spool;

/// <summary>All that the store knows about a message, without its content.</summary>
public sealed record StoredMessage(MessageId Id, Envelope Envelope, ReadOnlyMemory<byte> Trace, MessageState State, long Size, ReadOnlyMemory<byte> Digest)
{
    /// <summary>By the envelope's indices.</summary>
    public required ImmutableArray<StoredRecipient> Recipients { get; init; }

    public string? MessageIdField { get; init; }

    public MessageId? Parent { get; init; }

    public string? HeldBecause { get; init; }

    public bool HasContent { get; init; }
}

/// <summary>Where one recipient of a stored message stands.</summary>
public sealed record StoredRecipient(RecipientState State, int Attempts, DateTimeOffset? Due, Reply? Reply, string? Target, bool Warned);

/// <summary>What the partition needs to know about a message when it starts: small, because a million may wait.</summary>
/// <param name="Recipients">Those that are not final.</param>
public sealed record PendingMessage(MessageId Id, MessageState State, long Size, Envelope Envelope, ImmutableArray<PendingRecipient> Recipients);

public readonly record struct PendingRecipient(int Index, RecipientState State, int Attempts, DateTimeOffset? Due, bool Warned);

/// <summary>Filter for <see cref="ISpool.QueryAsync"/>; every given field must match.</summary>
public sealed record MessageQuery
{
    /// <summary>Only messages that are not done.</summary>
    public bool PendingOnly { get; init; }

    public MessageState? State { get; init; }

    public Precedence? Precedence { get; init; }

    /// <summary>Message-ID field, exactly.</summary>
    public string? MessageIdField { get; init; }

    public string? EnvelopeId { get; init; }

    /// <summary>Part of the reverse path, any case.</summary>
    public string? Sender { get; init; }

    /// <summary>Part of a recipient's address, any case.</summary>
    public string? Recipient { get; init; }

    public DateTimeOffset? AcceptedFrom { get; init; }

    public DateTimeOffset? AcceptedUntil { get; init; }

    public MessageId? Parent { get; init; }

    /// <summary>Continue below this id (ids fall within a listing).</summary>
    public MessageId? Before { get; init; }

    /// <summary>Oldest first instead of newest first; for queries over what is pending.</summary>
    public bool OldestFirst { get; init; }

    /// <summary>With <see cref="OldestFirst"/>: continue above this id.</summary>
    public MessageId? After { get; init; }

    public int Limit { get; init; } = 100;
}
