using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Spool;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Switching
{
    public static class SwitchingServices
    {
        public static IServiceCollection AddSwitching(this IServiceCollection services, SwitchConfiguration configuration) => services;
    }

    public interface ISwitchControl
    {
        bool IsReady { get; }
        Task WhenReady { get; }
        SwitchConfiguration Current { get; }
        void Apply(SwitchConfiguration configuration);
    }
}

namespace MilSwitch.Smtp.Server
{
    public static class SmtpKestrelExtensions
    {
        public static void ListenSmtp(this KestrelServerOptions options, SmtpListenerSettings settings) => options.Listen(settings.Endpoint);
    }
}

namespace MilSwitch.Smtp.Client
{
    public sealed class MailExchangerResolver(IReadOnlyList<System.Net.IPEndPoint> servers) : IMailExchangerResolver
    {
        public ValueTask<MailExchangers> ResolveAsync(string domain, int port, CancellationToken cancellationToken) =>
            throw new NotSupportedException(servers.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}

namespace MilSwitch.Storage.Sqlite
{
    public sealed record SqliteSpoolOptions
    {
        public required string DataFolder { get; init; }
    }

    public static class SqliteSpool
    {
        public static Task<ISpool> OpenAsync(SqliteSpoolOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
            throw new NotSupportedException(options.DataFolder);
    }
}
