using MilSwitch.Host.Configuration;
using MilSwitch.Storage;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Host.Running;

/// <summary>Opens the store that the configuration names.</summary>
internal static class Stores
{
    /// <exception cref="StoreSealException">What is in it can't be opened.</exception>
    public static async Task<ISealableSpool> OpenAsync(NodeConfiguration configuration, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ISealableSpool spool = configuration.Database is { } database
            ? await PostgreSqlSpool.OpenAsync(
                new PostgreSqlSpoolOptions { Connection = database.Text, Node = configuration.Switch.Node, StartPatience = TimeSpan.FromSeconds(30) }, time, loggers, cancellationToken)
            : await SqliteSpool.OpenAsync(
                new SqliteSpoolOptions { DataFolder = configuration.DataFolder, OpenContents = OpenFiles.Contents() }, time, loggers, cancellationToken);
        try
        {
            // Nodes that start together must not each make a key that the others don't know.
            await using var alone = await spool.LockSealAsync(cancellationToken);
            spool.UseSeal(await new StoreSeal(configuration, spool, time, loggers.CreateLogger<StoreSeal>()).OpenAsync(cancellationToken));
            return spool;
        }
        catch
        {
            await spool.DisposeAsync();
            throw;
        }
    }
}
