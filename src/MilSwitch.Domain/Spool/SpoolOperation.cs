using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Spool;

/// <summary>
/// One step in the life of messages of one partition, applied whole or not at all: new messages, changed recipients,
/// changed messages and the audit events that go with them.
/// </summary>
public sealed record SpoolOperation(PartitionEpoch Owner)
{
    public ImmutableArray<NewMessage> Accept { get; init; } = [];

    public ImmutableArray<RecipientChange> Recipients { get; init; } = [];

    public ImmutableArray<MessageChange> Messages { get; init; } = [];

    public ImmutableArray<AuditEvent> Audit { get; init; } = [];

    /// <summary>Documents that become true with the rest; each replaces one of the same kind and id.</summary>
    public ImmutableArray<StoredDocument> Documents { get; init; } = [];

    /// <summary>
    /// Nobody outside waits for this commit, and nothing is lost when a crash comes before it: it may wait some milliseconds
    /// for others to share a transaction with, whatever its precedence.
    /// </summary>
    public bool Patient { get; init; }

    /// <summary>
    /// The version of the rules and settings by which this was judged: it is not written when others are in force by now
    /// (<see cref="CommitStatus.Outdated"/>). Null: it does not depend on them. A store that only one process uses has no
    /// versions.
    /// </summary>
    public long? Policy { get; init; }
}

/// <summary>A message that is about to exist.</summary>
/// <param name="Id">Its partition is the operation's.</param>
/// <param name="Envelope">Immutable from now on.</param>
/// <param name="Trace">Header fields of this switch that go before the content on the wire, each ending in CRLF.</param>
/// <param name="Content">Read during the commit; the caller disposes it afterwards.</param>
/// <param name="MessageIdField">The Message-ID field's value, for tracking; null when absent.</param>
/// <param name="State">The state of the recipients that are not duplicates: Queued, Armed or Held.</param>
/// <param name="Parent">The message this one reports on or was made from; null for received ones.</param>
public sealed record NewMessage(
    MessageId Id, Envelope Envelope, ReadOnlyMemory<byte> Trace, StagedContent Content, string? MessageIdField, RecipientState State, MessageId? Parent)
{
    /// <summary>Recipients whose state differs from <see cref="State"/> at the start, by index; usually empty.</summary>
    public ImmutableDictionary<int, RecipientState> Exceptions { get; init; } = ImmutableDictionary<int, RecipientState>.Empty;

    /// <summary>Why it is held; null when it is not.</summary>
    public string? HeldBecause { get; init; }
}

/// <summary>A recipient's new state.</summary>
/// <param name="Attempts">Attempts so far.</param>
/// <param name="Due">Next attempt; null: at once, or never when final.</param>
/// <param name="Reply">The answer that led here; null keeps the last one.</param>
/// <param name="Target">The host that gave it; null keeps the last one.</param>
public sealed record RecipientChange(
    MessageId Id, int Index, RecipientState State, int Attempts, DateTimeOffset? Due = null, Reply? Reply = null, string? Target = null)
{
    /// <summary>A delay warning was sent, so that none is sent again; false leaves what is stored.</summary>
    public bool Warned { get; init; }
}

/// <summary>A message's new state.</summary>
/// <param name="DropContent">The content is no longer needed.</param>
/// <param name="HeldBecause">Why it is held, as a whole or in part; null: for a held message what was said before.</param>
public sealed record MessageChange(MessageId Id, MessageState State, bool DropContent = false, string? HeldBecause = null);

/// <summary>The end of a commit.</summary>
/// <param name="Status">Whether it is durable.</param>
/// <param name="Duplicates">Recipients of accepted messages that were accepted before: stored as <see cref="RecipientState.Duplicate"/>.</param>
public readonly record struct CommitResult(CommitStatus Status, ImmutableArray<DuplicateRecipient> Duplicates)
{
    public static CommitResult Committed { get; } = new(CommitStatus.Committed, []);

    public bool IsCommitted => Status == CommitStatus.Committed;
}

public readonly record struct DuplicateRecipient(MessageId Id, int Index);

public enum CommitStatus : byte
{
    Committed,

    /// <summary>The partition has another owner by now: nothing was written.</summary>
    Fenced,

    /// <summary>No space: nothing was written.</summary>
    Full,

    /// <summary>The store can't be written: nothing was written.</summary>
    Unwritable,

    /// <summary>Rules or settings are newer than those it was judged by: nothing was written.</summary>
    Outdated,
}

/// <summary>One line of the audit trail. Never content, never secrets.</summary>
/// <param name="At">When it was decided.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Message">To which message; default for events of the switch itself.</param>
/// <param name="Recipient">To which recipient; −1: to all or none.</param>
/// <param name="Detail">Short, printable.</param>
/// <param name="Actor">Who did it, when it was a person; null: the switch.</param>
public sealed record AuditEvent(DateTimeOffset At, AuditKind Kind, MessageId Message, int Recipient = -1, string Detail = "", string? Actor = null);

/// <summary>Values are stored: never renumber.</summary>
public enum AuditKind : short
{
    Accepted = 1, Duplicate = 2, Delivered = 3, Deferred = 4, Failed = 5, Expired = 6, Reported = 7, Warned = 8, Suspected = 9, Held = 10,
    Released = 11, Returned = 12, Deleted = 13, Restored = 14, Requeued = 15, Rerouted = 16, Viewed = 17, Damaged = 18, Tried = 19, Exempted = 20,
    Verified = 21, Signed = 22, Encrypted = 23, Decrypted = 24, Labelled = 25,
    Crossed = 26, Approved = 27, Rejected = 28, Corrected = 29,
    RuleAdded = 30, RuleRemoved = 31, ConfigurationApplied = 32, ConfigurationRejected = 33, NodeStarted = 34, NodeStopped = 35, RateLimited = 36,
    TokenLost = 37, TokenWorking = 38,
    CertificateAllowed = 45, CertificateForbidden = 46,
    Profiled = 39, Expanded = 40, PlanSwitched = 75, Assigned = 76,
    Completed = 50,
    Drafted = 51, Authorised = 52,
    Superseding = 65, Superseded = 66, Numbered = 67, Withheld = 68,
    Transferred = 70, Asked = 71,
    SignedIn = 80, SignInFailed = 81, SignInBarred = 82, SignedOut = 83, SessionEnded = 84, AccountAdded = 85, AccountChanged = 86, AccountRemoved = 87,
    Proposed = 88, ProposalApproved = 89, ProposalRejected = 90,
    LogLevelChanged = 120, TraceStarted = 121, TraceEnded = 122, SupportTaken = 123, StoreCopied = 124,
    AlarmAcknowledged = 100, AlarmShelved = 101, AlarmUnshelved = 102, AlarmTested = 103,
    AuditExported = 110, AuditPruned = 111, AuditVerified = 112, AuditBroken = 113,
}
