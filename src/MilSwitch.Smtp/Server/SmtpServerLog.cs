using Microsoft.Extensions.Logging;

namespace MilSwitch.Smtp.Server;

/// <summary>Ids 3000–3099. No content, no credentials; what a peer sent appears only by the name of a reason.</summary>
internal static partial class SmtpServerLog
{
    [LoggerMessage(3000, LogLevel.Debug, "Session opened by {Client} on {Listener}")]
    public static partial void SessionOpened(ILogger logger, string client, string listener);

    [LoggerMessage(3001, LogLevel.Debug, "Session of {Client} on {Listener} ended")]
    public static partial void SessionEnded(ILogger logger, string client, string listener);

    [LoggerMessage(3002, LogLevel.Information, "Refused {Client} on {Listener}: {Reason}")]
    public static partial void Refused(ILogger logger, string client, string listener, string reason);

    [LoggerMessage(3003, LogLevel.Warning, "TLS with {Client} on {Listener} failed: {Reason}")]
    public static partial void TlsFailed(ILogger logger, string client, string listener, string reason);

    [LoggerMessage(3004, LogLevel.Warning, "{Mechanism} authentication of {Client} on {Listener} failed")]
    public static partial void AuthenticationFailed(ILogger logger, string client, string listener, string mechanism);

    [LoggerMessage(3005, LogLevel.Information, "{Client} on {Listener} authenticated as {Account} by {Mechanism}")]
    public static partial void Authenticated(ILogger logger, string client, string listener, string account, string mechanism);

    [LoggerMessage(3006, LogLevel.Error, "Session of {Client} on {Listener} broke")]
    public static partial void SessionBroke(ILogger logger, Exception fault, string client, string listener);

    [LoggerMessage(3007, LogLevel.Warning, "PROXY header of {Proxy} on {Listener} failed: {Reason}")]
    public static partial void ProxyFailed(ILogger logger, string proxy, string listener, string reason);

    [LoggerMessage(3008, LogLevel.Information, "{Namer} on {Listener} speaks for {Client}")]
    public static partial void ClientNamed(ILogger logger, string namer, string listener, string client);
}
