using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Host.Running;

/// <summary>Opens the store that the configuration names.</summary>
internal static class Stores
{
    public static async Task<ISpool> OpenAsync(NodeConfiguration configuration, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = configuration.DataFolder, OpenContents = OpenFiles.Contents() }, time, loggers, cancellationToken);
}
