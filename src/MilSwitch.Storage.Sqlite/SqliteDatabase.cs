using SQLitePCL;

namespace MilSwitch.Storage.Sqlite;

/// <summary>One connection and its prepared statements. For one thread at a time.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int Full = 13, ReadOnly = 8, Error = 10, CannotOpen = 14, Permission = 3, Busy = 5, Locked = 6, NoMemory = 7, Protocol = 15;
    private const int Corrupt = 11, NotADatabase = 26;
    private const int SyncFailed = 10 | (4 << 8), FolderSyncFailed = 10 | (5 << 8), SharedMemorySize = 10 | (19 << 8);

    private readonly sqlite3 handle;
    private readonly List<SqliteStatement> statements = [];

    private SqliteDatabase(sqlite3 handle) => this.handle = handle;

    public static SqliteDatabase Open(string path, bool readOnly)
    {
        var flags = (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE) | raw.SQLITE_OPEN_NOMUTEX;
        var result = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var database = new SqliteDatabase(handle);
        try
        {
            database.Check(result);
            raw.sqlite3_extended_result_codes(handle, 1);
            raw.sqlite3_busy_timeout(handle, 5000);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens a database for reading that nobody writes.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="frozen">There is no write-ahead log: nothing is written beside it either, so that its folder may be read-only.</param>
    public static SqliteDatabase OpenToRead(string path, bool frozen)
    {
        if (!frozen) return Open(path, readOnly: true);
        var uri = $"file:{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}?immutable=1";
        var result = raw.sqlite3_open_v2(uri, out var handle, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI | raw.SQLITE_OPEN_NOMUTEX, null);
        var database = new SqliteDatabase(handle);
        try
        {
            database.Check(result);
            raw.sqlite3_extended_result_codes(handle, 1);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(handle);

    public bool InTransaction => raw.sqlite3_get_autocommit(handle) == 0;

    /// <summary>Pages written since the last reset.</summary>
    public int PagesWritten(bool reset)
    {
        raw.sqlite3_db_status(handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var current, out _, reset ? 1 : 0);
        return current;
    }

    /// <summary>Moves what it can from the log into the database without waiting for readers.</summary>
    public void Checkpoint() =>
        Check(raw.sqlite3_wal_checkpoint_v2(handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _));

    /// <summary>Is asked while a statement runs; false: it ends with a fault.</summary>
    /// <param name="steps">So many steps of SQLite's machine between two questions.</param>
    /// <param name="goesOn">Asked on the thread of the statement.</param>
    public void Watch(int steps, Func<bool> goesOn) => raw.sqlite3_progress_handler(handle, steps, _ => goesOn() ? 0 : 1, null);

    /// <summary>A statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var prepared = Once(sql, raw.SQLITE_PREPARE_PERSISTENT);
        statements.Add(prepared);
        return prepared;
    }

    /// <summary>A statement that the caller disposes.</summary>
    public SqliteStatement Once(string sql) => Once(sql, 0);

    /// <summary>Runs constant text without results; for pragmas and transactions.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(handle, sql));

    /// <summary>Runs constant text and gives the first column of its only row.</summary>
    public long Number(string sql)
    {
        using var statement = Once(sql);
        long number = 0;
        while (statement.Step()) number = statement.Long(0);
        return number;
    }

    public void Check(int result)
    {
        if (result == raw.SQLITE_OK) return;
        throw Fault(result);
    }

    public Exception Fault(int result)
    {
        var message = $"SQLite error {result}: {raw.sqlite3_errmsg(handle).utf8_to_string()}";
        if (result is SyncFailed or FolderSyncFailed) return new SpoolFaultException(SpoolFault.Broken, message);
        if (result == SharedMemorySize) return new SpoolFaultException(SpoolFault.Full, message);
        return (result & 0xff) switch
        {
            Full => new SpoolFaultException(SpoolFault.Full, message),
            ReadOnly or Error or CannotOpen or Permission or Busy or Locked or NoMemory or Protocol =>
                new SpoolFaultException(SpoolFault.Unwritable, message),
            Corrupt or NotADatabase => new SpoolFaultException(SpoolFault.Damaged, message),
            _ => new InvalidOperationException(message),
        };
    }

    private SqliteStatement Once(string sql, uint flags)
    {
        Check(raw.sqlite3_prepare_v3(handle, sql, flags, out var statement));
        return new SqliteStatement(this, statement);
    }

    public void Dispose()
    {
        foreach (var statement in statements) statement.Dispose();
        statements.Clear();
        raw.sqlite3_close_v2(handle);
        handle.Dispose();
    }
}
