using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>
/// The store that nodes share: one PostgreSQL database. Commits go over one session of this node's, everything else over a
/// few others. Thread-safe.
/// </summary>
public sealed partial class PostgreSqlSpool : ISealableSpool, IClusterStore
{
    private const int LoadSlice = 1000;
    private const int QuerySlice = 200;
    private const int PruneSlice = 2000;
    private static readonly TimeSpan SeenInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OpenPause = TimeSpan.FromMilliseconds(500);

    private readonly PostgreSqlSpoolOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Sessions sessions;
    private readonly Calls calls;
    private readonly SpoolReader reader;
    private readonly SpoolReader control;
    private readonly ChunkStore chunks;
    private readonly RetentionBudget retention;
    private readonly PostgreSqlTransactions transactions;
    private readonly SpoolWriter writer;
    private readonly CancellationTokenSource closing = new();
    private readonly Task watching;
    private readonly SealInUse seal;
    private long used;
    private long usedAt;
    private long probedAt;
    private int disposed;

    private PostgreSqlSpool(PostgreSqlSpoolOptions options, int run, int schema, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
        Run = run;
        seal = new SealInUse(ContentSeal.None, time);
        sessions = new Sessions(options.Connection, run.ToString(CultureInfo.InvariantCulture));
        calls = new Calls(time);
        reader = new SpoolReader(sessions.Reader, calls, options.ReadPatience);
        control = new SpoolReader(sessions.Control, calls, options.ReadPatience);
        chunks = new ChunkStore(sessions, calls, run, options, time, logger);
        retention = new RetentionBudget(options.Retained, options.RetainedPerContent);
        transactions = new PostgreSqlTransactions(sessions, run, options, time, logger, chunks.LetGo);
        writer = new SpoolWriter(transactions, options.Writer, HealthChanged, fault => SpoolLog.MaintenanceFailed(logger, fault));
        watching = Task.Run(WatchAsync);
        SpoolLog.Opened(logger, Sessions.Describe(options.Connection), run, schema);
    }

    public int Run { get; }

    public TimeSpan Lag => writer.Lag;

    /// <summary>While it is not ready, asking starts a probe, at most one a second: so it recovers without any mail.</summary>
    public SpoolHealth Health
    {
        get
        {
            var health = writer.Health;
            if (health is SpoolHealth.Full or SpoolHealth.Unwritable) ProbeSoon();
            return health;
        }
    }

    /// <summary>Opens the store, bringing its schema forward first.</summary>
    /// <exception cref="SpoolUnavailableException">It does not answer or does not let this user in.</exception>
    /// <exception cref="StoreVersionException">The database is of a newer program that this one can't work beside.</exception>
    /// <exception cref="ArgumentException">The connection string can't be read.</exception>
    public static async ValueTask<PostgreSqlSpool> OpenAsync(
        PostgreSqlSpoolOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken = default)
    {
        var logger = loggers.CreateLogger<PostgreSqlSpool>();
        var began = time.GetTimestamp();
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await using var starting = new Sessions(options.Connection, "start");
                var schema = await Migrations.RunAsync(starting, Migrations.Known, logger, cancellationToken).ConfigureAwait(false);
                var run = await StartRunAsync(starting, options.Node, cancellationToken).ConfigureAwait(false);
                return new PostgreSqlSpool(options, run, schema, time, logger);
            }
            catch (Exception error) when (StoreFaults.MayPass(error) && time.GetElapsedTime(began) < options.StartPatience)
            {
                // Nodes and their store start together when a machine room does.
                if (isFirst) SpoolLog.Waiting(logger, options.StartPatience.TotalSeconds, error.Message);
            }
            catch (Exception error) when (StoreFaults.IsOfStore(error))
            {
                throw StoreFaults.Unavailable(error);
            }

            await Task.Delay(OpenPause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void UseSeal(ContentSeal contents) => seal.Begin(contents);

    public void LearnKeysWith(Func<ContentSeal, CancellationToken, ValueTask<ContentSeal>> look) => seal.LearnWith(look);

    public async ValueTask<bool> IsSealedWithAsync(string key, CancellationToken cancellationToken = default)
    {
        if (await reader.IsSealedWithAsync(key, cancellationToken).ConfigureAwait(false)) return true;
        foreach (var content in await reader.SealedApartAsync(cancellationToken).ConfigureAwait(false))
        {
            if (ContentSeal.KeyOf(await chunks.HeaderAsync(content, cancellationToken).ConfigureAwait(false)) == key) return true;
        }

        return false;
    }

    public async ValueTask<IAsyncDisposable?> LockSealAsync(CancellationToken cancellationToken = default) =>
        await LockAsync(AdvisoryLock.Seal, cancellationToken).ConfigureAwait(false);

    public IContentWriter CreateContent()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        return new ChunkContentWriter(chunks, retention, seal.Current);
    }

