using System.Collections.Immutable;
using System.Numerics;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>The statements that change the store. On the writer's thread only.</summary>
internal sealed class SqliteTransactions : ISpoolTransactions, IDisposable
{
    /// <summary>In pages of 16 KiB: 32 MiB of log.</summary>
    private const int CheckpointAfterPages = 2000;

    /// <summary>No message has this id; the probe writes and removes a content of it.</summary>
    private const long ProbeId = -1;

    private readonly SqliteDatabase database;
    private readonly ContentFiles files;
    private readonly FreshKeys fresh;
    private readonly AuditChain chain = new();
    private readonly long[] epochs = new long[MessageId.PartitionCount];
    private readonly byte[] auditHash = new byte[AuditChain.HashLength];
    private readonly byte[] committedAuditHash = new byte[AuditChain.HashLength];
    private readonly List<SpooledContent> keeping = [];
    private readonly List<string> removing = [];
    private readonly List<(int Index, MessageId Original)> found = [];
    private readonly SqliteStatement begin, commit, rollback;
    private readonly SqliteStatement insertMessage, insertContent, insertFile, insertRecipient, duplicatesOf;
    private readonly SqliteStatement changeRecipient, changeMessage, deleteContent, deleteFile, isFileNamed;
    private readonly SqliteStatement insertAudit, hasAudit, hasSwitchAudit, setAuditEnd;
    private readonly SqliteStatement deleteMessage, deleteRecipients, deleteField, deleteDocument;
    private long auditSequence, committedAuditSequence;
    private int committedRemovals;
    private ulong owned;
    private long policyVersion;
    private bool policyChanged;

    public SqliteTransactions(SqliteDatabase database, ContentFiles files, int freshLimit)
    {
        this.database = database;
        this.files = files;
        fresh = new FreshKeys(database, freshLimit);
        begin = database.Prepare("BEGIN IMMEDIATE");
        commit = database.Prepare("COMMIT");
        rollback = database.Prepare("ROLLBACK");
        insertMessage = database.Prepare(
            """
            INSERT INTO message (id, state, precedence, accepted, initial, content, size, checksum, parent, message_id, held_because, digest, trace, envelope)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (id) DO NOTHING
            """);
        insertContent = database.Prepare("INSERT INTO content (id, data) VALUES (?1, ?2)");
        insertFile = database.Prepare("INSERT INTO file (message, name) VALUES (?1, ?2)");
        insertRecipient = database.Prepare("INSERT INTO recipient (message, n, state, attempts, warned) VALUES (?1, ?2, ?3, 0, 0)");
        duplicatesOf = database.Prepare("SELECT n FROM recipient WHERE message = ?1 AND state = ?2 ORDER BY n");
        // A change that changes nothing counts as none: that is how a repeated operation is told from a new one.
        changeRecipient = database.Prepare(
            """
            INSERT INTO recipient (message, n, state, attempts, due, reply, target, warned)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM message WHERE id = ?1)
            ON CONFLICT (message, n) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, due = excluded.due,
                reply = coalesce(excluded.reply, reply), target = coalesce(excluded.target, target), warned = max(excluded.warned, warned)
            WHERE state <> excluded.state OR attempts <> excluded.attempts OR due IS NOT excluded.due
                OR (excluded.reply IS NOT NULL AND reply IS NOT excluded.reply) OR (excluded.target IS NOT NULL AND target IS NOT excluded.target)
                OR warned < excluded.warned
            """);
        changeMessage = database.Prepare(
            """
            UPDATE message SET state = ?2, held_because = CASE WHEN ?2 = 1 THEN coalesce(?3, held_because) ELSE ?3 END, content = CASE WHEN ?4 THEN 0 ELSE content END
            WHERE id = ?1 AND (state <> ?2 OR held_because IS NOT ?3 OR (?4 AND content <> 0))
            """);
        deleteContent = database.Prepare("DELETE FROM content WHERE id = ?1");
        deleteFile = database.Prepare("DELETE FROM file WHERE message = ?1 RETURNING name");
        isFileNamed = database.Prepare("SELECT 1 FROM file WHERE name = ?1");
        insertAudit = database.Prepare(
            "INSERT INTO audit (seq, at, kind, message, recipient, detail, actor, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        hasAudit = database.Prepare(
            "SELECT 1 FROM audit WHERE message = ?1 AND message <> 0 AND at = ?2 AND kind = ?3 AND recipient = ?4 AND detail = ?5 AND actor IS ?6");
        hasSwitchAudit = database.Prepare(
            "SELECT 1 FROM audit WHERE seq > ?1 AND message = 0 AND at = ?2 AND kind = ?3 AND recipient = ?4 AND detail = ?5 AND actor IS ?6");
        setAuditEnd = database.Prepare(
            "INSERT INTO audit_end (name, seq, hash) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, hash = excluded.hash");
        deleteMessage = database.Prepare("DELETE FROM message WHERE id = ?1 AND state >= 4");
        deleteDocument = database.Prepare("DELETE FROM document WHERE kind = ?1 AND id = ?2");
        deleteRecipients = database.Prepare("DELETE FROM recipient WHERE message = ?1");
        deleteField = database.Prepare("DELETE FROM message_field WHERE field = ?1 AND message = ?2");

        using var owners = database.Once("SELECT partition, epoch FROM ownership");
        while (owners.Step()) epochs[owners.Int(0)] = owners.Long(1);
        using var head = database.Once("SELECT seq, hash FROM audit_end WHERE name = 'head'");
        if (head.Step())
        {
            auditSequence = committedAuditSequence = head.Long(0);
            head.Octets(1).CopyTo(auditHash);
            auditHash.CopyTo(committedAuditHash, 0);
            Found = new AuditPoint(auditSequence, Convert.ToHexStringLower(auditHash));
            head.Reset();
        }
    }

