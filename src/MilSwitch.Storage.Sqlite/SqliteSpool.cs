using System.Collections.Immutable;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using DbUp;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// The embedded store: one SQLite database with a write-ahead log, synced in every commit, and a folder of large contents.
/// One process at a time, guarded by a lock file. Thread-safe.
/// </summary>
public sealed partial class SqliteSpool : ISealableSpool
{
    private const int Readers = 2;
    private const int LoadSlice = 1000;
    private const int ScanSlice = 10_000;
    private const int PruneSlice = 200;
    private const long UsageOctets = 4L << 20;
    private static readonly TimeSpan UsageAge = TimeSpan.FromMilliseconds(100);

    private readonly string folder;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly SafeFileHandle lockFile;
    private readonly ContentFiles files;
    private readonly RetentionBudget retention;
    private readonly SqliteTransactions transactions;
    private readonly SpoolWriter writer;
    private readonly int inlineLimit;
    private readonly ConcurrentBag<SpoolReader> readers = [];
    private readonly SemaphoreSlim freeReaders = new(Readers, Readers);
    private readonly Lock usageGate = new();
    private readonly SealInUse seal;
    private SpoolUsage usage;
    private long usageAt;
    private long usageWritten;
    private long probedAt;
    private int disposed;

    private SqliteSpool(SqliteSpoolOptions options, TimeProvider time, ILogger logger, SafeFileHandle lockFile)
    {
        folder = Path.GetFullPath(options.DataFolder);
        this.time = time;
        this.logger = logger;
        this.lockFile = lockFile;
        seal = new SealInUse(ContentSeal.None, time);
        inlineLimit = options.InlineLimit;
        retention = new RetentionBudget(options.Retained, options.RetainedPerContent);
        var path = Path.Combine(folder, "spool.db");
        Upgrade(path);
        // Reports of the files can only come once contents are made, which is after the writer exists.
        files = new ContentFiles(folder, options.OpenContents, fault => writer!.Report(fault));
        var database = SqliteDatabase.Open(path, readOnly: false);
        try
        {
            database.Execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY");
            Run = checked((int)database.Number(
                "INSERT INTO counter (name, value) VALUES ('run', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"));
            if (Run > MessageId.MaximumRun) throw new InvalidOperationException("The store was started more often than ids have room for.");
            database.Execute("DELETE FROM content WHERE id < 0");
            var swept = files.Sweep(NamedFiles(database));
            transactions = new SqliteTransactions(database, files, options.FreshLimit);
            for (var i = 0; i < Readers; i++) readers.Add(new SpoolReader(path));
            Posix.SyncFolder(folder);
            writer = new SpoolWriter(transactions, options.Writer, HealthChanged, fault => SpoolLog.MaintenanceFailed(logger, fault));
            SpoolLog.Opened(logger, folder, Run, files.Octets, swept);
        }
        catch
        {
            foreach (var reader in readers) reader.Dispose();
            database.Dispose();
            files.Dispose();
            throw;
        }
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

    /// <summary>
    /// Opens the store, making or upgrading it first. Throws <see cref="DataFolderInUseException"/> when another process has
    /// it, <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> or <see cref="SpoolUnavailableException"/> when
    /// the folder can't be used.
    /// </summary>
    public static async ValueTask<SqliteSpool> OpenAsync(
        SqliteSpoolOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.DataFolder);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.InlineLimit, 4 << 10);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.InlineLimit, 256 << 10);
        return await Task.Run(
            () =>
            {
                SafeFileHandle? lockFile = null;
                try
                {
                    Posix.MakeFolder(Path.GetFullPath(options.DataFolder));
                    lockFile = Lock(options.DataFolder);
                    return new SqliteSpool(options, time, loggers.CreateLogger<SqliteSpool>(), lockFile);
                }
                catch (SpoolFaultException fault)
                {
                    lockFile?.Dispose();
                    throw new SpoolUnavailableException(fault.Fault == SpoolFault.Full ? SpoolHealth.Full : SpoolHealth.Unwritable, fault);
                }
                catch
                {
                    lockFile?.Dispose();
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    public void UseSeal(ContentSeal contents) => seal.Begin(contents);

    public void LearnKeysWith(Func<ContentSeal, CancellationToken, ValueTask<ContentSeal>> look) => seal.LearnWith(look);

    public async ValueTask<bool> IsSealedWithAsync(string key, CancellationToken cancellationToken = default)
    {
        if (await ReadAsync(reader => reader.IsSealedWith(key), cancellationToken).ConfigureAwait(false)) return true;
        var header = new byte[ContentSeal.HeaderLength];
        foreach (var name in await ReadAsync(reader => reader.SealedFiles(), cancellationToken).ConfigureAwait(false))
        {
            // One that is lost is found to be when its message is read.
            if (!File.Exists(files.PathOf(name))) continue;
            using var file = File.OpenHandle(files.PathOf(name));
            if (RandomAccess.Read(file, header, 0) == header.Length && ContentSeal.KeyOf(header) == key) return true;
        }

        return false;
    }

    /// <summary>The lock file keeps every other process out.</summary>
    public ValueTask<IAsyncDisposable?> LockSealAsync(CancellationToken cancellationToken = default) => default;

    public IContentWriter CreateContent() => new SpooledContentWriter(files, retention, inlineLimit, seal.Current, () => writer.Health);

    public ValueTask<CommitResult> CommitAsync(SpoolOperation operation, Precedence precedence, CancellationToken cancellationToken = default)
    {
        operation.CheckPartitions();
        return writer.CommitAsync(operation, precedence, cancellationToken);
    }

    public async ValueTask<PartitionEpoch> ClaimAsync(int partition, string owner, CancellationToken cancellationToken = default)
    {
        SpoolOperations.CheckPartition(partition);
        cancellationToken.ThrowIfCancellationRequested();
        return await writer.RunAsync(() =>
        {
            var claim = InTransaction(() => transactions.Claim(partition, owner));
            transactions.Claimed(claim);
            return claim;
        }).ConfigureAwait(false);
    }

    /// <summary>The lock file keeps every other process out, so nobody has to be waited for.</summary>
    public async ValueTask<PartitionEpoch?> TryClaimAsync(int partition, NodeIdentity owner, CancellationToken cancellationToken = default) =>
        await ClaimAsync(partition, owner.Name, cancellationToken).ConfigureAwait(false);

    /// <summary>Nobody else could look.</summary>
    public ValueTask<int> StayAsync(NodeIdentity owner, CancellationToken cancellationToken = default) => new(transactions.Owned);

    /// <summary>Nobody else could take it.</summary>
    public ValueTask ReleaseAsync(PartitionEpoch owner, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>Read in slices, each a snapshot of its own: what is accepted while it runs may or may not appear.</summary>
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
                slice.Clear();
                var from = after;
                var level = precedence;
                after = await ReadAsync(
                    reader => reader.Pending(owner.Partition, level, from, LoadSlice, slice, id => SpoolLog.DamagedRecord(logger, id)),
                    cancellationToken).ConfigureAwait(false);
                foreach (var message in slice) yield return message;
                if (after == from) break;
            }

            if (precedence == Precedence.Deferred) break;
        }
    }

    public async ValueTask<StoredMessage?> ReadAsync(MessageId id, CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.Message(id), cancellationToken).ConfigureAwait(false);

    public async ValueTask<ContentReader?> OpenContentAsync(MessageId id, CancellationToken cancellationToken = default)
    {
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                if (await ReadAsync(reader => reader.Content(id, seal.Current), cancellationToken).ConfigureAwait(false) is not { } content) return null;
                if (content.Inline is { } inline) return inline;
                try
                {
                    var file = File.OpenHandle(files.PathOf(content.File!), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
                    if (RandomAccess.GetLength(file) == (content.IsSealed ? ContentSeal.SealedLength(content.Size) : content.Size))
                        return new FileContentReader(id, file, content.Size, content.Digest, content.IsSealed ? seal : null);
                    file.Dispose();
                    throw new ContentDamagedException(id);
                }
                catch (FileNotFoundException) when (attempt == 0)
                {
                    // Removed between the two looks, or lost: the row says which.
                }
                catch (FileNotFoundException)
                {
                    throw new ContentDamagedException(id);
                }
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
        var below = query.Before?.Value ?? long.MaxValue;
        var ids = new List<long>();
        if (query.MessageIdField is { } field) await ReadAsync(reader => Fill(() => reader.ByField(field, ids)), cancellationToken).ConfigureAwait(false);
        else if (query.Parent is { } parent) await ReadAsync(reader => Fill(() => reader.ByParent(parent, ids)), cancellationToken).ConfigureAwait(false);
        else if (query.PendingOnly || query.State < MessageState.Done)
            await ReadAsync(reader => Fill(() => reader.AllPending(query.Precedence, below, ids)), cancellationToken).ConfigureAwait(false);
        else
        {
            while (result.Count < query.Limit)
            {
                ids.Clear();
                var from = below;
                if (await ReadAsync(reader => reader.Scan(query, from, ScanSlice, ids), cancellationToken).ConfigureAwait(false) is not { } last) break;
                below = last;
                await CollectAsync(query, ids, result, cancellationToken).ConfigureAwait(false);
            }

            return result;
        }

        if (query.OldestFirst)
        {
            if (query.After is { } after) ids.RemoveAll(id => id <= after.Value);
            ids.Sort();
        }
        else ids.Sort(static (a, b) => b.CompareTo(a));
        await CollectAsync(query, ids, result, cancellationToken).ConfigureAwait(false);
        return result;

        static bool Fill(Action fill)
        {
            fill();
            return true;
        }
    }

    public async ValueTask<IReadOnlyList<AuditEvent>> ReadAuditAsync(MessageId id, CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.Audit(id), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<AuditEvent>> FindAuditAsync(ImmutableArray<MessageId> messages, AuditKind kind, CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.Audit(messages, kind), cancellationToken).ConfigureAwait(false);

    public async ValueTask PutDocumentAsync(string kind, string id, string json, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await writer.TransactAsync(() =>
        {
            transactions.PutDocument(kind, id, json);
            return true;
        }).ConfigureAwait(false);
    }

    public async ValueTask<bool> RemoveDocumentAsync(string kind, string id, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await writer.TransactAsync(() => transactions.RemoveDocument(kind, id)).ConfigureAwait(false);
    }

    public async ValueTask<bool> ExchangeDocumentAsync(string kind, string id, string? expected, string? json, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await writer.TransactAsync(() => transactions.ExchangeDocument(kind, id, expected, json)).ConfigureAwait(false);
    }

    public async ValueTask<string?> ReadDocumentAsync(string kind, string id, CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.Document(kind, id), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<StoredDocument>> ListDocumentsAsync(string kind, CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.Documents(kind), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) =>
        await ReadAsync(reader => reader.Documents(kind, after, limit), cancellationToken).ConfigureAwait(false);

    public ValueTask<long> PolicyVersionAsync(CancellationToken cancellationToken = default) => new(transactions.PolicyVersion);

    /// <summary>In slices of a few milliseconds, so that commits are not held up. Returns the messages that went.</summary>
    public async ValueTask<int> PruneAsync(DateTimeOffset messagesBefore, DateTimeOffset duplicateKeysBefore, CancellationToken cancellationToken = default)
    {
        var count = 0;
        var before = messagesBefore.ToUnixTimeMilliseconds();
        var messages = new List<(long, long?)>();
        for (long? after = long.MinValue; after is { } from;)
        {
            messages.Clear();
            after = await ReadAsync(reader => reader.Finished(from, before, PruneSlice, messages), cancellationToken).ConfigureAwait(false);
            if (messages.Count == 0) continue;
            var slice = messages.ToArray();
            count += await writer.TransactAsync(() => transactions.Forget(slice)).ConfigureAwait(false);
        }

        await PruneKeysAsync(duplicateKeysBefore.ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false);
        return count;
    }

    public SpoolUsage Usage()
    {
        lock (usageGate)
        {
            var written = files.Written;
            // A fast disk takes a gigabyte in a second: a figure of that age says nothing.
            if (usageAt != 0 && written - usageWritten < UsageOctets && time.GetElapsedTime(usageAt) < UsageAge) return usage;
            usageWritten = written;
            long used = files.Octets;
            foreach (var name in (ReadOnlySpan<string>)["spool.db", "spool.db-wal", "spool.db-shm"])
            {
                var file = new FileInfo(Path.Combine(folder, name));
                if (file.Exists) used += file.Length;
            }

            usage = new SpoolUsage(used, new DriveInfo(folder).AvailableFreeSpace);
            usageAt = time.GetTimestamp();
            return usage;
        }
    }

    /// <summary>Commits what waits, then closes the files and gives the folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await Task.Run(writer.Dispose).ConfigureAwait(false);
        for (var i = 0; i < Readers; i++) await freeReaders.WaitAsync().ConfigureAwait(false);
        foreach (var reader in readers) reader.Dispose();
        transactions.Dispose();
        files.Dispose();
        lockFile.Dispose();
        // Whoever still waits for a reader finds the spool closed.
        freeReaders.Release(Readers);
    }

    private static SafeFileHandle Lock(string folder)
    {
        var path = Path.Combine(folder, "lock");
        var file = Posix.OpenUnlocked(path);
        try
        {
            if (Posix.TryLock(file))
            {
                RandomAccess.SetLength(file, 0);
                RandomAccess.Write(file, Encoding.ASCII.GetBytes($"process {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}"), 0);
                return file;
            }

            var text = new byte[64];
            var holder = Encoding.ASCII.GetString(text, 0, RandomAccess.Read(file, text, 0));
            throw new DataFolderInUseException(Path.GetFullPath(folder), holder.Length > 0 ? holder : null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static HashSet<string> NamedFiles(SqliteDatabase database)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        using var statement = database.Once("SELECT name FROM file");
        while (statement.Step()) names.Add(statement.Text(0));
        return names;
    }

    private void Upgrade(string path)
    {
        var connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
        try
        {
            using (var connection = new SqliteConnection(connectionString))
            {
                connection.Open();
                using var command = connection.CreateCommand();
                // The page size counts only before the first table.
                command.CommandText = "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
                command.ExecuteNonQuery();
            }

            var outcome = DeployChanges.To.SqliteDatabase(connectionString)
                .WithScriptsEmbeddedInAssembly(typeof(SqliteSpool).Assembly)
                .WithTransactionPerScript()
                .LogToNowhere()
                .Build()
                .PerformUpgrade();
            if (!outcome.Successful) throw outcome.Error;
        }
        catch (SqliteException error)
        {
            throw new SpoolFaultException(error.SqliteErrorCode == 13 ? SpoolFault.Full : SpoolFault.Unwritable, $"{path} can't be opened: {error.Message}", error);
        }
    }

    private T InTransaction<T>(Func<T> work)
    {
        transactions.Begin();
        try
        {
            var result = work();
            transactions.Commit();
            return result;
        }
        catch
        {
            transactions.Rollback();
            throw;
        }
    }

    private async ValueTask<T> ReadAsync<T>(Func<SpoolReader, T> read, CancellationToken cancellationToken)
    {
        await freeReaders.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
            readers.TryTake(out var reader);
            try
            {
                return read(reader!);
            }
            catch (SpoolFaultException fault)
            {
                throw new SpoolUnavailableException(SpoolHealth.Unwritable, fault);
            }
            finally
            {
                readers.Add(reader!);
            }
        }
        finally
        {
            freeReaders.Release();
        }
    }

    private async ValueTask CollectAsync(MessageQuery query, List<long> ids, List<StoredMessage> result, CancellationToken cancellationToken)
    {
        foreach (var value in ids)
        {
            if (result.Count >= query.Limit) return;
            var id = new MessageId(value);
            if (query.Before is { } before && value >= before.Value) continue;
            StoredMessage? message;
            try
            {
                message = await ReadAsync(reader => reader.Message(id), cancellationToken).ConfigureAwait(false);
            }
            catch (ContentDamagedException)
            {
                SpoolLog.DamagedRecord(logger, id);
                continue;
            }

            if (message is not null && QueryFilter.Matches(query, message)) result.Add(message);
        }
    }

    private async ValueTask PruneKeysAsync(long before, CancellationToken cancellationToken)
    {
        await writer.TransactAsync(() =>
        {
            transactions.ForgetFreshKeys(before);
            transactions.ForgetFreshKeysInMemory(before);
            return true;
        }).ConfigureAwait(false);
        var keys = new List<byte[]>();
        for (byte[]? after = []; after is not null;)
        {
            keys.Clear();
            var from = after;
            after = await ReadAsync(reader => reader.OldKeys(from, before, ScanSlice, keys), cancellationToken).ConfigureAwait(false);
            foreach (var slice in keys.Chunk(PruneSlice * 5))
            {
                await writer.TransactAsync(() =>
                {
                    transactions.ForgetKeys(slice);
                    return true;
                }).ConfigureAwait(false);
            }
        }
    }

    private void HealthChanged(SpoolHealth from, SpoolHealth to, Exception? cause)
    {
        if (to == SpoolHealth.Ready) SpoolLog.Recovered(logger, from);
        else if (to == SpoolHealth.Broken) SpoolLog.Broken(logger, cause);
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
        catch (Exception error) when (error is SpoolUnavailableException or ObjectDisposedException)
        {
            SpoolLog.ProbeFailed(logger, error);
        }
    }
}