    public ValueTask<CommitResult> CommitAsync(SpoolOperation operation, Precedence precedence, CancellationToken cancellationToken = default)
    {
        operation.CheckPartitions();
        return writer.CommitAsync(operation, precedence, cancellationToken);
    }

    /// <summary>Read in slices: what is accepted while it runs may or may not appear.</summary>
    public async IAsyncEnumerable<PendingMessage> LoadPendingAsync(
        PartitionEpoch owner, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SpoolOperations.CheckPartition(owner.Partition);
        var slice = new List<PendingMessage>(LoadSlice);
        for (var precedence = Precedence.Override; ; precedence--)
        {
            var after = long.MinValue;
            while (true)
            {
                var from = after;
                after = await reader.PendingAsync(
                    owner.Partition, precedence, from, LoadSlice, slice, id => SpoolLog.DamagedRecord(logger, id), cancellationToken).ConfigureAwait(false);
                foreach (var message in slice) yield return message;
                if (after == from) break;
            }

            if (precedence == Precedence.Deferred) break;
        }
    }

    public ValueTask<StoredMessage?> ReadAsync(MessageId id, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        return reader.MessageAsync(id, cancellationToken);
    }

    public async ValueTask<ContentReader?> OpenContentAsync(MessageId id, CancellationToken cancellationToken = default)
    {
        try
        {
            if (await reader.ContentAsync(id, seal, cancellationToken).ConfigureAwait(false) is not { } content) return null;
            if (content.Inline is { } inline) return inline;
            var apart = new ChunkContentReader(id, chunks, content.Apart, content.Size, content.Digest, content.IsSealed ? seal : null);
            try
            {
                await apart.BeginAsync(cancellationToken).ConfigureAwait(false);
                return apart;
            }
            catch
            {
                await apart.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (ContentDamagedException)
        {
            SpoolLog.DamagedContent(logger, id);
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> QueryAsync(MessageQuery query, CancellationToken cancellationToken = default)
    {
        var result = new List<StoredMessage>();
        var slice = new List<StoredMessage>();
        long? after = null;
        do
        {
            slice.Clear();
            after = await reader.MessagesAsync(query, after, QuerySlice, slice, id => SpoolLog.DamagedRecord(logger, id), cancellationToken).ConfigureAwait(false);
            foreach (var message in slice)
            {
                if (result.Count >= query.Limit) return result;
                if (QueryFilter.Matches(query, message)) result.Add(message);
            }
        }
        while (after is not null && result.Count < query.Limit);
        return result;
    }

    public ValueTask<IReadOnlyList<AuditEvent>> ReadAuditAsync(MessageId id, CancellationToken cancellationToken = default) => reader.AuditAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<AuditEvent>> FindAuditAsync(ImmutableArray<MessageId> messages, AuditKind kind, CancellationToken cancellationToken = default) =>
        reader.AuditAsync(messages, kind, cancellationToken);

    public async ValueTask PutDocumentAsync(string kind, string id, string json, CancellationToken cancellationToken = default)
    {
        const string Put = "INSERT INTO document (kind, id, json) VALUES ($1, $2, $3) ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json";
        await ChangeDocumentAsync(Put, kind, [Wave.One(StoreText.Clean(kind)), Wave.One(StoreText.Clean(id)), Wave.One(StoreText.Clean(json))], cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<bool> RemoveDocumentAsync(string kind, string id, CancellationToken cancellationToken = default) =>
        ChangeDocumentAsync("DELETE FROM document WHERE kind = $1 AND id = $2", kind, [Wave.One(StoreText.Clean(kind)), Wave.One(StoreText.Clean(id))], cancellationToken);

    public async ValueTask<bool> ExchangeDocumentAsync(string kind, string id, string? expected, string? json, CancellationToken cancellationToken = default)
    {
        var sql = (expected, json) switch
        {
            (null, null) => "SELECT 1 WHERE $3 IS NULL AND $4 IS NULL AND NOT EXISTS (SELECT 1 FROM document WHERE kind = $1 AND id = $2)",
            (null, _) => "INSERT INTO document (kind, id, json) SELECT $1, $2, $3 WHERE $4 IS NULL ON CONFLICT (kind, id) DO NOTHING RETURNING 1",
            (_, null) => "DELETE FROM document WHERE kind = $1 AND id = $2 AND $3 IS NULL AND json = $4 RETURNING 1",
            _ => "UPDATE document SET json = $3 WHERE kind = $1 AND id = $2 AND json = $4 RETURNING 1",
        };
        (kind, id, json, expected) = (StoreText.Clean(kind), StoreText.Clean(id), StoreText.Clean(json), StoreText.Clean(expected));
        var tries = 0;
        return await calls.RunAsync(
            sessions.Reader, options.ReadPatience,
            async (connection, token) =>
            {
                var again = tries++ > 0;
                await using (var batch = new NpgsqlBatch(connection))
                {
                    Wave.Add(batch, sql, Wave.One(kind), Wave.One(id), Wave.One(json), Wave.One(expected));
                    if (PolicyDocuments.IsPolicy(kind)) Wave.Add(batch, Statements.CountPolicy);
                    if (await batch.ExecuteScalarAsync(token).ConfigureAwait(false) is not null) return true;
                }

                // The connection broke after the last try had been done.
                return again && await TextAsync(connection, token).ConfigureAwait(false) == json;
            },
            cancellationToken).ConfigureAwait(false);

        async Task<string?> TextAsync(NpgsqlConnection connection, CancellationToken token)
        {
            await using var read = new NpgsqlCommand("SELECT json FROM document WHERE kind = $1 AND id = $2", connection) { Parameters = { Wave.One(kind), Wave.One(id) } };
            return (string?)await read.ExecuteScalarAsync(token).ConfigureAwait(false);
        }
    }

    public ValueTask<string?> ReadDocumentAsync(string kind, string id, CancellationToken cancellationToken = default) =>
        reader.DocumentAsync(StoreText.Clean(kind), StoreText.Clean(id), cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> ListDocumentsAsync(string kind, CancellationToken cancellationToken = default) =>
        reader.DocumentsAsync(StoreText.Clean(kind), cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) =>
        reader.DocumentsAsync(StoreText.Clean(kind), StoreText.Clean(after), limit, cancellationToken);

    public ValueTask<long> PolicyVersionAsync(CancellationToken cancellationToken = default) =>
        control.NumberAsync(Statements.Policy, [], cancellationToken);

    /// <summary>In slices, each a transaction of its own; nodes may prune at the same time. Returns the messages that went here.</summary>
    public async ValueTask<int> PruneAsync(DateTimeOffset messagesBefore, DateTimeOffset duplicateKeysBefore, CancellationToken cancellationToken = default)
    {
        var before = messagesBefore.ToUnixTimeMilliseconds();
        var count = await PruneMessagesAsync(before, cancellationToken).ConfigureAwait(false);
        chunks.LetGo();
        const string Keys =
            """
            WITH gone AS (
                DELETE FROM duplicate WHERE key IN (SELECT key FROM duplicate WHERE at < $1 LIMIT 5000 FOR UPDATE SKIP LOCKED) RETURNING 1)
            SELECT count(*) FROM gone
            """;
        while (await reader.NumberAsync(Keys, [Wave.One(duplicateKeysBefore.ToUnixTimeMilliseconds())], cancellationToken).ConfigureAwait(false) > 0)
        {
            // The next slice.
        }

        return count;
    }

    /// <summary>As the server last said, and what was sent since; how much its volume has left only the server's owner knows.</summary>
    public SpoolUsage Usage() => new(Interlocked.Read(ref used) + chunks.Written - Interlocked.Read(ref usedAt), SpoolUsage.Unknown);

    /// <summary>Removes contents that nobody may name any more, now. Returns how many.</summary>
    internal ValueTask<int> SweepAsync() => chunks.SweepOnceAsync(CancellationToken.None);

    /// <summary>Commits what waits, if the store is there, then ends all sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await closing.CancelAsync().ConfigureAwait(false);
        await watching.ConfigureAwait(false);
        transactions.Hurry();
        await Task.Run(writer.Dispose).ConfigureAwait(false);
        transactions.Dispose();
        await chunks.DisposeAsync().ConfigureAwait(false);
        await sessions.DisposeAsync().ConfigureAwait(false);
        closing.Dispose();
    }

    private static async ValueTask<int> StartRunAsync(Sessions sessions, string node, CancellationToken cancellationToken)
    {
        const string Start =
            """
            WITH next AS (UPDATE counter SET value = value + 1 WHERE name = 'run' RETURNING value)
            INSERT INTO run (id, node) SELECT value, $1 FROM next RETURNING id
            """;
        await using var command = sessions.Control.CreateCommand(Start);
        command.Parameters.Add(Wave.One(StoreText.Clean(node)));
        var run = (int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        if (run > MessageId.MaximumRun) throw new InvalidOperationException("The store was started more often than ids have room for.");
        return run;
    }

    private ValueTask<bool> ChangeDocumentAsync(string sql, string kind, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => calls.RunAsync(
        sessions.Reader, options.ReadPatience,
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            Wave.Add(batch, sql, [.. parameters.Select(p => p.Clone())]);
            if (PolicyDocuments.IsPolicy(kind)) Wave.Add(batch, Statements.CountPolicy);
            await batch.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            return batch.BatchCommands[0].RecordsAffected > 0;
        },
        cancellationToken);

    private async ValueTask<int> PruneMessagesAsync(long before, CancellationToken cancellationToken)
    {
        const string Slice = "SELECT max(id), coalesce(array_agg(id) FILTER (WHERE state >= 4 AND accepted < $2), '{}') FROM (SELECT id, state, accepted FROM message WHERE id > $1 ORDER BY id LIMIT $3) AS slice";
        const string Forget =
            """
            WITH old AS (SELECT id FROM message WHERE id = ANY ($1) AND state >= 4 ORDER BY id FOR UPDATE SKIP LOCKED),
            gone AS (DELETE FROM message m USING old WHERE m.id = old.id RETURNING m.id)
            SELECT id FROM gone
            """;
        var count = 0;
        for (long? after = long.MinValue; after is { } from;)
        {
            (after, var old) = await reader.AskAsync(
                Slice, [Wave.One(from), Wave.One(before), Wave.One((long)PruneSlice)],
                async (_, row, token) => await row.ReadAsync(token).ConfigureAwait(false) && !row.IsDBNull(0) ? ((long?)row.GetInt64(0), row.GetFieldValue<List<long>>(1)) : (null, []),
                cancellationToken).ConfigureAwait(false);
            if (old.Count == 0) continue;
            count += await calls.RunAsync(
                sessions.Reader, options.ReadPatience,
                async (connection, token) =>
                {
                    await using var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
                    var gone = new List<long>();
                    await using (var forget = new NpgsqlCommand(Forget, connection, transaction) { Parameters = { Wave.Of(old, NpgsqlDbType.Bigint) } })
                    await using (var ids = await forget.ExecuteReaderAsync(token).ConfigureAwait(false))
                    {
                        while (await ids.ReadAsync(token).ConfigureAwait(false)) gone.Add(ids.GetInt64(0));
                    }

                    await using var rest = new NpgsqlBatch(connection, transaction);
                    Wave.Add(rest, "DELETE FROM recipient WHERE message = ANY ($1)", Wave.Of(gone, NpgsqlDbType.Bigint));
                    Wave.Add(rest, "DELETE FROM content WHERE id = ANY ($1)", Wave.Of(gone, NpgsqlDbType.Bigint));
                    Wave.Add(rest, Statements.LetGo, Wave.Of(gone, NpgsqlDbType.Bigint));
                    Wave.Add(
                        rest, "DELETE FROM document d USING unnest($1) AS k(kind), unnest($2) AS i(id) WHERE d.kind = k.kind AND d.id = i.id",
                        Wave.Of(BoundaryDocuments.Kinds.ToList(), NpgsqlDbType.Text), Wave.Of(gone.ConvertAll(id => new MessageId(id).ToString()), NpgsqlDbType.Text));
                    await rest.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                    await transaction.CommitAsync(token).ConfigureAwait(false);
                    return gone.Count;
                },
                cancellationToken).ConfigureAwait(false);
        }

        return count;
    }

    private async ValueTask<AdvisoryLock> LockAsync(long key, CancellationToken cancellationToken)
    {
        try
        {
            return (await AdvisoryLock.TakeAsync(sessions, key, cancellationToken).ConfigureAwait(false)).Watched();
        }
        catch (Exception error) when (StoreFaults.IsOfStore(error))
        {
            throw StoreFaults.Unavailable(error);
        }
    }

    /// <summary>Says that this run lives, and asks how large the database is.</summary>
    private async Task WatchAsync()
    {
        const string Seen = "WITH seen AS (UPDATE run SET seen = clock_timestamp() WHERE id = $1) SELECT pg_database_size(current_database())";
        using var timer = new PeriodicTimer(SeenInterval, time);
        try
        {
            do
            {
                try
                {
                    var sent = chunks.Written;
                    var size = await control.NumberAsync(Seen, [Wave.One(Run)], closing.Token).ConfigureAwait(false);
                    Interlocked.Exchange(ref used, size);
                    Interlocked.Exchange(ref usedAt, sent);
                }
                catch (SpoolUnavailableException error)
                {
                    SpoolLog.ProbeFailed(logger, error);
                }
            }
            while (await timer.WaitForNextTickAsync(closing.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private void HealthChanged(SpoolHealth from, SpoolHealth to, Exception? cause)
    {
        if (to == SpoolHealth.Ready) SpoolLog.Recovered(logger, from);
        else SpoolLog.TurnedBad(logger, from, to, cause);
    }

    private void ProbeSoon()
    {
        var last = Interlocked.Read(ref probedAt);
        if (last != 0 && time.GetElapsedTime(last) < TimeSpan.FromSeconds(1)) return;
        if (Interlocked.CompareExchange(ref probedAt, time.GetTimestamp(), last) != last) return;
        _ = ProbeAsync();
    }

    private async Task ProbeAsync()
    {
        try
        {
            await writer.ProbeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            SpoolLog.ProbeFailed(logger, error);
        }
    }
}
