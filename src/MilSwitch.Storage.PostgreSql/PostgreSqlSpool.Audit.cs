using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Storage.PostgreSql;

public sealed partial class PostgreSqlSpool : IAuditStore
{
    public int OwnTrail => Run;

    public ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default) => reader.TrailsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default) =>
        reader.TrailAsync(trail, after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<AuditRecord>> SearchTrailAsync(int trail, long below, long downTo, AuditFilter filter, int limit, CancellationToken cancellationToken = default) =>
        reader.SearchAsync(trail, below, downTo, filter, limit, cancellationToken);

    public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailsOfAsync(MessageId message, CancellationToken cancellationToken = default) => reader.TrailsOfAsync(message, cancellationToken);

    public ValueTask<AuditPoint?> FindOldAsync(int trail, DateTimeOffset before, CancellationToken cancellationToken = default) =>
        reader.OldAsync(trail, before.ToUnixTimeMilliseconds(), cancellationToken);

    /// <summary>In slices, each a transaction of its own.</summary>
    public async ValueTask<long> CutTrailAsync(int trail, AuditPoint upTo, CancellationToken cancellationToken = default)
    {
        const string Cut =
            """
            WITH oldest AS (SELECT seq, hash FROM audit WHERE run = $1 AND seq <= $2 ORDER BY seq LIMIT 5000),
            last AS (SELECT seq, hash FROM oldest ORDER BY seq DESC LIMIT 1),
            anchored AS (
                INSERT INTO audit_end (run, name, seq, hash) SELECT $1, 'anchor', seq, hash FROM last
                ON CONFLICT (run, name) DO UPDATE SET seq = excluded.seq, hash = excluded.hash RETURNING seq),
            gone AS (DELETE FROM audit a USING anchored WHERE a.run = $1 AND a.seq <= anchored.seq RETURNING 1)
            SELECT count(*) FROM gone
            """;
        if (await reader.TrailAsync(trail, upTo.Sequence - 1, 1, cancellationToken).ConfigureAwait(false) is not [var last] || last.Point != upTo) return 0;
        long count = 0;
        while (await reader.NumberAsync(Cut, [Wave.One(trail), Wave.One(upTo.Sequence)], cancellationToken).ConfigureAwait(false) is > 0 and var slice) count += slice;
        return count;
    }
}
