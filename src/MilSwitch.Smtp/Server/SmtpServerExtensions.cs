using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MilSwitch.Smtp.Server;

/// <summary>Puts SMTP listeners on Kestrel.</summary>
public static class SmtpServerExtensions
{
    /// <summary>
    /// Listens on the endpoint that the settings name now. Later settings (a reload) count for new sessions, except the
    /// endpoint itself. The caller owns <paramref name="services"/>, which all listeners may share.
    /// </summary>
    public static SmtpConnectionHandler ListenSmtp(this KestrelServerOptions options, Func<SmtpListenerSettings> settings, SmtpServerServices services)
    {
        var handler = new SmtpConnectionHandler(settings, services);
        options.Listen(settings().Endpoint, listener => listener.Run(handler.OnConnectedAsync));
        return handler;
    }
}
