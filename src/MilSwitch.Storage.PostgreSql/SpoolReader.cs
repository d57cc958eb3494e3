using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>What is asked of the store outside commits; each on a session of the pool. Thread-safe.</summary>
/// <param name="source">The sessions that are used.</param>
/// <param name="calls">How they are.</param>
/// <param name="patience">How long the store may be away.</param>
internal sealed partial class SpoolReader(NpgsqlDataSource source, Calls calls, TimeSpan patience)
{
    private const string RecipientColumns = "message, n, state, attempts, due, warned, reply, target";

    private const string MessageColumns = "id, state, initial, content, size, checksum, parent, message_id, held_because, digest, trace, envelope";

    /// <summary>Everything about one message, in one round trip.</summary>
    /// <exception cref="ContentDamagedException">Its record is damaged.</exception>
    public ValueTask<StoredMessage?> MessageAsync(MessageId id, CancellationToken cancellationToken) => calls.RunAsync(
        source, patience,
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            Wave.Add(batch, $"SELECT {MessageColumns} FROM message WHERE id = $1", Wave.One(id.Value));
            Wave.Add(batch, $"SELECT {RecipientColumns} FROM recipient WHERE message = $1 ORDER BY n", Wave.One(id.Value));
            await using var reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
            var found = await MessageRowsAsync(reader, bad => throw new ContentDamagedException(bad), null, token).ConfigureAwait(false);
            await reader.NextResultAsync(token).ConfigureAwait(false);
            return Whole(found, await RecipientRowsAsync(reader, token).ConfigureAwait(false)).FirstOrDefault();
        },
        cancellationToken);

    /// <summary>A slice of messages that match what their rows say without the envelope. Returns the last id that was looked at; null: there are no more.</summary>
    public async ValueTask<long?> MessagesAsync(MessageQuery query, long? after, int limit, List<StoredMessage> into, Action<MessageId> damaged, CancellationToken cancellationToken)
    {
        var sql = new StringBuilder($"SELECT {MessageColumns} FROM message WHERE true");
        var parameters = new List<NpgsqlParameter>();
        if (query.PendingOnly || query.State < MessageState.Done) sql.Append(" AND state < 4");
        if (query.State is { } state) And(" AND state = ", Small((short)state));
        if (query.Precedence is { } precedence) And(" AND precedence = ", Small((short)precedence));
        if (query.MessageIdField is { } field) And(" AND field = ", Wave.One(FieldHash.Of(field)));
        if (query.Parent is { } parent) And(" AND parent = ", Wave.One(parent.Value));
        if (query.AcceptedFrom is { } from) And(" AND accepted >= ", Wave.One(from.ToUnixTimeMilliseconds()));
        if (query.AcceptedUntil is { } until) And(" AND accepted <= ", Wave.One(until.ToUnixTimeMilliseconds()));
        if (query.Before is { } before) And(" AND id < ", Wave.One(before.Value));
        if (query is { OldestFirst: true, After: { } first }) And(" AND id > ", Wave.One(first.Value));
        if (after is { } passed) And(query.OldestFirst ? " AND id > " : " AND id < ", Wave.One(passed));
        sql.Append(query.OldestFirst ? " ORDER BY id" : " ORDER BY id DESC");
        And(" LIMIT ", Wave.One((long)limit));
        long? last = null;
        var count = 0;
        var found = await AskAsync(
            sql.ToString(), [.. parameters],
            (connection, reader, token) =>
            {
                (last, count) = (null, 0);
                return MessagesAsync(connection, reader, damaged, token, id => (last, count) = (id, count + 1));
            },
            cancellationToken).ConfigureAwait(false);
        into.AddRange(found);
        return count < limit ? null : last;

        void And(string text, NpgsqlParameter parameter)
        {
            parameters.Add(parameter);
            sql.Append(text).Append('$').Append(parameters.Count);
        }
    }

    /// <summary>A slice of what is pending in one partition and level, by id. Returns the last id that it looked at.</summary>
    public ValueTask<long> PendingAsync(int partition, Precedence precedence, long after, int limit, List<PendingMessage> into, Action<MessageId> damaged, CancellationToken cancellationToken) => AskAsync(
        """
        SELECT id, state, initial, size, checksum, digest, trace, envelope FROM message
        WHERE state < 4 AND (id & 63) = $1 AND precedence = $2 AND id > $3 ORDER BY id LIMIT $4
        """,
        [Wave.One((long)partition), Small((short)precedence), Wave.One(after), Wave.One((long)limit)],
        async (connection, reader, token) =>
        {
            into.Clear();
            var last = after;
            var found = new List<(MessageId Id, MessageState State, RecipientState Initial, long Size, Envelope Envelope)>();
            while (await reader.ReadAsync(token).ConfigureAwait(false))
            {
                last = reader.GetInt64(0);
                var id = new MessageId(last);
                if (Verified(reader, checksum: 4, digest: 5, trace: 6, envelope: 7, out _, out _) is { } envelope)
                    found.Add((id, (MessageState)reader.GetInt16(1), (RecipientState)reader.GetInt16(2), reader.GetInt64(3), envelope));
                // The others must flow; this one waits in the store for a person.
                else damaged(id);
            }

            await reader.DisposeAsync().ConfigureAwait(false);
            var rows = await RecipientsAsync(connection, found.Select(m => m.Id.Value), token).ConfigureAwait(false);
            foreach (var message in found)
            {
                rows.TryGetValue(message.Id.Value, out var changed);
                into.Add(new PendingMessage(message.Id, message.State, message.Size, message.Envelope, Open(message.Envelope.Recipients.Length, message.Initial, changed)));
            }

            return last;
        },
        cancellationToken);

    /// <summary>Where a content is. An inline one is opened and verified; for one apart the caller gets its number.</summary>
    public async ValueTask<(ContentReader? Inline, long Apart, long Size, byte[] Digest, bool IsSealed)?> ContentAsync(MessageId id, SealInUse seal, CancellationToken cancellationToken)
    {
        var row = await AskAsync(
            """
            SELECT m.content, m.size, m.digest, c.data, h.content FROM message m
            LEFT JOIN content c ON c.id = m.id LEFT JOIN holder h ON h.message = m.id WHERE m.id = $1
            """,
            [Wave.One(id.Value)],
            async (_, reader, token) => !await reader.ReadAsync(token).ConfigureAwait(false)
                ? default((ContentKind Kind, long Size, byte[] Digest, byte[]? Data, long? Apart)?)
                : ((ContentKind)reader.GetInt16(0), reader.GetInt64(1), Octets(reader, 2), reader.IsDBNull(3) ? null : Octets(reader, 3), reader.IsDBNull(4) ? null : reader.GetInt64(4)),
            cancellationToken).ConfigureAwait(false);
        if (row is not { } found || found.Kind is ContentKind.None) return null;
        if (found.Kind.IsApart()) return (null, found.Apart ?? throw new ContentDamagedException(id), found.Size, found.Digest, found.Kind.IsSealed());
        if (found.Data is null) throw new ContentDamagedException(id);
        var opening = found.Kind.IsSealed() ? await seal.ForAsync(found.Data, cancellationToken).ConfigureAwait(false) : null;
        return (InlineContentReader.Of(id, found.Data, found.Size, found.Digest, opening), 0, found.Size, found.Digest, false);
    }

    /// <summary>Some inline content is sealed with a key. Walks through all of them.</summary>
    public ValueTask<bool> IsSealedWithAsync(string key, CancellationToken cancellationToken) => AskAsync(
        "SELECT EXISTS (SELECT 1 FROM content c JOIN message m ON m.id = c.id WHERE m.content = 3 AND substring(c.data, 2, 8) = $1)",
        [new NpgsqlParameter { Value = Convert.FromHexString(key), NpgsqlDbType = NpgsqlDbType.Bytea }],
        async (_, reader, token) => await reader.ReadAsync(token).ConfigureAwait(false) && reader.GetBoolean(0), cancellationToken);

    /// <summary>Numbers of the sealed contents that are stored apart.</summary>
    public ValueTask<List<long>> SealedApartAsync(CancellationToken cancellationToken) => AskAsync(
        "SELECT DISTINCT h.content FROM holder h JOIN message m ON m.id = h.message WHERE m.content = 4", [],
        async (_, reader, token) =>
        {
            var contents = new List<long>();
            while (await reader.ReadAsync(token).ConfigureAwait(false)) contents.Add(reader.GetInt64(0));
            return contents;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<AuditEvent>> AuditAsync(MessageId id, CancellationToken cancellationToken) => AskAsync(
        // Within a run in the order of the trail; between runs only the nodes' clocks tell.
        id == default
            ? "SELECT at, kind, recipient, detail, actor FROM audit WHERE message = 0 AND $1 = 0 ORDER BY at, run, seq"
            : "SELECT at, kind, recipient, detail, actor FROM audit WHERE message = $1 AND message <> 0 ORDER BY at, run, seq",
        [Wave.One(id.Value)],
        async (_, reader, token) =>
        {
            var events = new List<AuditEvent>();
            while (await reader.ReadAsync(token).ConfigureAwait(false))
                events.Add(new AuditEvent(Time(reader.GetInt64(0)), (AuditKind)reader.GetInt16(1), id, reader.GetInt32(2), reader.GetString(3), Text(reader, 4)));
            return (IReadOnlyList<AuditEvent>)events;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<AuditEvent>> AuditAsync(ImmutableArray<MessageId> messages, AuditKind kind, CancellationToken cancellationToken) => AskAsync(
        "SELECT at, message, recipient, detail, actor FROM audit WHERE message = ANY ($1) AND message <> 0 AND kind = $2 ORDER BY message, at, run, seq",
        [Wave.Of(messages.Select(m => m.Value).ToList(), NpgsqlDbType.Bigint), Small((short)kind)],
        async (_, reader, token) =>
        {
            var events = new List<AuditEvent>();
            while (await reader.ReadAsync(token).ConfigureAwait(false))
                events.Add(new AuditEvent(Time(reader.GetInt64(0)), kind, new MessageId(reader.GetInt64(1)), reader.GetInt32(2), reader.GetString(3), Text(reader, 4)));
            return (IReadOnlyList<AuditEvent>)events;
        },
        cancellationToken);

    public ValueTask<string?> DocumentAsync(string kind, string id, CancellationToken cancellationToken) => AskAsync(
        "SELECT json FROM document WHERE kind = $1 AND id = $2", [Wave.One(kind), Wave.One(id)],
        async (_, reader, token) => await reader.ReadAsync(token).ConfigureAwait(false) ? reader.GetString(0) : null, cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> DocumentsAsync(string kind, CancellationToken cancellationToken) =>
        DocumentsAsync("SELECT id, json FROM document WHERE kind = $1 ORDER BY id COLLATE \"C\"", kind, [Wave.One(kind)], cancellationToken);

    /// <summary>By the order of the key itself, so that a page is read without the others.</summary>
    public ValueTask<IReadOnlyList<StoredDocument>> DocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken) =>
        DocumentsAsync("SELECT id, json FROM document WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3", kind, [Wave.One(kind), Wave.One(after), Wave.One((long)limit)], cancellationToken);

    private ValueTask<IReadOnlyList<StoredDocument>> DocumentsAsync(string sql, string kind, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => AskAsync(
        sql, parameters,
        async (_, reader, token) =>
        {
            var documents = new List<StoredDocument>();
            while (await reader.ReadAsync(token).ConfigureAwait(false)) documents.Add(new StoredDocument(kind, reader.GetString(0), reader.GetString(1)));
            return (IReadOnlyList<StoredDocument>)documents;
        },
        cancellationToken);

    /// <summary>A statement with one number as its answer.</summary>
    public ValueTask<long> NumberAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => AskAsync(
        sql, parameters, async (_, reader, token) => await reader.ReadAsync(token).ConfigureAwait(false) && !reader.IsDBNull(0) ? reader.GetInt64(0) : 0, cancellationToken);

    /// <summary>One statement; it may run more than once.</summary>
    public ValueTask<T> AskAsync<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlConnection, NpgsqlDataReader, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) =>
        calls.RunAsync(
            source, patience,
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(sql, connection);
                foreach (var parameter in parameters) command.Parameters.Add(parameter.Clone());
                await using var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                return await read(connection, reader, token).ConfigureAwait(false);
            },
            cancellationToken);

    internal static NpgsqlParameter Small(short value) => new NpgsqlParameter<short> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Smallint };

    internal static byte[] Octets(NpgsqlDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static Envelope? Verified(NpgsqlDataReader reader, int checksum, int digest, int trace, int envelope, out byte[] digestOctets, out byte[] traceOctets)
    {
        digestOctets = Octets(reader, digest);
        traceOctets = Octets(reader, trace);
        var octets = Octets(reader, envelope);
        if (EnvelopeCodec.Checksum(octets, traceOctets, digestOctets) != reader.GetInt64(checksum)) return null;
        try
        {
            return EnvelopeCodec.Read(octets);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static async ValueTask<List<StoredMessage>> MessagesAsync(
        NpgsqlConnection connection, NpgsqlDataReader reader, Action<MessageId> damaged, CancellationToken cancellationToken, Action<long>? seen = null)
    {
        var found = await MessageRowsAsync(reader, damaged, seen, cancellationToken).ConfigureAwait(false);
        await reader.DisposeAsync().ConfigureAwait(false);
        return Whole(found, await RecipientsAsync(connection, found.Select(m => m.Message.Id.Value), cancellationToken).ConfigureAwait(false));
    }

    private static async ValueTask<List<(StoredMessage Message, RecipientState Initial)>> MessageRowsAsync(
        NpgsqlDataReader reader, Action<MessageId> damaged, Action<long>? seen, CancellationToken cancellationToken)
    {
        var found = new List<(StoredMessage Message, RecipientState Initial)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var id = new MessageId(reader.GetInt64(0));
            seen?.Invoke(id.Value);
            if (Verified(reader, checksum: 5, digest: 9, trace: 10, envelope: 11, out var digest, out var trace) is not { } envelope)
            {
                damaged(id);
                continue;
            }

            found.Add((
                new StoredMessage(id, envelope, trace, (MessageState)reader.GetInt16(1), reader.GetInt64(4), digest)
                {
                    Recipients = [],
                    MessageIdField = Text(reader, 7),
                    Parent = reader.IsDBNull(6) ? null : new MessageId(reader.GetInt64(6)),
                    HeldBecause = Text(reader, 8),
                    HasContent = reader.GetInt16(3) != (short)ContentKind.None,
                },
                (RecipientState)reader.GetInt16(2)));
        }

        return found;
    }

    private static List<StoredMessage> Whole(List<(StoredMessage Message, RecipientState Initial)> found, Dictionary<long, List<(int N, StoredRecipient Recipient)>> rows) =>
        [.. found.Select(m => m.Message with { Recipients = All(m.Message.Envelope.Recipients.Length, m.Initial, rows.GetValueOrDefault(m.Message.Id.Value)) })];

    private static async ValueTask<Dictionary<long, List<(int N, StoredRecipient Recipient)>>> RecipientsAsync(NpgsqlConnection connection, IEnumerable<long> messages, CancellationToken cancellationToken)
    {
        var ids = messages.ToList();
        if (ids.Count == 0) return [];
        await using var command = new NpgsqlCommand($"SELECT {RecipientColumns} FROM recipient WHERE message = ANY ($1) ORDER BY message, n", connection)
        {
            Parameters = { Wave.Of(ids, NpgsqlDbType.Bigint) },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await RecipientRowsAsync(reader, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<Dictionary<long, List<(int N, StoredRecipient Recipient)>>> RecipientRowsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<long, List<(int, StoredRecipient)>>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!rows.TryGetValue(reader.GetInt64(0), out var of)) rows.Add(reader.GetInt64(0), of = []);
            of.Add((reader.GetInt32(1), new StoredRecipient(
                (RecipientState)reader.GetInt16(2), reader.GetInt32(3), reader.IsDBNull(4) ? null : Time(reader.GetInt64(4)),
                Text(reader, 6) is { } reply ? ReplyText.Read(reply) : null, Text(reader, 7), reader.GetBoolean(5))));
        }

        return rows;
    }

    private static ImmutableArray<StoredRecipient> All(int count, RecipientState initial, List<(int N, StoredRecipient Recipient)>? rows)
    {
        var all = new StoredRecipient[count];
        foreach (var (n, recipient) in rows ?? [])
        {
            if (n >= 0 && n < count) all[n] = recipient;
        }

        StoredRecipient? untouched = null;
        for (var i = 0; i < count; i++) all[i] ??= untouched ??= new StoredRecipient(initial, 0, null, null, null, false);
        return ImmutableCollectionsMarshal.AsImmutableArray(all);
    }

    private static ImmutableArray<PendingRecipient> Open(int count, RecipientState initial, List<(int N, StoredRecipient Recipient)>? rows)
    {
        var open = ImmutableArray.CreateBuilder<PendingRecipient>(count);
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            while (rows is not null && at < rows.Count && rows[at].N < i) at++;
            if (rows is null || at == rows.Count || rows[at].N != i) open.Add(new PendingRecipient(i, initial, 0, null, false));
            else if (rows[at].Recipient is var own && !own.State.IsFinal()) open.Add(new PendingRecipient(i, own.State, own.Attempts, own.Due, own.Warned));
        }

        return open.DrainToImmutable();
    }
}
