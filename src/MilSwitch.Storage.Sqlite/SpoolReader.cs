using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>A read-only connection with its statements. For one caller at a time; every method ends its snapshot.</summary>
internal sealed class SpoolReader : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly SqliteStatement message, recipients, pending, contentOf, inline, fileOf, auditOf, auditOfKind, auditOfSwitch;
    private readonly SqliteStatement documents, documentPage, document, scan, allPending, byField, byParent, finished, oldKeys;

    public SpoolReader(string path)
    {
        database = SqliteDatabase.Open(path, readOnly: true);
        database.Execute("PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY");
        message = database.Prepare(
            "SELECT state, initial, content, size, checksum, parent, message_id, held_because, digest, trace, envelope FROM message WHERE id = ?1");
        recipients = database.Prepare("SELECT n, state, attempts, due, warned, reply, target FROM recipient WHERE message = ?1 ORDER BY n");
        pending = database.Prepare(
            """
            SELECT id, state, initial, size, checksum, digest, trace, envelope FROM message INDEXED BY message_pending
            WHERE state < 4 AND precedence = ?1 AND id > ?2 AND (id & 63) = ?3 ORDER BY id LIMIT ?4
            """);
        contentOf = database.Prepare("SELECT content, size, digest FROM message WHERE id = ?1");
        inline = database.Prepare("SELECT data FROM content WHERE id = ?1");
        fileOf = database.Prepare("SELECT name FROM file WHERE message = ?1");
        auditOf = database.Prepare("SELECT at, kind, recipient, detail, actor FROM audit WHERE message = ?1 AND message <> 0 ORDER BY seq");
        auditOfKind = database.Prepare("SELECT at, recipient, detail, actor FROM audit WHERE message = ?1 AND message <> 0 AND kind = ?2 ORDER BY seq");
        auditOfSwitch = database.Prepare("SELECT at, kind, recipient, detail, actor FROM audit WHERE message = 0 ORDER BY seq");
        documents = database.Prepare("SELECT id, json FROM document WHERE kind = ?1 ORDER BY id");
        documentPage = database.Prepare("SELECT id, json FROM document WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        document = database.Prepare("SELECT json FROM document WHERE kind = ?1 AND id = ?2");
        scan = database.Prepare("SELECT id, state, precedence, accepted FROM message WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
        allPending = database.Prepare("SELECT id FROM message INDEXED BY message_pending WHERE state < 4 AND precedence = ?1 AND id < ?2");
        byField = database.Prepare("SELECT message FROM message_field WHERE field = ?1 UNION SELECT message FROM fresh WHERE field = ?1");
        byParent = database.Prepare("SELECT id FROM message WHERE parent = ?1");
        finished = database.Prepare("SELECT id, state, accepted, message_id FROM message WHERE id > ?1 ORDER BY id LIMIT ?2");
        oldKeys = database.Prepare("SELECT key, at FROM duplicate WHERE key > ?1 ORDER BY key LIMIT ?2");
        AuditTrail = new AuditReader(database);
    }

    /// <summary>The audit trail as such.</summary>
    public AuditReader AuditTrail { get; }

    public StoredMessage? Message(MessageId id)
    {
        message.Bind(1, id.Value);
        if (!message.Step()) return null;
        try
        {
            var envelope = Verified(id, message, checksum: 4, digest: 8, trace: 9, envelope: 10);
            var initial = (RecipientState)message.Int(1);
            return new StoredMessage(
                id, envelope, message.Octets(9).ToArray(), (MessageState)message.Int(0), message.Long(3), message.Octets(8).ToArray())
            {
                Recipients = Recipients(id, envelope.Recipients.Length, initial),
                MessageIdField = message.TextOrNull(6),
                Parent = message.IsNull(5) ? null : new MessageId(message.Long(5)),
                HeldBecause = message.TextOrNull(7),
                HasContent = message.Int(2) != (int)ContentKind.None,
            };
        }
        finally
        {
            message.Reset();
        }
    }

    /// <summary>A slice of what is pending in one partition and level, by id. Returns the last id that it looked at.</summary>
    public long Pending(int partition, Precedence precedence, long after, int limit, List<PendingMessage> into, Action<MessageId> damaged)
    {
        pending.Bind(1, (long)precedence).Bind(2, after).Bind(3, partition).Bind(4, limit);
        try
        {
            while (pending.Step())
            {
                after = pending.Long(0);
                var id = new MessageId(after);
                try
                {
                    var envelope = Verified(id, pending, checksum: 4, digest: 5, trace: 6, envelope: 7);
                    into.Add(new PendingMessage(
                        id, (MessageState)pending.Int(1), pending.Long(3), envelope, Open(id, envelope.Recipients.Length, (RecipientState)pending.Int(2))));
                }
                catch (ContentDamagedException)
                {
                    // The others must flow; this one waits in the store for a person.
                    damaged(id);
                }
            }
        }
        finally
        {
            pending.Reset();
        }

        return after;
    }

    /// <summary>Null: gone. An inline content is opened and verified; for a file the caller gets its name.</summary>
    public (ContentReader? Inline, string? File, long Size, byte[] Digest, bool IsSealed)? Content(MessageId id, ContentSeal seal)
    {
        contentOf.Bind(1, id.Value);
        if (!contentOf.Step()) return null;
        ContentKind kind;
        long size;
        byte[] digest;
        try
        {
            kind = (ContentKind)contentOf.Int(0);
            size = contentOf.Long(1);
            digest = contentOf.Octets(2).ToArray();
        }
        finally
        {
            contentOf.Reset();
        }

        if (kind == ContentKind.None) return null;
        var isSealed = kind.IsSealed();
        if (kind.IsApart())
        {
            fileOf.Bind(1, id.Value);
            if (!fileOf.Step()) return null;
            var name = fileOf.Text(0);
            fileOf.Reset();
            return (null, name, size, digest, isSealed);
        }

        inline.Bind(1, id.Value);
        if (!inline.Step()) return null;
        try
        {
            return (InlineContentReader.Of(id, inline.Octets(0), size, digest, isSealed ? seal : null), null, size, digest, isSealed);
        }
        finally
        {
            inline.Reset();
        }
    }

    /// <summary>Some content is sealed with a key. Walks through all that are kept in rows.</summary>
    /// <param name="key">Its name.</param>
    public bool IsSealedWith(string key)
    {
        using var any = database.Once("SELECT 1 FROM content WHERE substr(data, 2, 8) = ?1 AND id IN (SELECT id FROM message WHERE content = 3) LIMIT 1");
        return any.Bind(1, Convert.FromHexString(key)).Step();
    }

    /// <summary>Names of the files of sealed contents.</summary>
    public List<string> SealedFiles()
    {
        using var files = database.Once("SELECT f.name FROM file f JOIN message m ON m.id = f.message WHERE m.content = 4");
        var names = new List<string>();
        while (files.Step()) names.Add(files.Text(0));
        return names;
    }

    public IReadOnlyList<AuditEvent> Audit(MessageId id)
    {
        var events = new List<AuditEvent>();
        var rows = id == default ? auditOfSwitch : auditOf.Bind(1, id.Value);
        while (rows.Step()) events.Add(new AuditEvent(Time(rows.Long(0)), (AuditKind)rows.Int(1), id, rows.Int(2), rows.Text(3), rows.TextOrNull(4)));

        return events;
    }

    public IReadOnlyList<AuditEvent> Audit(ImmutableArray<MessageId> messages, AuditKind kind)
    {
        var events = new List<AuditEvent>();
        foreach (var id in messages)
        {
            auditOfKind.Bind(1, id.Value).Bind(2, (long)kind);
            while (auditOfKind.Step()) events.Add(new AuditEvent(Time(auditOfKind.Long(0)), kind, id, auditOfKind.Int(1), auditOfKind.Text(2), auditOfKind.TextOrNull(3)));
        }

        return events;
    }

    public string? Document(string kind, string id)
    {
        document.Bind(1, kind).Bind(2, id);
        if (!document.Step()) return null;
        var json = document.Text(0);
        document.Reset();
        return json;
    }

    public IReadOnlyList<StoredDocument> Documents(string kind)
    {
        var found = new List<StoredDocument>();
        documents.Bind(1, kind);
        while (documents.Step()) found.Add(new StoredDocument(kind, documents.Text(0), documents.Text(1)));
        return found;
    }

    public IReadOnlyList<StoredDocument> Documents(string kind, string after, int limit)
    {
        var found = new List<StoredDocument>();
        documentPage.Bind(1, kind).Bind(2, after).Bind(3, limit);
        while (documentPage.Step()) found.Add(new StoredDocument(kind, documentPage.Text(0), documentPage.Text(1)));
        return found;
    }

    /// <summary>A slice of all messages, newest first, that match what the row says without its envelope.</summary>
    public long? Scan(MessageQuery query, long below, int limit, List<long> into)
    {
        long? last = null;
        var from = query.AcceptedFrom?.ToUnixTimeMilliseconds() ?? long.MinValue;
        var until = query.AcceptedUntil?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        scan.Bind(1, below).Bind(2, limit);
        while (scan.Step())
        {
            last = scan.Long(0);
            if (query.State is { } state && scan.Int(1) != (int)state) continue;
            if (query.PendingOnly && scan.Int(1) >= (int)MessageState.Done) continue;
            if (query.Precedence is { } precedence && scan.Int(2) != (int)precedence) continue;
            if (scan.Long(3) < from || scan.Long(3) > until) continue;
            into.Add(last.Value);
        }

        return last;
    }

    public void AllPending(Precedence? precedence, long below, List<long> into)
    {
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++)
        {
            if (precedence is { } one && one != level) continue;
            allPending.Bind(1, (long)level).Bind(2, below);
            while (allPending.Step()) into.Add(allPending.Long(0));
        }
    }

    public void ByField(string field, List<long> into)
    {
        byField.Bind(1, FieldHash.Of(field));
        while (byField.Step()) into.Add(byField.Long(0));
    }

    public void ByParent(MessageId parent, List<long> into)
    {
        byParent.Bind(1, parent.Value);
        while (byParent.Step()) into.Add(byParent.Long(0));
    }

    /// <summary>
    /// A slice of messages in the order of their ids, which is nearly that of their age. Null when the walk has reached
    /// messages that are younger.
    /// </summary>
    public long? Finished(long after, long before, int limit, List<(long Id, long? Field)> into)
    {
        const long ClockMayStepBack = 3_600_000;
        long? last = null;
        finished.Bind(1, after).Bind(2, limit);
        try
        {
            while (finished.Step())
            {
                if (finished.Long(2) > before + ClockMayStepBack) return null;
                last = finished.Long(0);
                if (finished.Int(1) < (int)MessageState.Done || finished.Long(2) >= before) continue;
                into.Add((last.Value, finished.TextOrNull(3) is { } field ? FieldHash.Of(field) : null));
            }
        }
        finally
        {
            finished.Reset();
        }

        return last;
    }

    /// <summary>A slice of the duplicate keys; returns the last key, null at the end.</summary>
    public byte[]? OldKeys(byte[] after, long before, int limit, List<byte[]> into)
    {
        byte[]? last = null;
        oldKeys.Bind(1, after).Bind(2, limit);
        while (oldKeys.Step())
        {
            last = oldKeys.Octets(0).ToArray();
            if (oldKeys.Long(1) < before) into.Add(last);
        }

        return last;
    }

    public void Dispose() => database.Dispose();

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static Envelope Verified(MessageId id, SqliteStatement row, int checksum, int digest, int trace, int envelope)
    {
        var octets = row.Octets(envelope);
        if (EnvelopeCodec.Checksum(octets, row.Octets(trace), row.Octets(digest)) != (uint)row.Long(checksum)) throw new ContentDamagedException(id);
        try
        {
            return EnvelopeCodec.Read(octets);
        }
        catch (FormatException)
        {
            throw new ContentDamagedException(id);
        }
    }

    private ImmutableArray<StoredRecipient> Recipients(MessageId id, int count, RecipientState initial)
    {
        var all = new StoredRecipient[count];
        recipients.Bind(1, id.Value);
        while (recipients.Step())
        {
            var n = recipients.Int(0);
            if (n < 0 || n >= count) continue;
            all[n] = new StoredRecipient(
                (RecipientState)recipients.Int(1), recipients.Int(2), recipients.IsNull(3) ? null : Time(recipients.Long(3)),
                recipients.TextOrNull(5) is { } reply ? ReplyText.Read(reply) : null, recipients.TextOrNull(6), recipients.Int(4) != 0);
        }

        StoredRecipient? untouched = null;
        for (var i = 0; i < count; i++) all[i] ??= untouched ??= new StoredRecipient(initial, 0, null, null, null, false);
        return ImmutableCollectionsMarshal.AsImmutableArray(all);
    }

    private ImmutableArray<PendingRecipient> Open(MessageId id, int count, RecipientState initial)
    {
        recipients.Bind(1, id.Value);
        if (!recipients.Step())
        {
            var untouched = new PendingRecipient[count];
            for (var i = 0; i < count; i++) untouched[i] = new PendingRecipient(i, initial, 0, null, false);
            return ImmutableCollectionsMarshal.AsImmutableArray(untouched);
        }

        // Rows come in the order of n.
        var open = ImmutableArray.CreateBuilder<PendingRecipient>(count);
        var next = 0;
        do
        {
            var n = recipients.Int(0);
            for (; next < n && next < count; next++) open.Add(new PendingRecipient(next, initial, 0, null, false));
            next = n + 1;
            var state = (RecipientState)recipients.Int(1);
            if (state.IsFinal() || n >= count) continue;
            open.Add(new PendingRecipient(n, state, recipients.Int(2), recipients.IsNull(3) ? null : Time(recipients.Long(3)), recipients.Int(4) != 0));
        }
        while (recipients.Step());
        for (; next < count; next++) open.Add(new PendingRecipient(next, initial, 0, null, false));
        return open.DrainToImmutable();
    }
}