    /// <summary>With what the audit trail ended when this was made; null: there was none.</summary>
    public AuditPoint? Found { get; }

    public void Begin() => begin.Run();

    public void Commit()
    {
        if (auditSequence != committedAuditSequence) setAuditEnd.Bind(1, "head").Bind(2, auditSequence).Bind(3, auditHash).Run();
        commit.Run();
        if (policyChanged) Interlocked.Increment(ref policyVersion);
        policyChanged = false;
        foreach (var content in keeping) content.Keep();
        keeping.Clear();
        fresh.Committed();
        committedAuditSequence = auditSequence;
        auditHash.CopyTo(committedAuditHash, 0);
        committedRemovals = removing.Count;
    }

    public void Rollback()
    {
        policyChanged = false;
        keeping.Clear();
        removing.RemoveRange(committedRemovals, removing.Count - committedRemovals);
        fresh.Rollback();
        auditSequence = committedAuditSequence;
        committedAuditHash.CopyTo(auditHash, 0);
        if (!database.InTransaction) return;
        try
        {
            rollback.Run();
        }
        catch (Exception error) when (error is SpoolFaultException or InvalidOperationException)
        {
            // SQLite has rolled back by itself, or the next BEGIN fails and says so.
        }
    }

    public void Maintain()
    {
        foreach (var name in removing) files.Remove(name);
        removing.Clear();
        committedRemovals = 0;
        if (fresh.IsDue)
        {
            Begin();
            var moved = fresh.MoveSlice();
            Commit();
            moved();
        }

        // By hand and not by SQLite's own hook, which hides a failed fsync.
        if (database.PagesWritten(reset: false) < CheckpointAfterPages) return;
        database.PagesWritten(reset: true);
        database.Checkpoint();
    }

    public void Probe()
    {
        // A volume can have room and no inodes, or be read-only for new files while those that are open can still be written.
        files.Probe();
        Begin();
        insertContent.Bind(1, ProbeId).Bind(2, new byte[64 << 10]).Run();
        Commit();
        Begin();
        deleteContent.Bind(1, ProbeId).Run();
        Commit();
    }

