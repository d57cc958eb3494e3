using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Storage.Sqlite;

public sealed partial class SqliteSpool : IAuditStore
{
    private const int CutSlice = 1000;

    public int OwnTrail => AuditReader.Trail;

    public AuditPoint? Found => transactions.Found;

    public async ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.AuditTrail.Trails(), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default) =>
        trail == OwnTrail ? await ReadAsync(reader => reader.AuditTrail.Read(after, limit), cancellationToken).ConfigureAwait(false) : [];

    public async ValueTask<IReadOnlyList<AuditRecord>> SearchTrailAsync(int trail, long below, long downTo, AuditFilter filter, int limit, CancellationToken cancellationToken = default) =>
        trail == OwnTrail ? await ReadAsync(reader => reader.AuditTrail.Search(below, downTo, filter, limit), cancellationToken).ConfigureAwait(false) : [];

    public async ValueTask<IReadOnlyList<AuditRecord>> ReadTrailsOfAsync(MessageId message, CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.AuditTrail.Of(message), cancellationToken).ConfigureAwait(false);

    public async ValueTask<AuditPoint?> FindOldAsync(int trail, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        if (trail != OwnTrail) return null;
        var until = before.ToUnixTimeMilliseconds();
        long last = 0;
        // In slices, so that a long walk holds no snapshot.
        while (await ReadAsync(reader => reader.AuditTrail.Old(until, ScanSlice, ref last), cancellationToken).ConfigureAwait(false))
        {
            // The next slice.
        }

        return last is 0 ? null : await ReadAsync(reader => reader.AuditTrail.Point(last), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> CutTrailAsync(int trail, AuditPoint upTo, CancellationToken cancellationToken = default)
    {
        if (trail != OwnTrail || await ReadAsync(reader => reader.AuditTrail.Point(upTo.Sequence), cancellationToken).ConfigureAwait(false) != upTo) return 0;
        long count = 0;
        while ((await ReadTrailAsync(trail, 0, 1, cancellationToken).ConfigureAwait(false)) is [var first] && first.Sequence <= upTo.Sequence)
        {
            var last = Math.Min(upTo.Sequence, first.Sequence + CutSlice - 1);
            count += last - first.Sequence + 1;
            if (!await writer.TransactAsync(() => transactions.ForgetAudit(last)).ConfigureAwait(false)) break;
        }

        return count;
    }
}
