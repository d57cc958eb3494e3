using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Host.Running;

/// <summary>Opens the store that the configuration names.</summary>
internal static class Stores
{
    /// <exception cref="StoreSealException">What is in it can't be opened.</exception>
    public static async Task<ISpool> OpenAsync(NodeConfiguration configuration, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var spool = await SqliteSpool.OpenAsync(
            new SqliteSpoolOptions { DataFolder = configuration.DataFolder, OpenContents = OpenFiles.Contents() }, time, loggers, cancellationToken);
        try
        {
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