    public void Apply(SpoolRequest request) => request.Result = Applied(request);

    /// <summary>Nothing is ever undecided: a commit that fails did not happen.</summary>
    public void Settle()
    {
    }

    /// <summary>Raises a partition's epoch; call <see cref="Claimed"/> after the commit.</summary>
    public PartitionEpoch Claim(int partition, string owner)
    {
        var epoch = epochs[partition] + 1;
        using var claim = database.Once(
            """
            INSERT INTO ownership (partition, epoch, owner) VALUES (?1, ?2, ?3)
            ON CONFLICT (partition) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner
            """);
        claim.Bind(1, partition).Bind(2, epoch).Bind(3, owner).Run();
        return new PartitionEpoch(partition, epoch);
    }

    public void Claimed(PartitionEpoch claim)
    {
        epochs[claim.Partition] = claim.Epoch;
        owned |= 1UL << claim.Partition;
    }

    /// <summary>Partitions that were claimed. On any thread.</summary>
    public int Owned => BitOperations.PopCount(Interlocked.Read(ref owned));

    /// <summary>Rises with every change of a rule or of shared settings that is committed. Only this process changes any, so it need not be stored. On any thread.</summary>
    public long PolicyVersion => Interlocked.Read(ref policyVersion);

    /// <summary>Forgets finished messages; those that are no longer finished stay. Returns how many went.</summary>
    public int Forget(ReadOnlySpan<(long Id, long? Field)> messages)
    {
        var count = 0;
        foreach (var (id, field) in messages)
        {
            deleteMessage.Bind(1, id).Run();
            if (database.Changes == 0) continue;
            count++;
            deleteRecipients.Bind(1, id).Run();
            DropContent(id);
            foreach (var kind in BoundaryDocuments.Kinds) deleteDocument.Bind(1, kind).Bind(2, new MessageId(id).ToString()).Run();
            if (field is not { } hash) continue;
            deleteField.Bind(1, hash).Bind(2, id).Run();
        }

        return count;
    }

    public void ForgetKeys(ReadOnlySpan<byte[]> keys)
    {
        using var delete = database.Once("DELETE FROM duplicate WHERE key = ?1");
        foreach (var key in keys) delete.Bind(1, key).Run();
    }

    public void ForgetFreshKeys(long before)
    {
        using var delete = database.Once("UPDATE fresh SET key = NULL WHERE at < ?1 AND key IS NOT NULL");
        delete.Bind(1, before).Run();
    }

    public void ForgetFreshKeysInMemory(long before) => fresh.Prune(before);

    /// <summary>Cuts the audit trail up to and including one record, whose hash stays as the anchor of the rest. False: there is no such record.</summary>
    public bool ForgetAudit(long upTo)
    {
        using var anchor = database.Once("SELECT hash FROM audit WHERE seq = ?1");
        if (!anchor.Bind(1, upTo).Step()) return false;
        var hash = anchor.Octets(0).ToArray();
        anchor.Reset();
        setAuditEnd.Bind(1, "anchor").Bind(2, upTo).Bind(3, hash).Run();
        using var delete = database.Once("DELETE FROM audit WHERE seq <= ?1");
        delete.Bind(1, upTo).Run();
        return true;
    }

    public void PutDocument(string kind, string id, string json)
    {
        using var put = database.Once(
            "INSERT INTO document (kind, id, json) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json");
        put.Bind(1, kind).Bind(2, id).Bind(3, json).Run();
        policyChanged |= PolicyDocuments.IsPolicy(kind);
    }

    public bool RemoveDocument(string kind, string id)
    {
        deleteDocument.Bind(1, kind).Bind(2, id).Run();
        var removed = database.Changes > 0;
        policyChanged |= removed && PolicyDocuments.IsPolicy(kind);
        return removed;
    }

