using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Auditing;

/// <summary>Audit trails and their checkpoints, as they are stored or were exported. Thread-safe.</summary>
public interface IAuditSource
{
    /// <summary>All trails, in the order of their numbers.</summary>
    ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default);

    /// <summary>Records behind a number, oldest first.</summary>
    /// <param name="trail">Of which trail.</param>
    /// <param name="after">Go on behind this number.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="ISpool.PageDocumentsAsync"/>; of documents of checkpoints.</summary>
    ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default);
}
