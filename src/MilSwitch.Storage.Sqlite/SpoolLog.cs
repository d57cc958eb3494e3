using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

internal static partial class SpoolLog
{
    [LoggerMessage(4000, LogLevel.Information, "The spool in {Folder} is open: run {Run}, {Octets} octets in files, {Swept} unfinished files removed")]
    public static partial void Opened(ILogger logger, string folder, int run, long octets, int swept);

    [LoggerMessage(4001, LogLevel.Error, "The spool is {To}, it was {From}: nothing new is accepted")]
    public static partial void TurnedBad(ILogger logger, SpoolHealth from, SpoolHealth to, Exception? cause);

    [LoggerMessage(4002, LogLevel.Critical, "An fsync failed: nothing is accepted until the process starts afresh")]
    public static partial void Broken(ILogger logger, Exception? cause);

    [LoggerMessage(4003, LogLevel.Information, "The spool is ready again, it was {From}")]
    public static partial void Recovered(ILogger logger, SpoolHealth from);

    [LoggerMessage(4004, LogLevel.Warning, "Work of the spool after a commit failed and will be tried again")]
    public static partial void MaintenanceFailed(ILogger logger, Exception cause);

    [LoggerMessage(4005, LogLevel.Critical, "The record of {MessageId} does not match its checksum: it is left out and waits in the store")]
    public static partial void DamagedRecord(ILogger logger, MessageId messageId);

    [LoggerMessage(4006, LogLevel.Critical, "The content of {MessageId} does not match its checksum")]
    public static partial void DamagedContent(ILogger logger, MessageId messageId);

    [LoggerMessage(4007, LogLevel.Debug, "The volume of the spool still takes no writes")]
    public static partial void ProbeFailed(ILogger logger, Exception cause);
}
