using Microsoft.Win32.SafeHandles;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// The audit trail of a data folder that no node uses, or of a copy of one. Writes nothing; only after a crash, while the
/// write-ahead log holds what the database does not, SQLite needs to write its index of that beside it. Thread-safe.
/// </summary>
public sealed class SqliteAuditFile : IAuditSource, IDisposable
{
    private readonly SafeFileHandle? lockFile;
    private readonly SqliteDatabase database;
    private readonly AuditReader reader;
    private readonly SqliteStatement documents;
    private readonly Lock gate = new();

    private SqliteAuditFile(SafeFileHandle? lockFile, SqliteDatabase database)
    {
        (this.lockFile, this.database) = (lockFile, database);
        reader = new AuditReader(database);
        documents = database.Prepare("SELECT id, json FROM document WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
    }

    /// <summary>Opens it, and keeps nodes out until it is disposed.</summary>
    /// <exception cref="DataFolderInUseException">A node runs on it.</exception>
    /// <exception cref="IOException">There is no store in the folder, or it can't be read.</exception>
    public static SqliteAuditFile Open(string folder)
    {
        var path = Path.Combine(Path.GetFullPath(folder), "spool.db");
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no store in {folder}.", path);
        var held = Posix.OpenExisting(Path.Combine(Path.GetFullPath(folder), "lock"));
        try
        {
            if (held is not null && !Posix.TryLock(held)) throw new DataFolderInUseException(Path.GetFullPath(folder), null);
            var log = new FileInfo(path + "-wal");
            var database = SqliteDatabase.OpenToRead(path, frozen: !log.Exists || log.Length is 0);
            try
            {
                return new SqliteAuditFile(held, database);
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (Exception fault) when (fault is SpoolFaultException or InvalidOperationException)
        {
            held?.Dispose();
            throw new IOException($"The store in {folder} can't be read: {fault.Message}", fault);
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    public ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default) => Ask(reader.Trails);

    public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default) =>
        trail == AuditReader.Trail ? Ask(() => reader.Read(after, limit)) : ValueTask.FromResult<IReadOnlyList<AuditRecord>>([]);

    public ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) => Ask(() =>
    {
        var found = new List<StoredDocument>();
        documents.Bind(1, kind).Bind(2, after).Bind(3, limit);
        while (documents.Step()) found.Add(new StoredDocument(kind, documents.Text(0), documents.Text(1)));
        return (IReadOnlyList<StoredDocument>)found;
    });

    public void Dispose()
    {
        lock (gate) database.Dispose();
        lockFile?.Dispose();
    }

    private ValueTask<T> Ask<T>(Func<T> ask)
    {
        try
        {
            lock (gate) return ValueTask.FromResult(ask());
        }
        catch (Exception fault) when (fault is SpoolFaultException or InvalidOperationException)
        {
            throw new IOException($"The store can't be read: {fault.Message}", fault);
        }
    }
}
