using Npgsql;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>Asks the server something outside the writer, again while it is away for a moment. Thread-safe.</summary>
internal sealed class Calls(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <param name="source">The sessions to use.</param>
    /// <param name="patience">How long the store may be away.</param>
    /// <param name="work">May run more than once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Domain.Spool.SpoolUnavailableException">The store does not answer, or refuses.</exception>
    public async ValueTask<T> RunAsync<T>(NpgsqlDataSource source, TimeSpan patience, Func<NpgsqlConnection, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var isOpen = false;
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                isOpen = true;
                return await work(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (StoreFaults.Of(error) is StoreFault.Lost or StoreFault.Again && time.GetElapsedTime(start) < patience)
            {
                // The other sessions of the pool are as dead as this one, or of a server that takes no writes.
                if (isOpen && StoreFaults.Of(error) is StoreFault.Lost) source.Clear();
            }
            catch (Exception error) when (StoreFaults.IsOfStore(error))
            {
                throw StoreFaults.Unavailable(error);
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
