using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Configuration;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Host.Running;

/// <summary>Where the protocol engines are joined to the host.</summary>
internal static class Listeners
{
    private static readonly TimeSpan DnsTimeout = TimeSpan.FromSeconds(5);

    /// <summary>What all SMTP sessions share, as a service of the node.</summary>
    public static SmtpServerServices SmtpServices(IServiceProvider services) => new(
        services.GetRequiredService<IIntake>(), services.GetRequiredService<IAccountStore>(), services.GetRequiredService<TimeProvider>(),
        services.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Smtp.Server"))
    {
        MaximumSessions = OpenFiles.Sessions(),
        Dialogues = services.GetRequiredService<DialogueBoard>(),
    };

    /// <summary>The settings are asked for anew by each session, so that a reload reaches it.</summary>
    public static void ListenSmtp(KestrelServerOptions kestrel, string listener)
    {
        var configuration = kestrel.ApplicationServices.GetRequiredService<ConfigurationHolder>();
        kestrel.ListenSmtp(() => configuration.Listener(listener), kestrel.ApplicationServices.GetRequiredService<SmtpServerServices>());
    }

    /// <summary>The service that answers who asks where a message is.</summary>
    public static void ListenMtqp(KestrelServerOptions kestrel, MtqpSettings settings)
    {
        var services = kestrel.ApplicationServices;
        var configuration = services.GetRequiredService<ConfigurationHolder>();
        // The endpoint is there for as long as the node runs; the rest is as it was set last.
        var handler = new MtqpConnectionHandler(() => configuration.Current.Tracking ?? settings, services.GetRequiredService<MtqpServices>());
        kestrel.Listen(settings.Endpoint, listener => listener.Run(handler.OnConnectedAsync));
    }

    public static IMailExchangerResolver Resolver(NodeConfiguration configuration, ConfigurationHolder holder) =>
        new MailExchangerResolver(
            configuration.DnsServers, DnsTimeout, name => holder.Current.Switch.Routes.IsOwnName(name), configuration.DnsTrustsAuthenticData);

    /// <summary>The HTTP endpoints of the node.</summary>
    public static void ListenHttp(KestrelServerOptions kestrel, NodeConfiguration configuration)
    {
        kestrel.ListenUnixSocket(configuration.Admin.Socket, options =>
        {
            new ConnectionQuota(OpenFiles.HttpConnections()).Guard(options);
            EndpointRole.AdminSocket.Mark(options);
        });
        if (configuration.Admin.Endpoint is { } admin) Listen(kestrel, admin, options =>
        {
            if (configuration.Admin.Certificate is { } certificate) options.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = configuration.Admin.ClientAnchors.Count > 0 ? ClientCertificateMode.AllowCertificate : ClientCertificateMode.NoCertificate;
                // Whether it is believed is judged by the settings in force then.
                https.AllowAnyClientCertificate();
            });
            EndpointRole.Admin.Mark(options);
        });
        ProxyCertificates.Listen(kestrel, configuration, (endpoint, configure) => Listen(kestrel, endpoint, configure));
        if (configuration.Metrics is { } metrics) Listen(kestrel, metrics, EndpointRole.Metrics.Mark);
    }

    private static void Listen(KestrelServerOptions kestrel, IPEndPoint endpoint, Action<ListenOptions> configure) => kestrel.Listen(endpoint, options =>
    {
        new ConnectionQuota(OpenFiles.HttpConnections()).Guard(options);
        configure(options);
    });
}
