using MilSwitch.Domain.Clustering;
using Npgsql;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>A lock of the server's that lives as long as the session that took it. Thread-safe.</summary>
internal sealed class AdvisoryLock : IFormationLock
{
    public const long Migration = 0x4D494C5357000001, Formation = 0x4D494C5357000002, Seal = 0x4D494C5357000003;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly long key;
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource ending = new();
    private Task watch = Task.CompletedTask;

    private AdvisoryLock(NpgsqlConnection connection, long key)
    {
        this.key = key;
        Connection = connection;
    }

    public CancellationToken Lost => lost.Token;

    /// <summary>The session that has it; for work under the lock, unless it is watched.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>Waits for it. Asked for again and again: a wait in the server could not be told from a server that is gone.</summary>
    public static async ValueTask<AdvisoryLock> TakeAsync(Sessions sessions, long key, CancellationToken cancellationToken)
    {
        var connection = await sessions.Lock.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var timer = new PeriodicTimer(Pause);
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new() { Value = key } } };
            while (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true) await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
            return new AdvisoryLock(connection, key);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>From now on <see cref="Lost"/> is looked after.</summary>
    public AdvisoryLock Watched()
    {
        watch = WatchAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", Connection) { Parameters = { new() { Value = key } } };
            await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (StoreFaults.IsOfStore(error) || error is InvalidOperationException)
        {
            // With the session it is gone too.
        }

        await Connection.DisposeAsync().ConfigureAwait(false);
        ending.Dispose();
        lost.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Beat);
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token).ConfigureAwait(false))
            {
                await using var command = new NpgsqlCommand("SELECT 1", Connection) { CommandTimeout = 3 };
                await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception error) when (StoreFaults.IsOfStore(error) || error is InvalidOperationException)
        {
            await lost.CancelAsync().ConfigureAwait(false);
        }
    }
}
