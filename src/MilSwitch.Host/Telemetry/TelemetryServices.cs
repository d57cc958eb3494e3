using Microsoft.Extensions.Options;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

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
        if (configuration.Traces is { } export) services.AddTraces(export, configuration.Switch.Node);
    }

    // Without it nobody listens to spans, and none are made.
    private static void AddTraces(this IServiceCollection services, TraceExport export, string node) => services.AddOpenTelemetry().WithTracing(traces => traces
        .AddSource(MessageTraces.SourceName)
        .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService("milswitch", serviceVersion: ProgramVersion.Text, autoGenerateServiceInstanceId: false, serviceInstanceId: node))
        // By the trace's id alone, so that all nodes choose the same messages.
        .SetSampler(new TraceIdRatioBasedSampler(export.Sample))
        .AddOtlpExporter(otlp =>
        {
            otlp.Endpoint = export.Endpoint;
            otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
            otlp.Headers = export.Headers;
            otlp.BatchExportProcessorOptions.ScheduledDelayMilliseconds = 1000;
            otlp.HttpClientFactory = () => new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(10) };
        }));
}
