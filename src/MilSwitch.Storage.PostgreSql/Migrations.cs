using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>
/// Brings a database forward, one numbered file of the schema after another, each in a transaction of its own; one node at a
/// time, while others run. A file begins with <c>-- works with: N</c>, the oldest schema that a program may know to work on it.
/// </summary>
internal static class Migrations
{
    private const string Prefix = "MilSwitch.Storage.PostgreSql.Schema.";

    /// <summary>The files of this program, in their order.</summary>
    public static IReadOnlyList<Migration> Known { get; } = [.. Read().OrderBy(m => m.Version)];

    /// <summary>Returns the schema that the database has then.</summary>
    /// <exception cref="StoreVersionException">The database is of a program that this one can't work beside.</exception>
    public static async ValueTask<int> RunAsync(Sessions sessions, IReadOnlyList<Migration> known, ILogger logger, CancellationToken cancellationToken)
    {
        await using var held = await AdvisoryLock.TakeAsync(sessions, AdvisoryLock.Migration, cancellationToken).ConfigureAwait(false);
        var connection = held.Connection;
        await ExecuteAsync(
            connection,
            """
            CREATE TABLE IF NOT EXISTS schema_version (
                version int PRIMARY KEY, works_with int NOT NULL, name text NOT NULL, applied timestamptz NOT NULL DEFAULT clock_timestamp())
            """,
            cancellationToken).ConfigureAwait(false);
        var version = 0;
        var needed = 0;
        await using (var command = new NpgsqlCommand("SELECT coalesce(max(version), 0), coalesce(max(works_with), 0) FROM schema_version", connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            version = reader.GetInt32(0);
            needed = reader.GetInt32(1);
        }

        var newest = known[^1].Version;
        if (needed > newest)
        {
            throw new StoreVersionException(
                string.Create(CultureInfo.InvariantCulture, $"the database has schema {version}, which needs a program that knows schema {needed}; this one knows {newest}: use a newer program"));
        }

        foreach (var migration in known.Where(m => m.Version > version))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, migration.Sql, cancellationToken).ConfigureAwait(false);
            await using var record = new NpgsqlCommand("INSERT INTO schema_version (version, works_with, name) VALUES ($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = migration.Version }, new() { Value = migration.WorksWith }, new() { Value = migration.Name } },
            };
            await record.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            version = migration.Version;
            SpoolLog.Migrated(logger, version);
        }

        return version;
    }

    private static async ValueTask ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // A large table may take its time.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<Migration> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var sql = reader.ReadToEnd();
            const string Header = "-- works with: ";
            var line = sql.AsSpan(0, sql.IndexOf('\n', StringComparison.Ordinal)).Trim();
            yield return new Migration(
                int.Parse(name.AsSpan(Prefix.Length, 4), CultureInfo.InvariantCulture), int.Parse(line[Header.Length..], CultureInfo.InvariantCulture), name[Prefix.Length..], sql);
        }
    }
}

/// <summary>One step of the schema.</summary>
/// <param name="Version">Its number.</param>
/// <param name="WorksWith">The oldest schema that a program must know to work on it.</param>
/// <param name="Name">Its file.</param>
/// <param name="Sql">What it does.</param>
internal sealed record Migration(int Version, int WorksWith, string Name, string Sql);
