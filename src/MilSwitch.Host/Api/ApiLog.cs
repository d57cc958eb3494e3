namespace MilSwitch.Host.Api;

internal static partial class ApiLog
{
    [LoggerMessage(5101, LogLevel.Error, "A request to the admin API failed")]
    public static partial void Failed(ILogger logger, Exception fault);
}
