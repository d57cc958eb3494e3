using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.PostgreSql;

internal static partial class SpoolLog
{
    [LoggerMessage(4100, LogLevel.Information, "The spool in database {Database} is open: run {Run}, schema {Schema}")]
    public static partial void Opened(ILogger logger, string database, int run, int schema);

    [LoggerMessage(4114, LogLevel.Warning, "The store does not answer yet ({Reason}); it is tried for {Seconds} s")]
    public static partial void Waiting(ILogger logger, double seconds, string reason);

    [LoggerMessage(4101, LogLevel.Error, "The spool is {To}, it was {From}: nothing new is accepted")]
    public static partial void TurnedBad(ILogger logger, SpoolHealth from, SpoolHealth to, Exception? cause);

    [LoggerMessage(4103, LogLevel.Information, "The spool is ready again, it was {From}")]
    public static partial void Recovered(ILogger logger, SpoolHealth from);

    [LoggerMessage(4104, LogLevel.Warning, "Work of the spool beside commits failed and will be tried again")]
    public static partial void MaintenanceFailed(ILogger logger, Exception cause);

    [LoggerMessage(4105, LogLevel.Critical, "The record of {MessageId} does not match its checksum: it is left out and waits in the store")]
    public static partial void DamagedRecord(ILogger logger, MessageId messageId);

    [LoggerMessage(4106, LogLevel.Critical, "The content of {MessageId} does not match its checksum")]
    public static partial void DamagedContent(ILogger logger, MessageId messageId);

    [LoggerMessage(4107, LogLevel.Debug, "The store still takes no writes")]
    public static partial void ProbeFailed(ILogger logger, Exception cause);

    [LoggerMessage(4108, LogLevel.Warning, "The connection to the store was lost: commits wait")]
    public static partial void Lost(ILogger logger, Exception cause);

    [LoggerMessage(4109, LogLevel.Information, "The connection to the store is back after {Seconds:F1} s")]
    public static partial void Back(ILogger logger, double seconds);

    [LoggerMessage(4110, LogLevel.Information, "A commit during which the connection was lost had happened: {Happened}")]
    public static partial void Settled(ILogger logger, bool happened);

    [LoggerMessage(4111, LogLevel.Warning, "A commit of {Owner} held partition {Partition} for too long: its session was ended")]
    public static partial void Ended(ILogger logger, string owner, int partition);

    [LoggerMessage(4112, LogLevel.Debug, "{Count} contents that no message names were removed")]
    public static partial void Swept(ILogger logger, int count);

    [LoggerMessage(4113, LogLevel.Information, "The database was brought to schema {Schema}")]
    public static partial void Migrated(ILogger logger, int schema);
}
