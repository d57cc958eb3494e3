using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Auditing;

/// <summary>
/// The audit trails of the store, of all nodes, for whoever has <see cref="OperatorRight.ReadAudit"/>; others get a
/// <see cref="NotPermittedException"/>. Thread-safe. Throws <see cref="SpoolUnavailableException"/> when the store does not
/// answer, or does not take the record of what was asked.
/// </summary>
public interface IAuditDesk
{
    /// <summary>Searches, newest first; looks at a bounded number of records.</summary>
    /// <exception cref="FormatException"><see cref="AuditQuery.After"/> is nothing that a page gave.</exception>
    ValueTask<AuditPage> SearchAsync(AuditQuery query, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Who saw the text of a message or took evidence about it, oldest first.</summary>
    ValueTask<IReadOnlyList<AuditRecord>> SeenAsync(MessageId message, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>What a person saw or took out, newest first; paged as <see cref="SearchAsync"/>.</summary>
    ValueTask<AuditPage> SeenByAsync(string person, string? after, int limit, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Checkpoints, newest first, of one trail or of all.</summary>
    /// <param name="trail">Null: of all, the youngest trail first.</param>
    /// <param name="after"><see cref="AuditCheckpoint.Id"/> of the last one seen; null: from the newest on.</param>
    /// <param name="limit">At most so many; 1 to 1,000.</param>
    /// <param name="who">Asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<AuditCheckpointEntry>> CheckpointsAsync(int? trail, string? after, int limit, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Walks along all trails and checkpoints; recorded. One at a time on a node.</summary>
    /// <exception cref="AuditBusyException">Somebody else does.</exception>
    ValueTask<AuditReport> VerifyAsync(OperatorIdentity who, IProgress<AuditProgress>? progress, CancellationToken cancellationToken);

    /// <summary>How far a verification under way is; null: there is none.</summary>
    AuditProgress? Verifying { get; }

    /// <summary>What the node's own walk found last; null: it has not been through yet.</summary>
    AuditReport? LastCheck { get; }

    /// <summary>
    /// Writes records of a stretch of time with the checkpoints that prove them, as lines of JSON, signed where the node has a
    /// key. Recorded before the first octet is given.
    /// </summary>
    /// <param name="from">At this time or later.</param>
    /// <param name="until">Before this time.</param>
    /// <param name="open">Gives where it goes, once it is certain that there will be something.</param>
    /// <param name="who">Asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AuditKeyException">The key that signs can't be used now.</exception>
    ValueTask ExportAsync(DateTimeOffset from, DateTimeOffset until, Func<Stream> open, OperatorIdentity who, CancellationToken cancellationToken);
}

/// <summary>A checkpoint, for people.</summary>
/// <param name="Checkpoint">What it says.</param>
/// <param name="IsSigned">It bears a signature, which nobody has judged here.</param>
public sealed record AuditCheckpointEntry(AuditCheckpoint Checkpoint, bool IsSigned);
