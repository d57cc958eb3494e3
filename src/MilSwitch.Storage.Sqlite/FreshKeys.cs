using System.Buffers.Binary;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// Duplicate keys and hashes of Message-ID fields. Both are random, and a random key costs a B-tree one page of the log for
/// each insert. So they are appended to one table in the order of their arrival (and the duplicate keys kept in memory), and
/// when enough wait they are moved, sorted, in slices, into the trees that answer for good. On the writer's thread only.
/// </summary>
internal sealed class FreshKeys
{
    private const int Slice = 4096;

    private readonly int limit;
    private readonly SqliteStatement find, append, insertKey, insertField, fields, forget;
    private readonly List<UInt128> uncommitted = [];
    private Dictionary<UInt128, (long Message, long At)> current = [];
    private Dictionary<UInt128, (long Message, long At)>? merging;
    private KeyValuePair<UInt128, (long Message, long At)>[] sortedKeys = [];
    private (long Field, long Message)[] sortedFields = [];
    private long last, lastCommitted, first, mergeUpTo;
    private int keysMoved, fieldsMoved;

    public FreshKeys(SqliteDatabase database, int limit)
    {
        this.limit = limit;
        find = database.Prepare("SELECT message FROM duplicate WHERE key = ?1");
        append = database.Prepare("INSERT INTO fresh (n, message, at, key, field) VALUES (?1, ?2, ?3, ?4, ?5)");
        insertKey = database.Prepare("INSERT OR IGNORE INTO duplicate (key, message, at) VALUES (?1, ?2, ?3)");
        insertField = database.Prepare("INSERT OR IGNORE INTO message_field (field, message) VALUES (?1, ?2)");
        fields = database.Prepare("SELECT field, message FROM fresh WHERE n <= ?1 AND field IS NOT NULL");
        forget = database.Prepare("DELETE FROM fresh WHERE n <= ?1");
        using var load = database.Once("SELECT n, message, at, key FROM fresh ORDER BY n");
        while (load.Step())
        {
            last = load.Long(0);
            if (first == 0) first = last;
            if (!load.IsNull(3)) current.TryAdd(BinaryPrimitives.ReadUInt128BigEndian(load.Octets(3)), (load.Long(1), load.Long(2)));
        }

        lastCommitted = last;
        if (first == 0) first = 1;
    }

    /// <summary>The message that has this key, or null.</summary>
    public MessageId? Find(UInt128 key)
    {
        if (current.TryGetValue(key, out var entry) || (merging is not null && merging.TryGetValue(key, out entry))) return new MessageId(entry.Message);
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, key);
        find.Bind(1, octets);
        if (!find.Step()) return null;
        var message = new MessageId(find.Long(0));
        find.Reset();
        return message;
    }

    public void Add(UInt128? key, long? field, MessageId message, long at)
    {
        append.Bind(1, ++last).Bind(2, message.Value).Bind(3, at).Bind(5, field);
        if (key is { } duplicate)
        {
            Span<byte> octets = stackalloc byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(octets, duplicate);
            append.Bind(4, octets);
            if (current.TryAdd(duplicate, (message.Value, at))) uncommitted.Add(duplicate);
        }
        else append.Bind(4, (long?)null);

        append.Run();
    }

    public void Committed()
    {
        uncommitted.Clear();
        lastCommitted = last;
    }

    public void Rollback()
    {
        foreach (var key in uncommitted) current.Remove(key);
        uncommitted.Clear();
        last = lastCommitted;
    }

    /// <summary>True when <see cref="MoveSlice"/> has something to do.</summary>
    public bool IsDue => merging is not null || last - first + 1 >= limit;

    /// <summary>Moves some keys, inside a transaction; call the result after it committed.</summary>
    public Action MoveSlice()
    {
        if (merging is null) Start();
        if (keysMoved < sortedKeys.Length)
        {
            var end = Math.Min(sortedKeys.Length, keysMoved + Slice);
            Span<byte> octets = stackalloc byte[16];
            for (var i = keysMoved; i < end; i++)
            {
                BinaryPrimitives.WriteUInt128BigEndian(octets, sortedKeys[i].Key);
                insertKey.Bind(1, octets).Bind(2, sortedKeys[i].Value.Message).Bind(3, sortedKeys[i].Value.At).Run();
            }

            return () => keysMoved = end;
        }

        if (fieldsMoved < sortedFields.Length)
        {
            var end = Math.Min(sortedFields.Length, fieldsMoved + Slice);
            for (var i = fieldsMoved; i < end; i++) insertField.Bind(1, sortedFields[i].Field).Bind(2, sortedFields[i].Message).Run();
            return () => fieldsMoved = end;
        }

        var upTo = Math.Min(mergeUpTo, first + (2 * Slice) - 1);
        forget.Bind(1, upTo).Run();
        return () =>
        {
            first = upTo + 1;
            if (upTo < mergeUpTo) return;
            merging = null;
            sortedKeys = [];
            sortedFields = [];
        };
    }

    /// <summary>Forgets in memory what is older; the caller does the same in the tables.</summary>
    public void Prune(long before)
    {
        // The keys of a running move are kept: they reach the tree and are pruned from there next time.
        foreach (var (key, entry) in current)
        {
            if (entry.At < before) current.Remove(key);
        }
    }

    private void Start()
    {
        mergeUpTo = lastCommitted;
        var found = new List<(long, long)>();
        fields.Bind(1, mergeUpTo);
        while (fields.Step()) found.Add((fields.Long(0), fields.Long(1)));
        sortedFields = [.. found];
        Array.Sort(sortedFields);
        sortedKeys = [.. current];
        Array.Sort(sortedKeys, static (a, b) => a.Key.CompareTo(b.Key));
        keysMoved = fieldsMoved = 0;
        merging = current;
        current = [];
    }
}
