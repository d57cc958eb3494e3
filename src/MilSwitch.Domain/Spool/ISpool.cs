using System.Collections.Immutable;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Spool;

/// <summary>
/// The durable truth of one node or cluster: messages, contents, outcomes, audit. Thread-safe. Whatever
/// <see cref="CommitAsync"/> reported as committed survives the death of the process and of the machine's power.
/// </summary>
public interface ISpool : IPartitionOwnership, IAsyncDisposable
{
    /// <summary>A number no other start of any node has; the first part of every id made here.</summary>
    int Run { get; }

    /// <summary>Can the store be written? Turned by what commits meet; feeds readiness and the 452 of SMTP.</summary>
    SpoolHealth Health { get; }

    /// <summary>For how long the store has been at what it writes now; zero: it writes nothing. Nobody can know yet whether that will count.</summary>
    TimeSpan Lag { get; }

    /// <summary>Receives content before its message exists; nothing of it is visible until a commit names it.</summary>
    IContentWriter CreateContent();

    /// <summary>
    /// Makes one operation durable, together with others that wait (group commit). Operations of urgent precedence go
    /// first. Every operation is idempotent and applied whole or not at all. The task ends after the fsync.
    /// </summary>
    ValueTask<CommitResult> CommitAsync(SpoolOperation operation, Precedence precedence, CancellationToken cancellationToken = default);

    /// <summary>What is pending in a partition, highest precedence first, then oldest first.</summary>
    IAsyncEnumerable<PendingMessage> LoadPendingAsync(PartitionEpoch owner, CancellationToken cancellationToken = default);

    /// <summary>Everything known about one message; null when there is no such id.</summary>
    ValueTask<StoredMessage?> ReadAsync(MessageId id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens a content for sending; null when it is gone. Its checksum is verified while it is read:
    /// <see cref="ContentDamagedException"/> at the latest at its end, for inline contents before the first byte.
    /// </summary>
    ValueTask<ContentReader?> OpenContentAsync(MessageId id, CancellationToken cancellationToken = default);

    /// <summary>Messages that match, newest first; for the operator's eyes.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> QueryAsync(MessageQuery query, CancellationToken cancellationToken = default);

    /// <summary>The audit events of one message, oldest first; with the default id those of the switch itself, by a walk along the whole trail.</summary>
    ValueTask<IReadOnlyList<AuditEvent>> ReadAuditAsync(MessageId id, CancellationToken cancellationToken = default);

    /// <summary>The audit events of one kind of some messages (10,000 at most), those of one message oldest first.</summary>
    ValueTask<IReadOnlyList<AuditEvent>> FindAuditAsync(ImmutableArray<MessageId> messages, AuditKind kind, CancellationToken cancellationToken = default);

    /// <summary>
    /// Small documents that outlive a restart: rules, MINIMIZE. Replaces one of the same kind and id. Those of
    /// <see cref="Boundaries.BoundaryDocuments.Kinds"/> are forgotten with the message whose id they have.
    /// </summary>
    ValueTask PutDocumentAsync(string kind, string id, string json, CancellationToken cancellationToken = default);

    ValueTask<bool> RemoveDocumentAsync(string kind, string id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts <paramref name="json"/> in the place of a document only while that is <paramref name="expected"/>, in one step, so
    /// that of several who decide by what they read one wins, on whichever node.
    /// </summary>
    /// <param name="expected">The text that was read; null: there must be none.</param>
    /// <param name="json">The new text; null: it goes.</param>
    /// <returns>Whether it was as expected and is changed.</returns>
    ValueTask<bool> ExchangeDocumentAsync(string kind, string id, string? expected, string? json, CancellationToken cancellationToken = default);

    /// <summary>One document's text; null: there is none.</summary>
    ValueTask<string?> ReadDocumentAsync(string kind, string id, CancellationToken cancellationToken = default);

    ValueTask<IReadOnlyList<StoredDocument>> ListDocumentsAsync(string kind, CancellationToken cancellationToken = default);

    /// <summary>
    /// Documents of one kind whose id comes behind another text, in the order of their ids, <paramref name="limit"/> at most. Of
    /// use where ids are lower-case hexadecimal: the order of anything else is the store's own.
    /// </summary>
    ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default);

    /// <summary>
    /// A number that rises with every change of a document of <see cref="PolicyDocuments"/>, by whichever node, in the same
    /// transaction: who has read them at one number need not read them again until it is another.
    /// </summary>
    ValueTask<long> PolicyVersionAsync(CancellationToken cancellationToken = default);

    /// <summary>Forgets finished messages and duplicate keys that are older than these times; audit trails are cut by <see cref="Auditing.IAuditStore"/>.</summary>
    ValueTask<int> PruneAsync(DateTimeOffset messagesBefore, DateTimeOffset duplicateKeysBefore, CancellationToken cancellationToken = default);

    /// <summary>Octets the store occupies and the free octets of its volume; <see cref="SpoolUsage.Unknown"/> where only its server knows.</summary>
    SpoolUsage Usage();
}

public sealed record StoredDocument(string Kind, string Id, string Json);

public readonly record struct SpoolUsage(long UsedOctets, long FreeOctets)
{
    /// <summary>More than any volume has.</summary>
    public const long Unknown = long.MaxValue;
}

public enum SpoolHealth : byte
{
    Ready,

    /// <summary>The volume is full: 452 4.3.1.</summary>
    Full,

    /// <summary>The volume is read-only or the store is away: 451 4.3.0.</summary>
    Unwritable,

    /// <summary>An fsync failed: nothing is accepted until the process starts afresh.</summary>
    Broken,
}

/// <summary>The right to write to one partition: proved again in every commit.</summary>
public readonly record struct PartitionEpoch(int Partition, long Epoch);

/// <summary>The stored bytes are not the ones that were accepted.</summary>
public sealed class ContentDamagedException(MessageId id) : Exception($"The content of {id} does not match its checksum.")
{
    public MessageId Id { get; } = id;
}
