using System.Buffers.Binary;
using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>
/// Operations that go to the server together: one statement for each table, and columns of values for it. No two of them
/// touch the same row, because one statement changes a row once. On the writer's thread only; used again and again.
/// </summary>
internal sealed class Wave(int run)
{
    private readonly List<SpoolRequest> requests = [];
    private readonly HashSet<(long Message, int Recipient)> recipientsTouched = [];
    private readonly HashSet<long> messagesTouched = [];
    private readonly HashSet<(string Kind, string Id)> documentsTouched = [];
    private readonly Dictionary<Guid, long> keyOwners = [];
    private readonly List<(int Index, MessageId Original)> found = [];
    private readonly HashSet<long> contentsSeen = [];

    // Columns, by statement.
    private readonly List<int> partitions = [];
    private readonly List<long> policies = [];
    private readonly List<long> epochs = [];
    private readonly List<Guid> keys = [];
    private readonly List<long> keyMessages = [], keyTimes = [];
    private readonly List<long> ids = [], accepted = [], sizes = [], checksums = [];
    private readonly List<long?> parents = [], fields = [];
    private readonly List<short> states = [], precedences = [], initials = [], contentKinds = [];
    private readonly List<string?> fieldTexts = [], heldBecause = [];
    private readonly List<ReadOnlyMemory<byte>> digests = [], traces = [], envelopes = [];
    private readonly List<long> rowIds = [];
    private readonly List<ReadOnlyMemory<byte>> rows = [];
    private readonly List<long> beginMessages = [];
    private readonly List<int> beginIndices = [];
    private readonly List<short> beginStates = [];
    private readonly List<long> contents = [], holders = [], held = [];
    private readonly List<StagedChunks> keeping = [];
    private readonly List<long> changedMessages = [];
    private readonly List<int> changedIndices = [], attempts = [];
    private readonly List<short> changedStates = [];
    private readonly List<long?> due = [];
    private readonly List<string?> replies = [], targets = [];
    private readonly List<bool> warned = [];
    private readonly List<long> messageIds = [];
    private readonly List<short> messageStates = [];
    private readonly List<string?> messageHeld = [];
    private readonly List<bool> messageDrops = [], messageCounts = [];
    private readonly List<long> drops = [];
    private readonly List<string> documentKinds = [], documentIds = [], documentTexts = [];
    private readonly List<long> sequences = [], auditTimes = [], auditMessages = [];
    private readonly List<int> auditRecipients = [];
    private readonly List<short> auditKinds = [];
    private readonly List<string> auditDetails = [];
    private readonly List<string?> auditActors = [];
    private readonly List<byte[]> auditHashes = [];
    private long chunks;
    private int mustChange;
    private bool policyCounts;

    public IReadOnlyList<SpoolRequest> Requests => requests;

    public bool IsEmpty => requests.Count == 0;

    /// <summary>Operations that only add to the audit trail, or that put documents: what they say may have been said before.</summary>
    public bool HasRemarks { get; private set; }

    /// <summary>Partitions and epochs that must hold.</summary>
    public IReadOnlyList<int> Partitions => partitions;

    /// <summary>All keys of recipients that were accepted or looked for; for finding whose they are.</summary>
    public IEnumerable<Guid> AllKeys
    {
        get
        {
            foreach (var request in requests)
            {
                foreach (var message in request.Operation.Accept)
                {
                    foreach (var recipient in message.Envelope.Recipients)
                    {
                        if (recipient.DuplicateKey is { } key) yield return KeyOf(key);
                    }
                }
            }
        }
    }

    /// <summary>The audit events of the wave as they are to be written; empty until <see cref="AddAudit"/>.</summary>
    public int AuditCount => sequences.Count;

