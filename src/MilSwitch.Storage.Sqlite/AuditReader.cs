using System.Text;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>The audit trail of a database, over a connection that its owner disposes. For one caller at a time.</summary>
internal sealed class AuditReader(SqliteDatabase database)
{
    /// <summary>There is one trail in a folder.</summary>
    public const int Trail = 0;

    private const string Columns = "seq, at, kind, message, recipient, detail, actor, hash";

    private readonly SqliteStatement forward = database.Prepare($"SELECT {Columns} FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    private readonly SqliteStatement backward = database.Prepare($"SELECT {Columns} FROM audit WHERE seq < ?1 AND seq >= ?2 ORDER BY seq DESC");
    private readonly SqliteStatement ofMessage = database.Prepare($"SELECT {Columns} FROM audit WHERE message = ?1 AND message <> 0 ORDER BY seq");
    private readonly SqliteStatement one = database.Prepare($"SELECT {Columns} FROM audit WHERE seq = ?1");
    private readonly SqliteStatement times = database.Prepare("SELECT seq, at FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    private readonly SqliteStatement ends = database.Prepare("SELECT name, seq, hash FROM audit_end");
    private readonly SqliteStatement any = database.Prepare("SELECT 1 FROM audit LIMIT 1");

    public IReadOnlyList<AuditTrail> Trails()
    {
        AuditPoint? anchor = null;
        AuditPoint? head = null;
        while (ends.Step())
        {
            var point = new AuditPoint(ends.Long(1), Convert.ToHexStringLower(ends.Octets(2)));
            if (ends.Text(0) == "head") head = point;
            else anchor = point;
        }

        if (anchor is null && head is null)
        {
            if (!any.Step()) return [];
            any.Reset();
        }

        return [new AuditTrail(Trail, anchor, head)];
    }

    public IReadOnlyList<AuditRecord> Read(long after, int limit)
    {
        var records = new List<AuditRecord>();
        forward.Bind(1, after).Bind(2, limit);
        while (forward.Step()) records.Add(Record(forward));
        return records;
    }

    public IReadOnlyList<AuditRecord> Search(long below, long downTo, AuditFilter filter, int limit)
    {
        var records = new List<AuditRecord>();
        backward.Bind(1, below).Bind(2, downTo);
        try
        {
            while (records.Count < limit && backward.Step())
            {
                if (!filter.Matches(backward.Long(1), Kind(backward.Long(2)))) continue;
                var record = Record(backward);
                if (filter.Matches(record)) records.Add(record);
            }
        }
        finally
        {
            backward.Reset();
        }

        return records;
    }

    public IReadOnlyList<AuditRecord> Of(MessageId message)
    {
        var records = new List<AuditRecord>();
        ofMessage.Bind(1, message.Value);
        while (ofMessage.Step()) records.Add(Record(ofMessage));
        return records;
    }

    public AuditPoint? Point(long sequence)
    {
        one.Bind(1, sequence);
        if (!one.Step()) return null;
        var point = Record(one).Point;
        one.Reset();
        return point;
    }

    /// <summary>A slice of the records that are, with all before them, older. Whether there may be more of them.</summary>
    public bool Old(long before, int limit, ref long last)
    {
        var count = 0;
        times.Bind(1, last).Bind(2, limit);
        try
        {
            while (times.Step())
            {
                if (times.Long(1) >= before) return false;
                last = times.Long(0);
                count++;
            }
        }
        finally
        {
            times.Reset();
        }

        return count == limit;
    }

    private static AuditKind Kind(long stored) => (AuditKind)unchecked((short)stored);

    // Columns hold whatever somebody put there: what would not come back as it is written here is no record of this program.
    private static AuditRecord Record(SqliteStatement row)
    {
        var (kind, recipient) = (row.Long(2), row.Long(4));
        var sound = kind is >= short.MinValue and <= short.MaxValue && recipient is >= int.MinValue and <= int.MaxValue;
        var at = row.Long(1);
        var detail = Text(row, 5, ref sound);
        var actor = row.IsNull(6) ? null : Text(row, 6, ref sound);
        var audit = new AuditEvent(AuditRecord.Time(at), Kind(kind), new MessageId(row.Long(3)), unchecked((int)recipient), detail, actor);
        return new AuditRecord(Trail, row.Long(0), at, audit, row.Octets(7).ToArray()) { IsSound = sound };
    }

    private static string Text(SqliteStatement row, int column, ref bool sound)
    {
        var octets = row.Octets(column);
        var text = Encoding.UTF8.GetString(octets);
        sound &= Encoding.UTF8.GetByteCount(text) == octets.Length && (text.Contains('\uFFFD', StringComparison.Ordinal) is false || Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(octets));
        return text;
    }
}