    public bool ExchangeDocument(string kind, string id, string? expected, string? json)
    {
        var sql = (expected, json) switch
        {
            (null, null) => "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM document WHERE kind = ?1 AND id = ?2)",
            (null, _) => "INSERT INTO document (kind, id, json) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO NOTHING RETURNING 1",
            (_, null) => "DELETE FROM document WHERE kind = ?1 AND id = ?2 AND json = ?4 RETURNING 1",
            _ => "UPDATE document SET json = ?3 WHERE kind = ?1 AND id = ?2 AND json = ?4 RETURNING 1",
        };
        using var exchange = database.Once(sql);
        exchange.Bind(1, kind).Bind(2, id);
        if (json is not null) exchange.Bind(3, json);
        if (expected is not null) exchange.Bind(4, expected);
        var done = exchange.Step();
        if (done) exchange.Run();
        policyChanged |= done && PolicyDocuments.IsPolicy(kind);
        return done;
    }

    public void Dispose() => database.Dispose();

    private CommitResult Applied(SpoolRequest request)
    {
        var operation = request.Operation;
        if (epochs[operation.Owner.Partition] != operation.Owner.Epoch) return new CommitResult(CommitStatus.Fenced, []);
        ImmutableArray<DuplicateRecipient>.Builder? duplicates = null;
        var changed = false;
        for (var i = 0; i < operation.Accept.Length; i++) changed |= Accept(operation.Accept[i], request.Envelope(i), ref duplicates);
        foreach (var change in operation.Recipients)
        {
            changeRecipient.Bind(1, change.Id.Value).Bind(2, change.Index).Bind(3, (long)change.State).Bind(4, change.Attempts)
                .Bind(5, change.Due?.ToUnixTimeMilliseconds()).Bind(6, change.Reply is { } reply ? ReplyText.Write(reply) : null)
                .Bind(7, change.Target).Bind(8, change.Warned ? 1 : 0).Run();
            changed |= database.Changes > 0;
        }

        foreach (var change in operation.Messages)
        {
            changeMessage.Bind(1, change.Id.Value).Bind(2, (long)change.State).Bind(3, change.HeldBecause).Bind(4, change.DropContent ? 1 : 0).Run();
            changed |= database.Changes > 0;
            if (change.DropContent) DropContent(change.Id.Value);
        }

        foreach (var audit in operation.Audit)
        {
            if (changed || !Has(audit)) Append(audit);
        }

        foreach (var document in operation.Documents) PutDocument(document.Kind, document.Id, document.Json);
        if (duplicates is null) return CommitResult.Committed;
        if (changed) AuditDuplicates(operation, duplicates);
        return new CommitResult(CommitStatus.Committed, duplicates.ToImmutable());
    }