    /// <summary>Takes an operation along, or refuses: one that is in it already touches the same row.</summary>
    public bool TryAdd(SpoolRequest request)
    {
        var operation = request.Operation;
        if (requests.Count > 0)
        {
            foreach (var change in operation.Recipients)
            {
                if (recipientsTouched.Contains((change.Id.Value, change.Index))) return false;
            }

            foreach (var change in operation.Messages)
            {
                if (messagesTouched.Contains(change.Id.Value)) return false;
            }

            foreach (var document in operation.Documents)
            {
                if (documentsTouched.Contains((document.Kind, document.Id))) return false;
            }
        }

        foreach (var change in operation.Recipients) recipientsTouched.Add((change.Id.Value, change.Index));
        foreach (var change in operation.Messages) messagesTouched.Add(change.Id.Value);
        foreach (var document in operation.Documents) documentsTouched.Add((document.Kind, document.Id));
        requests.Add(request);
        return true;
    }

    /// <summary>Takes operations out again.</summary>
    public void Remove(Predicate<SpoolRequest> which) => requests.RemoveAll(which);

    public void Clear()
    {
        requests.Clear();
        recipientsTouched.Clear();
        messagesTouched.Clear();
        documentsTouched.Clear();
        ClearColumns();
    }

    /// <summary>The contents that its messages name are theirs now.</summary>
    public void Keep()
    {
        foreach (var content in keeping) content.Keep();
    }

    /// <summary>Fills the columns and each operation's result.</summary>
    /// <param name="owners">Keys of recipients that were accepted before, and by which message.</param>
    /// <param name="only">Null: all operations, each expected to be new. Else one of them, of which nothing is expected.</param>
    /// <param name="existing">Messages that are in the store already.</param>
    public void Plan(IReadOnlyDictionary<Guid, long> owners, SpoolRequest? only, IReadOnlySet<long> existing)
    {
        ClearColumns();
        foreach (var request in requests)
        {
            if (only is null || request == only) Plan(request, owners, existing, isAlone: only is not null);
        }
    }

    /// <summary>Adds an event to the trail.</summary>
    /// <param name="chain">Ties it to the one before.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="audit">The event.</param>
    /// <param name="hash">Of the event before; becomes this one's.</param>
    public void AddAudit(AuditChain chain, long sequence, AuditEvent audit, byte[] hash)
    {
        var at = audit.At.ToUnixTimeMilliseconds();
        audit = Clean(audit);
        chain.Next(hash, sequence, at, audit, hash);
        sequences.Add(sequence);
        auditTimes.Add(at);
        auditMessages.Add(audit.Message.Value);
        auditRecipients.Add(audit.Recipient);
        auditKinds.Add((short)audit.Kind);
        auditDetails.Add(audit.Detail);
        auditActors.Add(audit.Actor);
        auditHashes.Add(hash.AsSpan().ToArray());
    }

    /// <summary>The events of an operation, and one for each of its duplicates, in their order.</summary>
    public static IEnumerable<AuditEvent> EventsOf(SpoolRequest request, IReadOnlyDictionary<Guid, long> owners, bool withDuplicates)
    {
        foreach (var audit in request.Operation.Audit) yield return audit;
        if (!withDuplicates) yield break;
        foreach (var duplicate in request.Result.Duplicates)
        {
            foreach (var message in request.Operation.Accept)
            {
                if (message.Id != duplicate.Id || message.Envelope.Recipients[duplicate.Index].DuplicateKey is not { } key) continue;
                var original = owners.TryGetValue(KeyOf(key), out var owner) ? new MessageId(owner) : OriginalWithin(request, key);
                yield return new AuditEvent(message.Envelope.ArrivedAt, AuditKind.Duplicate, duplicate.Id, duplicate.Index, $"of {original}");
            }
        }
    }

    public static AuditEvent Clean(AuditEvent audit) => audit with { Detail = StoreText.Clean(audit.Detail), Actor = StoreText.Clean(audit.Actor) };

