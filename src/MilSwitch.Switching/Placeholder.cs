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
    public sealed class SmtpServerServices(IIntake intake, IAccountStore accounts, TimeProvider time, ILogger logger) : IDisposable
    {
        public IIntake Intake { get; } = intake;
        public IAccountStore Accounts { get; } = accounts;
        public TimeProvider Time { get; } = time;
        public ILogger Logger { get; } = logger;
        public void Dispose() => GC.KeepAlive(this);
    }

    public sealed class SmtpConnectionHandler;

    public static class SmtpServerExtensions
    {
        public static SmtpConnectionHandler ListenSmtp(this KestrelServerOptions options, Func<SmtpListenerSettings> settings, SmtpServerServices services)
        {
            GC.KeepAlive(services);
            options.Listen(settings().Endpoint);
            return new SmtpConnectionHandler();
        }
    }
}

namespace MilSwitch.Smtp.Client
{
    public sealed class MailExchangerResolver(IReadOnlyCollection<System.Net.IPEndPoint> servers, TimeSpan timeout, Func<string, bool>? isOwnName = null) : IMailExchangerResolver
    {
        public ValueTask<MailExchangers> ResolveAsync(string domain, int port, CancellationToken cancellationToken) =>
            throw new NotSupportedException($"{servers} {timeout} {isOwnName}");
    }
}

namespace MilSwitch.Storage.Sqlite
{
    public sealed record SqliteSpoolOptions
    {
        public required string DataFolder { get; init; }
    }

    public sealed class DataFolderInUseException(string folder, string? holder) : Exception(folder + holder);

    public static class SqliteSpool
    {
        public static ValueTask<ISpool> OpenAsync(SqliteSpoolOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException(options.DataFolder);
    }
}
