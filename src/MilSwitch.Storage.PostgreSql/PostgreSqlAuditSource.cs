using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>The audit trails of a database, for somebody who is no node: nothing is written, and nothing brought forward. Thread-safe.</summary>
/// <param name="connection">Connection string; a user who may read the tables is enough.</param>
/// <param name="time">For its patience.</param>
/// <exception cref="ArgumentException">The connection string can't be read; the text names the key and no value.</exception>
public sealed class PostgreSqlAuditSource(string connection, TimeProvider time) : IAuditSource, IAsyncDisposable
{
    private readonly Sessions sessions = new(connection, "audit");
    private SpoolReader? reader;

    private SpoolReader Reader => reader ??= new SpoolReader(sessions.Reader, new Calls(time), TimeSpan.FromSeconds(5));

    public ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default) => Reader.TrailsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default) =>
        Reader.TrailAsync(trail, after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) =>
        Reader.DocumentsAsync(kind, after, limit, cancellationToken);

    public ValueTask DisposeAsync() => sessions.DisposeAsync();
}
