using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilSwitch.Host.Configuration;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Running;

/// <summary>Where the protocol engines are joined to the host.</summary>
internal static class Listeners
{
    public static void ListenSmtp(KestrelServerOptions kestrel, SmtpListenerSettings settings) => kestrel.ListenSmtp(settings);

    public static IMailExchangerResolver Resolver(NodeConfiguration configuration) => new MailExchangerResolver(configuration.DnsServers);

    /// <summary>The HTTP endpoints of the node.</summary>
    public static void ListenHttp(KestrelServerOptions kestrel, NodeConfiguration configuration)
    {
        kestrel.ListenUnixSocket(configuration.Admin.Socket, EndpointRole.AdminSocket.Mark);
        if (configuration.Admin.Endpoint is { } admin) Listen(kestrel, admin, options =>
        {
            if (configuration.Admin.Certificate is { } certificate) options.UseHttps(certificate);
            EndpointRole.Admin.Mark(options);
        });
        if (configuration.Metrics is { } metrics) Listen(kestrel, metrics, EndpointRole.Metrics.Mark);
    }

    private static void Listen(KestrelServerOptions kestrel, IPEndPoint endpoint, Action<ListenOptions> configure) => kestrel.Listen(endpoint, configure);
}
