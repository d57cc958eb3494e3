namespace MilSwitch.Host.Access;

/// <summary>What the log hears of persons who come in.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(5961, LogLevel.Warning, "The certificate of {Person} is refused: {Reason}")]
    public static partial void Refused(ILogger logger, string person, string reason);
}
