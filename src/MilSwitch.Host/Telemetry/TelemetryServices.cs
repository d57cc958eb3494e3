using Microsoft.Extensions.Options;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Telemetry;

/// <summary>What lets people look into a running node, as services.</summary>
internal static class TelemetryServices
{
    public static void AddTelemetry(this IServiceCollection services, NodeConfiguration configuration, TimeProvider time)
    {
        services.AddSingleton(new LogLevels(configuration.LogLevel, time));
        services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(provider => provider.GetRequiredService<LogLevels>());
        services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(provider => provider.GetRequiredService<LogLevels>());
        services.AddSingleton(_ => new LogRing(time));
        services.AddSingleton<ILoggerProvider>(provider => provider.GetRequiredService<LogRing>());
        services.AddSingleton(_ => new DialogueBoard(time));
        services.AddSingleton<SupportBundle>();
        services.AddSingleton<TelemetryDesk>();
        services.AddSingleton<ITelemetryDesk>(provider => provider.GetRequiredService<TelemetryDesk>());
    }
}
