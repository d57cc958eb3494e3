using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

internal sealed partial class SpoolReader
{
    private const string AuditColumns = "run, seq, at, kind, message, recipient, detail, actor, hash";

    /// <summary>The runs that have a trail, with its two ends; also those of which only records are left.</summary>
    public ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken) => AskAsync(
        """
        WITH RECURSIVE runs AS (
            SELECT min(run) AS run FROM audit UNION ALL SELECT (SELECT min(a.run) FROM audit a WHERE a.run > runs.run) FROM runs WHERE runs.run IS NOT NULL)
        SELECT run, name, seq, hash FROM audit_end
        UNION ALL SELECT run, NULL, NULL, NULL FROM runs WHERE run IS NOT NULL AND run NOT IN (SELECT run FROM audit_end)
        ORDER BY run, name
        """,
        [],
        async (_, reader, token) =>
        {
            var trails = new List<AuditTrail>();
            while (await reader.ReadAsync(token).ConfigureAwait(false))
            {
                var run = reader.GetInt32(0);
                if (trails.Count == 0 || trails[^1].Number != run) trails.Add(new AuditTrail(run, null, null));
                if (reader.IsDBNull(1)) continue;
                var end = new AuditPoint(reader.GetInt64(2), Convert.ToHexStringLower(Octets(reader, 3)));
                trails[^1] = reader.GetString(1) == "head" ? trails[^1] with { Head = end } : trails[^1] with { Anchor = end };
            }

            return (IReadOnlyList<AuditTrail>)trails;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<AuditRecord>> TrailAsync(int run, long after, int limit, CancellationToken cancellationToken) => RecordsAsync(
        $"SELECT {AuditColumns} FROM audit WHERE run = $1 AND seq > $2 ORDER BY seq LIMIT $3", [Wave.One(run), Wave.One(after), Wave.One((long)limit)], cancellationToken);

    public ValueTask<IReadOnlyList<AuditRecord>> TrailsOfAsync(MessageId message, CancellationToken cancellationToken) => RecordsAsync(
        $"SELECT {AuditColumns}, (SELECT node FROM run WHERE id = audit.run) FROM audit WHERE message = $1 AND message <> 0 ORDER BY at, run, seq", [Wave.One(message.Value)], cancellationToken);

    public ValueTask<IReadOnlyList<AuditRecord>> SearchAsync(int run, long below, long downTo, AuditFilter filter, int limit, CancellationToken cancellationToken)
    {
        var kinds = filter.Kinds.IsDefaultOrEmpty ? null : filter.Kinds.Select(k => (short)k).ToArray();
        return RecordsAsync(
            $"""
            SELECT {AuditColumns} FROM audit
            WHERE run = $1 AND seq < $2 AND seq >= $3 AND at >= $4 AND at < $5 AND ($6 IS NULL OR kind = ANY ($6)) AND ($7 IS NULL OR actor = $7)
                AND ($8 IS NULL OR strpos(lower(detail), lower($8)) > 0)
            ORDER BY seq DESC LIMIT $9
            """,
            [
                Wave.One(run), Wave.One(below), Wave.One(downTo), Wave.One(filter.From?.ToUnixTimeMilliseconds() ?? long.MinValue), Wave.One(filter.Until?.ToUnixTimeMilliseconds() ?? long.MaxValue),
                new NpgsqlParameter { Value = (object?)kinds ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint },
                Wave.One(StoreText.Clean(filter.Actor)), Wave.One(StoreText.Clean(filter.Text)), Wave.One((long)limit),
            ],
            cancellationToken);
    }

    /// <summary>The last of a run's records that is, with all before it, older; null: there is none.</summary>
    public ValueTask<AuditPoint?> OldAsync(int run, long before, CancellationToken cancellationToken) => AskAsync(
        """
        SELECT seq, hash FROM audit
        WHERE run = $1 AND seq < coalesce((SELECT seq FROM audit WHERE run = $1 AND at >= $2 ORDER BY seq LIMIT 1), 9223372036854775807) ORDER BY seq DESC LIMIT 1
        """,
        [Wave.One(run), Wave.One(before)],
        async (_, reader, token) => await reader.ReadAsync(token).ConfigureAwait(false) ? new AuditPoint(reader.GetInt64(0), Convert.ToHexStringLower(Octets(reader, 1))) : default(AuditPoint?),
        cancellationToken);

    private ValueTask<IReadOnlyList<AuditRecord>> RecordsAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => AskAsync(
        sql, parameters,
        async (_, reader, token) =>
        {
            var records = new List<AuditRecord>();
            while (await reader.ReadAsync(token).ConfigureAwait(false))
            {
                var at = reader.GetInt64(2);
                var audit = new AuditEvent(AuditRecord.Time(at), (AuditKind)reader.GetInt16(3), new MessageId(reader.GetInt64(4)), reader.GetInt32(5), reader.GetString(6), Text(reader, 7));
                records.Add(new AuditRecord(reader.GetInt32(0), reader.GetInt64(1), at, audit, Octets(reader, 8)) { Node = reader.FieldCount > 9 ? Text(reader, 9) : null });
            }

            return (IReadOnlyList<AuditRecord>)records;
        },
        cancellationToken);
}