    private bool Accept(NewMessage message, ReadOnlySpan<byte> envelope, ref ImmutableArray<DuplicateRecipient>.Builder? duplicates)
    {
        var recipients = message.Envelope.Recipients;
        found.Clear();
        for (var i = 0; i < recipients.Length; i++)
        {
            if (recipients[i].DuplicateKey is { } key && fresh.Find(key) is { } original && original != message.Id) found.Add((i, original));
        }

        var state = Acceptance.StateOf(message, found);
        var staged = message.Content as SpooledContent ?? throw new ArgumentException("The content was made by another spool.");
        var isDropped = recipients.Length > 0 && found.Count == recipients.Length;
        var kind = isDropped ? ContentKind.None : staged.Kind;
        var trace = message.Trace.Span;
        var digest = staged.Digest.Span;
        var accepted = message.Envelope.ArrivedAt.ToUnixTimeMilliseconds();
        var id = message.Id.Value;
        insertMessage.Bind(1, id).Bind(2, (long)state).Bind(3, (long)message.Envelope.Precedence).Bind(4, accepted).Bind(5, (long)message.State)
            .Bind(6, (long)kind).Bind(7, staged.Length).Bind(8, EnvelopeCodec.Checksum(envelope, trace, digest)).Bind(9, message.Parent?.Value)
            .Bind(10, message.MessageIdField).Bind(11, state == MessageState.Held ? message.HeldBecause : null).Bind(12, digest).Bind(13, trace)
            .Bind(14, envelope).Run();
        if (database.Changes == 0)
        {
            duplicatesOf.Bind(1, id).Bind(2, (long)RecipientState.Duplicate);
            while (duplicatesOf.Step()) (duplicates ??= NewDuplicates()).Add(new DuplicateRecipient(message.Id, duplicatesOf.Int(0)));
            return false;
        }

        if (kind.IsInline()) insertContent.Bind(1, id).Bind(2, staged.Row.Span).Run();
        else if (kind.IsApart())
        {
            insertFile.Bind(1, id).Bind(2, staged.FileName).Run();
            keeping.Add(staged);
        }

        foreach (var (index, _) in found) (duplicates ??= NewDuplicates()).Add(new DuplicateRecipient(message.Id, index));
        if (found.Count > 0 || !message.Exceptions.IsEmpty)
        {
            for (var i = 0; i < recipients.Length; i++)
            {
                var own = Acceptance.StateOf(message, i, found);
                if (own != message.State) insertRecipient.Bind(1, id).Bind(2, i).Bind(3, (long)own).Run();
            }
        }

        var field = message.MessageIdField is { } text ? FieldHash.Of(text) : (long?)null;
        var next = 0;
        for (var i = 0; i < recipients.Length; i++)
        {
            if (next < found.Count && found[next].Index == i)
            {
                next++;
                continue;
            }

            if (recipients[i].DuplicateKey is not { } key) continue;
            fresh.Add(key, field, message.Id, accepted);
            field = null;
        }

        if (field is not null) fresh.Add(null, field, message.Id, accepted);
        return true;

        static ImmutableArray<DuplicateRecipient>.Builder NewDuplicates() => ImmutableArray.CreateBuilder<DuplicateRecipient>();
    }

    private void DropContent(long id)
    {
        deleteContent.Bind(1, id).Run();
        if (database.Changes > 0) return;
        string? name = null;
        deleteFile.Bind(1, id);
        while (deleteFile.Step()) name = deleteFile.Text(0);
        if (name is null) return;
        var isNamed = isFileNamed.Bind(1, name).Step();
        if (isNamed) isFileNamed.Reset();
        else removing.Add(name);
    }

    /// <summary>The state and its audit event are one transaction, and only the store knows which recipients were duplicates.</summary>
    private void AuditDuplicates(SpoolOperation operation, ImmutableArray<DuplicateRecipient>.Builder duplicates)
    {
        foreach (var duplicate in duplicates)
        {
            foreach (var message in operation.Accept)
            {
                if (message.Id != duplicate.Id) continue;
                var original = message.Envelope.Recipients[duplicate.Index].DuplicateKey is { } key ? fresh.Find(key) : null;
                Append(new AuditEvent(message.Envelope.ArrivedAt, AuditKind.Duplicate, duplicate.Id, duplicate.Index, $"of {original}"));
            }
        }
    }

    private bool Has(AuditEvent audit)
    {
        const int Recent = 1000;
        var has = audit.Message == default ? hasSwitchAudit.Bind(1, auditSequence - Recent) : hasAudit.Bind(1, audit.Message.Value);
        has.Bind(2, audit.At.ToUnixTimeMilliseconds()).Bind(3, (long)audit.Kind).Bind(4, audit.Recipient).Bind(5, audit.Detail).Bind(6, audit.Actor);
        if (!has.Step()) return false;
        has.Reset();
        return true;
    }

    private void Append(AuditEvent audit)
    {
        var at = audit.At.ToUnixTimeMilliseconds();
        chain.Next(auditHash, ++auditSequence, at, audit, auditHash);
        insertAudit.Bind(1, auditSequence).Bind(2, at).Bind(3, (long)audit.Kind).Bind(4, audit.Message.Value).Bind(5, audit.Recipient)
            .Bind(6, audit.Detail).Bind(7, audit.Actor).Bind(8, auditHash).Run();
    }
}
