using System.Collections.Concurrent;
using System.Data;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>
/// The contents that are too large for a row. Chunks are committed as they come, without waiting for the disk, and mean
/// nothing until a message names them; its commit checks that they are all there. What nobody names any more, and what dead
/// runs staged, is swept beside everything else. Thread-safe.
/// </summary>
internal sealed class ChunkStore : IAsyncDisposable
{
    public const int InlineLimit = 64 << 10;
    public const int ChunkSize = 256 << 10;

    private const int RunShift = 40;
    private const int SweepSlice = 20;
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(10);

    private readonly Sessions sessions;
    private readonly Calls calls;
    private readonly int run;
    private readonly PostgreSqlSpoolOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ConcurrentQueue<long> forgotten = new();
    private readonly SemaphoreSlim work = new(1);
    private readonly CancellationTokenSource closing = new();
    private readonly Task sweeping;
    private long last;
    private long written;

    public ChunkStore(Sessions sessions, Calls calls, int run, PostgreSqlSpoolOptions options, TimeProvider time, ILogger logger)
    {
        this.sessions = sessions;
        this.calls = calls;
        this.run = run;
        this.options = options;
        this.time = time;
        this.logger = logger;
        sweeping = Task.Run(SweepAsync);
    }

    /// <summary>Octets that were ever sent.</summary>
    public long Written => Interlocked.Read(ref written);

    /// <summary>Unique by the run in its upper bits.</summary>
    public long NewId() => ((long)run << RunShift) | Interlocked.Increment(ref last);

    /// <summary>Commits one chunk ahead.</summary>
    /// <exception cref="SpoolUnavailableException">The store is away, or took the content for one of a dead run.</exception>
    public async ValueTask AddAsync(long content, int n, ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        // Not without the row that a sweep looks for: nobody would ever find the chunk.
        const string First = "WITH staged AS (INSERT INTO loose (content, run) VALUES ($1, $4) ON CONFLICT DO NOTHING) ";
        const string Next = "INSERT INTO chunk (content, n, data) SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM loose WHERE content = $1 AND run = $4 FOR KEY SHARE) ON CONFLICT DO NOTHING";
        const string Begin = First + "INSERT INTO chunk (content, n, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        const string Is = "SELECT count(*) FROM chunk WHERE content = $1 AND n = $2";
        var isThere = await calls.RunAsync(
            sessions.Chunk, options.Patience,
            async (connection, token) =>
            {
                await using var add = new NpgsqlCommand(n == 0 ? Begin : Next, connection)
                {
                    Parameters = { Wave.One(content), Wave.One(n), new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = octets, NpgsqlDbType = NpgsqlDbType.Bytea }, Wave.One(run) },
                };
                if (await add.ExecuteNonQueryAsync(token).ConfigureAwait(false) == 1) return true;
                // An earlier try did happen, or the content was swept.
                await using var look = new NpgsqlCommand(Is, connection) { Parameters = { Wave.One(content), Wave.One(n) } };
                return await look.ExecuteScalarAsync(token).ConfigureAwait(false) is 1L;
            },
            cancellationToken).ConfigureAwait(false);
        if (!isThere) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
        Interlocked.Add(ref written, octets.Length);
    }

    /// <summary>Reads one chunk. Returns its octets; 0 when it is not there.</summary>
    public ValueTask<int> ReadAsync(long content, int n, byte[] into, CancellationToken cancellationToken) => calls.RunAsync(
        sessions.Reader, options.ReadPatience,
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand("SELECT data FROM chunk WHERE content = $1 AND n = $2", connection) { Parameters = { Wave.One(content), Wave.One(n) } };
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, token).ConfigureAwait(false);
            if (!await reader.ReadAsync(token).ConfigureAwait(false)) return 0;
            await using var stream = await reader.GetStreamAsync(0, token).ConfigureAwait(false);
            return await stream.ReadAtLeastAsync(into.AsMemory(0, ChunkSize), ChunkSize, throwOnEndOfStream: false, token).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>The first octets of a content; empty when it is not there.</summary>
    public ValueTask<byte[]> HeaderAsync(long content, CancellationToken cancellationToken) => calls.RunAsync(
        sessions.Reader, options.ReadPatience,
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand("SELECT substring(data, 1, $2) FROM chunk WHERE content = $1 AND n = 0", connection)
            {
                Parameters = { Wave.One(content), Wave.One(ContentSeal.HeaderLength) },
            };
            return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as byte[] ?? [];
        },
        cancellationToken);

    /// <summary>A content of this run is not wanted. Never throws; it goes a moment later.</summary>
    public void Forget(long content)
    {
        forgotten.Enqueue(content);
        LetGo();
    }

    /// <summary>There is something to sweep.</summary>
    public void LetGo()
    {
        if (work.CurrentCount == 0) work.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        await sweeping.ConfigureAwait(false);
        closing.Dispose();
        work.Dispose();
    }

    /// <summary>Removes what nobody may name any more. Returns how many contents went.</summary>
    internal async ValueTask<int> SweepOnceAsync(CancellationToken cancellationToken)
    {
        var unwanted = new List<long>();
        while (forgotten.TryDequeue(out var content)) unwanted.Add(content);
        try
        {
            return await calls.RunAsync(sessions.Reader, TimeSpan.Zero, (connection, token) => SweepAsync(connection, unwanted, token), cancellationToken).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException)
        {
            foreach (var content in unwanted) forgotten.Enqueue(content);
            throw;
        }
    }

    private async ValueTask<int> SweepAsync(NpgsqlConnection connection, List<long> unwanted, CancellationToken cancellationToken)
    {
        // Whoever takes the row away here, or in a commit, has the content: the other finds it gone.
        const string Sweep =
            """
            WITH gone AS (
                DELETE FROM loose WHERE content IN (
                    SELECT l.content FROM loose l LEFT JOIN run r ON r.id = l.run
                    WHERE l.run = 0 OR r.id IS NULL OR (r.id <> $1 AND r.seen < clock_timestamp() - $2)
                    LIMIT $3 FOR UPDATE OF l SKIP LOCKED)
                RETURNING content),
            removed AS (DELETE FROM chunk USING gone WHERE chunk.content = gone.content)
            SELECT count(*) FROM gone
            """;
        if (unwanted.Count > 0)
        {
            await using var mark = new NpgsqlCommand("UPDATE loose SET run = 0 WHERE content = ANY ($1) AND run = $2", connection)
            {
                Parameters = { Wave.Of(unwanted, NpgsqlDbType.Bigint), Wave.One(run) },
            };
            await mark.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        var count = 0L;
        await using var sweep = new NpgsqlCommand(Sweep, connection)
        {
            Parameters = { Wave.One(run), new NpgsqlParameter<TimeSpan> { TypedValue = options.RunTimeout, NpgsqlDbType = NpgsqlDbType.Interval }, Wave.One((long)SweepSlice) },
        };
        long slice;
        do count += slice = (long)(await sweep.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        while (slice == SweepSlice);
        return (int)count;
    }

    private async Task SweepAsync()
    {
        try
        {
            while (true)
            {
                await work.WaitAsync(SweepInterval, closing.Token).ConfigureAwait(false);
                try
                {
                    if (await SweepOnceAsync(closing.Token).ConfigureAwait(false) is > 0 and var count) SpoolLog.Swept(logger, count);
                }
                catch (SpoolUnavailableException error)
                {
                    SpoolLog.MaintenanceFailed(logger, error);
                    await Task.Delay(TimeSpan.FromSeconds(1), time, closing.Token).ConfigureAwait(false);
                    LetGo();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
