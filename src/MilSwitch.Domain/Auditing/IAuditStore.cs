using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Auditing;

/// <summary>The store's own trails. Thread-safe; throws <see cref="SpoolUnavailableException"/> when the store does not answer.</summary>
public interface IAuditStore : IAuditSource
{
    /// <summary>The trail that this process writes to.</summary>
    int OwnTrail { get; }

    /// <summary>What that trail ended with before this process wrote anything; null: it is this process's alone.</summary>
    AuditPoint? Found => null;

    /// <summary>Records that match, newest first, out of a stretch of a trail.</summary>
    /// <param name="trail">Which trail.</param>
    /// <param name="below">Numbers below this one.</param>
    /// <param name="downTo">Down to this number.</param>
    /// <param name="filter">Which of them.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<AuditRecord>> SearchTrailAsync(int trail, long below, long downTo, AuditFilter filter, int limit, CancellationToken cancellationToken = default);

    /// <summary>Records about one message, in all trails, oldest first, with the node of each where the store has several.</summary>
    ValueTask<IReadOnlyList<AuditRecord>> ReadTrailsOfAsync(MessageId message, CancellationToken cancellationToken = default);

    /// <summary>The last record that is, with all before it, older than a time; null: there is none.</summary>
    ValueTask<AuditPoint?> FindOldAsync(int trail, DateTimeOffset before, CancellationToken cancellationToken = default);

    /// <summary>
    /// Forgets records up to and including one, in slices; its hash becomes the anchor of the rest. Nothing is done when that
    /// record is another one.
    /// </summary>
    /// <returns>How many went.</returns>
    ValueTask<long> CutTrailAsync(int trail, AuditPoint upTo, CancellationToken cancellationToken = default);
}
