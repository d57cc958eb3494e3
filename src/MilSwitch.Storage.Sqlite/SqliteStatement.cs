using System.Text;
using SQLitePCL;

namespace MilSwitch.Storage.Sqlite;

/// <summary>A prepared statement; parameters and columns by position (from one, from zero). Binding copies.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    public SqliteStatement Bind(int index, long value)
    {
        raw.sqlite3_bind_int64(handle, index, value);
        return this;
    }

    public SqliteStatement Bind(int index, long? value)
    {
        if (value is { } number) raw.sqlite3_bind_int64(handle, index, number);
        else raw.sqlite3_bind_null(handle, index);
        return this;
    }

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, which SQLite takes for null.
        if (value.IsEmpty) raw.sqlite3_bind_zeroblob(handle, index, 0);
        else database.Check(raw.sqlite3_bind_blob(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, string? value)
    {
        if (value is null)
        {
            raw.sqlite3_bind_null(handle, index);
            return this;
        }

        if (value.Length is 0 or > 256)
        {
            database.Check(raw.sqlite3_bind_text(handle, index, value));
            return this;
        }

        Span<byte> utf8 = stackalloc byte[256 * 3];
        var count = Encoding.UTF8.GetBytes(value, utf8);
        database.Check(raw.sqlite3_bind_text(handle, index, utf8[..count]));
        return this;
    }

    /// <summary>True when there is a row; the statement is reset at its end and on errors.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(handle);
        if (result == raw.SQLITE_ROW) return true;
        if (result == raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(handle);
            return false;
        }

        var fault = database.Fault(result);
        raw.sqlite3_reset(handle);
        throw fault;
    }

    /// <summary>Runs a statement without results.</summary>
    public void Run()
    {
        while (Step())
        {
            // RETURNING rows that nobody wants.
        }
    }

    /// <summary>Leaves the rest of the rows.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(handle, column);

    public int Int(int column) => raw.sqlite3_column_int(handle, column);

    public string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string() ?? "";

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Octets(int column) => raw.sqlite3_column_blob(handle, column);

    public void Dispose() => handle.Dispose();
}
