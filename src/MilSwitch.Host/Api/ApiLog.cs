namespace MilSwitch.Host.Api;

internal static partial class ApiLog
{
    [LoggerMessage(5101, LogLevel.Error, "A request to the admin API failed")]
    public static partial void Failed(ILogger logger, Exception fault);

    [LoggerMessage(5102, LogLevel.Warning, "The store did not take what became of a request with an Idempotency-Key: asked again with it, other nodes refuse to answer")]
    public static partial void NotShared(ILogger logger, Exception fault);
}