    public static Guid KeyOf(UInt128 key)
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, key);
        return new Guid(octets, bigEndian: true);
    }

    /// <summary>The statements up to the audit trail. Each that counts returns how many rows it changed.</summary>
    /// <param name="batch">Where they go.</param>
    /// <param name="turn">Number of the transaction.</param>
    /// <param name="strictly">Rows that don't change fail the transaction.</param>
    public void AddChanges(NpgsqlBatch batch, long turn, bool strictly)
    {
        Add(batch, "SELECT fence($1, $2)", Of(partitions, NpgsqlDbType.Integer), Of(epochs, NpgsqlDbType.Bigint));
        if (policies.Count > 0) Add(batch, "SELECT judged($1)", Of(policies, NpgsqlDbType.Bigint));
        Add(batch, "SELECT take_turn($1, $2)", One(run), One(turn));
        if (keys.Count > 0) Add(batch, "SELECT take_keys($1, $2, $3)", Of(keys, NpgsqlDbType.Uuid), Of(keyMessages, NpgsqlDbType.Bigint), Of(keyTimes, NpgsqlDbType.Bigint));
        if (ids.Count > 0) AddMessages(batch, strictly);
        if (changedMessages.Count > 0) AddRecipientChanges(batch, strictly);
        if (messageIds.Count > 0) AddMessageChanges(batch, strictly);
        if (documentKinds.Count > 0)
        {
            Add(
                batch,
                """
                INSERT INTO document (kind, id, json) SELECT * FROM unnest($1, $2, $3)
                ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json
                """,
                Of(documentKinds, NpgsqlDbType.Text), Of(documentIds, NpgsqlDbType.Text), Of(documentTexts, NpgsqlDbType.Text));
            if (policyCounts) Add(batch, Statements.CountPolicy);
        }
    }

    /// <summary>Fails the transaction when one of the remarks was made before.</summary>
    public void AddRemarkGuard(NpgsqlBatch batch, AuditLookup lookup)
    {
        foreach (var request in requests)
        {
            if (!IsRemark(request.Operation)) continue;
            foreach (var audit in request.Operation.Audit) lookup.AddGuard(batch, Clean(audit));
        }
    }

    /// <summary>The statements of the audit trail.</summary>
    public void AddTrail(NpgsqlBatch batch)
    {
        if (sequences.Count == 0) return;
        Add(
            batch,
            """
            INSERT INTO audit (run, seq, at, message, recipient, kind, detail, actor, hash)
            SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)
            """,
            One(run), Of(sequences, NpgsqlDbType.Bigint), Of(auditTimes, NpgsqlDbType.Bigint), Of(auditMessages, NpgsqlDbType.Bigint),
            Of(auditRecipients, NpgsqlDbType.Integer), Of(auditKinds, NpgsqlDbType.Smallint), Of(auditDetails, NpgsqlDbType.Text),
            Of(auditActors, NpgsqlDbType.Text), Of(auditHashes, NpgsqlDbType.Bytea));
        Add(
            batch,
            """
            INSERT INTO audit_end (run, name, seq, hash) VALUES ($1, 'head', $2, $3)
            ON CONFLICT (run, name) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
            """,
            One(run), One(sequences[^1]), new NpgsqlParameter { Value = auditHashes[^1], NpgsqlDbType = NpgsqlDbType.Bytea });
    }

    public static bool IsRemark(SpoolOperation operation) => operation.Accept.IsEmpty && operation.Recipients.IsEmpty && operation.Messages.IsEmpty;

    internal static NpgsqlParameter One(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    internal static NpgsqlParameter One(int value) => new NpgsqlParameter<int> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };

    internal static NpgsqlParameter One(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    internal static NpgsqlParameter Of<T>(List<T> values, NpgsqlDbType type) => new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    internal static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter Expected(bool strictly, long count) => new() { Value = strictly ? count : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static MessageId OriginalWithin(SpoolRequest request, UInt128 key)
    {
        foreach (var message in request.Operation.Accept)
        {
            foreach (var recipient in message.Envelope.Recipients)
            {
                if (recipient.DuplicateKey == key) return message.Id;
            }
        }

        return default;
    }

    private void Plan(SpoolRequest request, IReadOnlyDictionary<Guid, long> owners, IReadOnlySet<long> existing, bool isAlone)
    {
        var operation = request.Operation;
        var (partition, epoch) = operation.Owner;
        var isFenced = false;
        for (var i = 0; i < partitions.Count && !isFenced; i++) isFenced = partitions[i] == partition && epochs[i] == epoch;
        if (!isFenced)
        {
            partitions.Add(partition);
            epochs.Add(epoch);
        }

        if (operation.Policy is { } policy && !policies.Contains(policy)) policies.Add(policy);
        ImmutableArray<DuplicateRecipient>.Builder? duplicates = null;
        for (var i = 0; i < operation.Accept.Length; i++) Accept(operation.Accept[i], request.EnvelopeOctets(i), owners, existing, ref duplicates);
        foreach (var change in operation.Recipients)
        {
            changedMessages.Add(change.Id.Value);
            changedIndices.Add(change.Index);
            changedStates.Add((short)change.State);
            attempts.Add(change.Attempts);
            due.Add(change.Due?.ToUnixTimeMilliseconds());
            replies.Add(change.Reply is { } reply ? StoreText.Clean(ReplyText.Write(reply)) : null);
            targets.Add(StoreText.Clean(change.Target));
            warned.Add(change.Warned);
        }

        // A message may stay as it is beside a recipient that changes.
        var counts = isAlone || (operation.Accept.IsEmpty && operation.Recipients.IsEmpty);
        foreach (var change in operation.Messages)
        {
            messageIds.Add(change.Id.Value);
            messageStates.Add((short)change.State);
            messageHeld.Add(StoreText.Clean(change.HeldBecause));
            messageDrops.Add(change.DropContent);
            messageCounts.Add(counts);
            if (counts) mustChange++;
            if (change.DropContent) drops.Add(change.Id.Value);
        }

        foreach (var document in operation.Documents)
        {
            documentKinds.Add(StoreText.Clean(document.Kind));
            documentIds.Add(StoreText.Clean(document.Id));
            documentTexts.Add(StoreText.Clean(document.Json));
            policyCounts |= PolicyDocuments.IsPolicy(document.Kind);
        }

        HasRemarks |= IsRemark(operation) && !operation.Audit.IsEmpty;
        request.Result = duplicates is null ? CommitResult.Committed : new CommitResult(CommitStatus.Committed, duplicates.ToImmutable());
    }

    private void Accept(
        NewMessage message, ReadOnlyMemory<byte> envelope, IReadOnlyDictionary<Guid, long> owners, IReadOnlySet<long> existing,
        ref ImmutableArray<DuplicateRecipient>.Builder? duplicates)
    {
        var recipients = message.Envelope.Recipients;
        var id = message.Id.Value;
        var isNew = !existing.Contains(id);
        var at = message.Envelope.ArrivedAt.ToUnixTimeMilliseconds();
        found.Clear();
        for (var i = 0; i < recipients.Length; i++)
        {
            if (recipients[i].DuplicateKey is not { } duplicateKey) continue;
            var key = KeyOf(duplicateKey);
            if (!owners.TryGetValue(key, out var owner) && !keyOwners.TryGetValue(key, out owner))
            {
                keyOwners.Add(key, owner = id);
                if (isNew)
                {
                    keys.Add(key);
                    keyMessages.Add(id);
                    keyTimes.Add(at);
                }
            }

            if (owner == id) continue;
            found.Add((i, new MessageId(owner)));
            (duplicates ??= ImmutableArray.CreateBuilder<DuplicateRecipient>()).Add(new DuplicateRecipient(message.Id, i));
        }

        if (!isNew) return;
        var state = Acceptance.StateOf(message, found);
        var staged = message.Content as StagedChunks ?? throw new ArgumentException("The content was made by another spool.");
        var isDropped = recipients.Length > 0 && found.Count == recipients.Length;
        var kind = isDropped ? ContentKind.None : staged.Kind;
        ids.Add(id);
        accepted.Add(at);
        sizes.Add(staged.Length);
        checksums.Add(EnvelopeCodec.Checksum(envelope.Span, message.Trace.Span, staged.Digest.Span));
        parents.Add(message.Parent?.Value);
        var field = StoreText.Clean(message.MessageIdField);
        fields.Add(field is null ? null : FieldHash.Of(field));
        states.Add((short)state);
        precedences.Add((short)message.Envelope.Precedence);
        initials.Add((short)message.State);
        contentKinds.Add((short)kind);
        fieldTexts.Add(field);
        heldBecause.Add(state == MessageState.Held ? StoreText.Clean(message.HeldBecause) : null);
        digests.Add(staged.Digest);
        traces.Add(message.Trace);
        envelopes.Add(envelope);
        if (kind.IsInline())
        {
            rowIds.Add(id);
            rows.Add(staged.Row);
        }
        else if (kind.IsApart())
        {
            holders.Add(id);
            held.Add(staged.ContentId);
            keeping.Add(staged);
            if (contentsSeen.Add(staged.ContentId))
            {
                contents.Add(staged.ContentId);
                chunks += staged.Chunks;
            }
        }

        if (found.Count == 0 && message.Exceptions.IsEmpty) return;
        for (var i = 0; i < recipients.Length; i++)
        {
            var own = Acceptance.StateOf(message, i, found);
            if (own == message.State) continue;
            beginMessages.Add(id);
            beginIndices.Add(i);
            beginStates.Add((short)own);
        }
    }

    private void AddMessages(NpgsqlBatch batch, bool strictly)
    {
        Add(
            batch,
            """
            WITH added AS (
                INSERT INTO message (id, accepted, size, checksum, parent, field, state, precedence, initial, content, message_id, held_because, digest, trace, envelope)
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                ON CONFLICT (id) DO NOTHING RETURNING 1)
            SELECT expect((SELECT count(*) FROM added), $16)
            """,
            Of(ids, NpgsqlDbType.Bigint), Of(accepted, NpgsqlDbType.Bigint), Of(sizes, NpgsqlDbType.Bigint), Of(checksums, NpgsqlDbType.Bigint),
            Of(parents, NpgsqlDbType.Bigint), Of(fields, NpgsqlDbType.Bigint), Of(states, NpgsqlDbType.Smallint), Of(precedences, NpgsqlDbType.Smallint),
            Of(initials, NpgsqlDbType.Smallint), Of(contentKinds, NpgsqlDbType.Smallint), Of(fieldTexts, NpgsqlDbType.Text), Of(heldBecause, NpgsqlDbType.Text),
            Of(digests, NpgsqlDbType.Bytea), Of(traces, NpgsqlDbType.Bytea), Of(envelopes, NpgsqlDbType.Bytea), Expected(strictly, ids.Count));
        if (rowIds.Count > 0) Add(batch, "INSERT INTO content (id, data) SELECT * FROM unnest($1, $2)", Of(rowIds, NpgsqlDbType.Bigint), Of(rows, NpgsqlDbType.Bytea));
        if (contents.Count > 0)
        {
            // A sweep that was first is waited for here, and its work seen below.
            Add(batch, "DELETE FROM loose WHERE content = ANY ($1)", Of(contents, NpgsqlDbType.Bigint));
            Add(batch, "SELECT whole($1, $2)", Of(contents, NpgsqlDbType.Bigint), One(chunks));
            Add(batch, "INSERT INTO holder (message, content) SELECT * FROM unnest($1, $2)", Of(holders, NpgsqlDbType.Bigint), Of(held, NpgsqlDbType.Bigint));
        }

        if (beginMessages.Count > 0)
        {
            Add(
                batch, "INSERT INTO recipient (message, n, state, attempts, warned) SELECT t.message, t.n, t.state, 0, false FROM unnest($1, $2, $3) AS t(message, n, state)",
                Of(beginMessages, NpgsqlDbType.Bigint), Of(beginIndices, NpgsqlDbType.Integer), Of(beginStates, NpgsqlDbType.Smallint));
        }
    }

    private void AddRecipientChanges(NpgsqlBatch batch, bool strictly) => Add(
        batch,
        """
        WITH changed AS (
            INSERT INTO recipient AS r (message, n, state, attempts, due, reply, target, warned)
            SELECT t.* FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS t(message, n, state, attempts, due, reply, target, warned)
            WHERE EXISTS (SELECT 1 FROM message m WHERE m.id = t.message)
            ON CONFLICT (message, n) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, due = excluded.due,
                reply = coalesce(excluded.reply, r.reply), target = coalesce(excluded.target, r.target), warned = r.warned OR excluded.warned
            WHERE r.state <> excluded.state OR r.attempts <> excluded.attempts OR r.due IS DISTINCT FROM excluded.due
                OR (excluded.reply IS NOT NULL AND r.reply IS DISTINCT FROM excluded.reply)
                OR (excluded.target IS NOT NULL AND r.target IS DISTINCT FROM excluded.target) OR (excluded.warned AND NOT r.warned)
            RETURNING 1)
        SELECT expect((SELECT count(*) FROM changed), $9)
        """,
        Of(changedMessages, NpgsqlDbType.Bigint), Of(changedIndices, NpgsqlDbType.Integer), Of(changedStates, NpgsqlDbType.Smallint),
        Of(attempts, NpgsqlDbType.Integer), Of(due, NpgsqlDbType.Bigint), Of(replies, NpgsqlDbType.Text), Of(targets, NpgsqlDbType.Text),
        Of(warned, NpgsqlDbType.Boolean), Expected(strictly, changedMessages.Count));

    private void AddMessageChanges(NpgsqlBatch batch, bool strictly)
    {
        Add(
            batch,
            """
            WITH changed AS (
                UPDATE message m SET state = t.state, held_because = CASE WHEN t.state = 1 THEN coalesce(t.held, m.held_because) ELSE t.held END, content = CASE WHEN t.dropped THEN 0 ELSE m.content END
                FROM unnest($1, $2, $3, $4, $5) AS t(id, state, held, dropped, counts)
                WHERE m.id = t.id AND (m.state <> t.state OR m.held_because IS DISTINCT FROM t.held OR (t.dropped AND m.content <> 0))
                RETURNING t.counts)
            SELECT expect((SELECT count(*) FROM changed WHERE counts), $6)
            """,
            Of(messageIds, NpgsqlDbType.Bigint), Of(messageStates, NpgsqlDbType.Smallint), Of(messageHeld, NpgsqlDbType.Text),
            Of(messageDrops, NpgsqlDbType.Boolean), Of(messageCounts, NpgsqlDbType.Boolean), Expected(strictly, mustChange));
        if (drops.Count == 0) return;
        Add(batch, "DELETE FROM content WHERE id = ANY ($1)", Of(drops, NpgsqlDbType.Bigint));
        Add(batch, Statements.LetGo, Of(drops, NpgsqlDbType.Bigint));
    }

    private void ClearColumns()
    {
        keyOwners.Clear();
        contentsSeen.Clear();
        partitions.Clear();
        epochs.Clear();
        Clear(keys, keyMessages, keyTimes);
        Clear(ids, accepted, sizes);
        checksums.Clear();
        parents.Clear();
        fields.Clear();
        states.Clear();
        precedences.Clear();
        initials.Clear();
        contentKinds.Clear();
        fieldTexts.Clear();
        heldBecause.Clear();
        digests.Clear();
        traces.Clear();
        envelopes.Clear();
        rowIds.Clear();
        rows.Clear();
        Clear(beginIndices, beginMessages, contents);
        beginStates.Clear();
        holders.Clear();
        held.Clear();
        keeping.Clear();
        changedMessages.Clear();
        changedIndices.Clear();
        attempts.Clear();
        changedStates.Clear();
        due.Clear();
        replies.Clear();
        targets.Clear();
        warned.Clear();
        messageIds.Clear();
        messageStates.Clear();
        messageHeld.Clear();
        messageDrops.Clear();
        messageCounts.Clear();
        drops.Clear();
        documentKinds.Clear();
        documentIds.Clear();
        documentTexts.Clear();
        policies.Clear();
        ClearAudit();
        chunks = 0;
        mustChange = 0;
        policyCounts = false;
        HasRemarks = false;
    }

    private void ClearAudit()
    {
        sequences.Clear();
        auditTimes.Clear();
        auditMessages.Clear();
        auditRecipients.Clear();
        auditKinds.Clear();
        auditDetails.Clear();
        auditActors.Clear();
        auditHashes.Clear();
    }

    private static void Clear<T>(List<T> first, List<long> second, List<long> third)
    {
        first.Clear();
        second.Clear();
        third.Clear();
    }
}
