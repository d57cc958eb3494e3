using MilSwitch.Domain.Messages;

namespace MilSwitch.Host.Folders;

/// <summary>What becomes of files, for the operator.</summary>
internal sealed partial class FolderLog(ILogger<FolderLog> logger)
{
    [LoggerMessage(5401, LogLevel.Information, "{File} of folder {Folder} was taken as {MessageId}")]
    public partial void Taken(string folder, string file, MessageId messageId);

    [LoggerMessage(5402, LogLevel.Information, "{File} of folder {Folder} was taken before; it only had to leave the folder")]
    public partial void TakenBefore(string folder, string file);

    [LoggerMessage(5403, LogLevel.Warning, "{File} of folder {Folder} was refused: {Reason}")]
    public partial void Refused(string folder, string file, string reason);

    [LoggerMessage(5404, LogLevel.Debug, "{File} of folder {Folder} stays for later: {Reason}")]
    public partial void Later(string folder, string file, string reason);

    [LoggerMessage(5405, LogLevel.Error, "Folder {Folder} can't be used: {Reason}")]
    public partial void Unusable(string folder, string reason);
}
