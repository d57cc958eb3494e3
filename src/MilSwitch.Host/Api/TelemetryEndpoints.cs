using System.Text.Json;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Api;

/// <summary>Looking into the node that is asked: log levels, SMTP dialogues, the support bundle.</summary>
internal static class TelemetryEndpoints
{
    private const int LongestReason = 1000;
    private const int LongestCategory = 200;

    private static readonly TimeSpan UsualLogLevel = TimeSpan.FromMinutes(10);

    public static void MapTelemetry(this IEndpointRouteBuilder api)
    {
        api.MapGet("/logging", Logging).Describe<LoggingView>("logging", "What this node logs, and what differs from its configuration for a time").Tagged();
        api.MapPut("/logging", SetLoggingAsync).Accepts<LoggingRequest>("application/json")
            .Describe<LoggingView>("setLogging", "Log more or less for a time; the configured level returns by itself").Guarded();
        api.MapGet("/traces", (ITelemetryDesk desk) => ApiEndpoints.Json(new Page<TraceView>([.. desk.Traces.Select(TraceView.Of)], null), ApiJson.Default.PageTraceView))
            .Describe<Page<TraceView>>("traces", "Records of SMTP dialogues on this node, the newest first");
        api.MapPost("/traces", StartTraceAsync).Accepts<TraceRequest>("application/json")
            .Describe<TraceView>("startTrace", "Record what is said with one SMTP peer, for up to an hour, without secrets and content").Once();
        api.MapGet("/traces/{id}", Trace).Describe<TraceView>("trace", "One record, with its lines");
        api.MapPost("/traces/{id}/stop", StopTraceAsync).Describe<TraceView>("stopTrace", "End a record before its time; what it holds stays for an hour").Once();
        api.MapGet("/support", SupportAsync).Describe("support", "What somebody elsewhere needs to understand this node, without content and secrets: tar in gzip; audited")
            .Answers("application/gzip").Query("addresses", "true: mail addresses are left in", type: Microsoft.OpenApi.JsonSchemaType.Boolean);
    }

    private static IResult Logging(HttpContext context, ITelemetryDesk desk) => Conditions.Answer(context, LoggingView.Of(desk.Logging), ApiJson.Default.LoggingView);

    private static async Task<IResult> SetLoggingAsync(HttpContext context, ITelemetryDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.LoggingRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        LogSeverity? level = null;
        if (request.Level != "configured")
        {
            if (!Words.TryRead<LogSeverity>(request.Level ?? "", out var read)) return Problems.BadRequest($"level must be one of {Words.All<LogSeverity>()}, configured.");
            level = read;
        }

        if (request.Category is { } category && (category.Length is 0 or > LongestCategory || !category.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_'))) return Problems.BadRequest("category must be the beginning of a logger's name, such as MilSwitch.Smtp.");
        if (NoReason(request.Reason) is { } missing) return missing;
        var lasts = UsualLogLevel;
        if (request.For is { } text && (!Notation.TryReadDuration(text, out lasts) || lasts <= TimeSpan.Zero || lasts > ITelemetryDesk.LongestLogLevel)) return Problems.BadRequest("for must be a time up to 24h, such as 10m.");
        var tag = Conditions.TagOf(JsonSerializer.SerializeToUtf8Bytes(LoggingView.Of(desk.Logging), ApiJson.Default.LoggingView));
        if (!Conditions.Allow(context.Request, tag)) return Problems.PreconditionFailed();
        try
        {
            return ApiEndpoints.Json(LoggingView.Of(await desk.SetLogLevelAsync(request.Category, level, lasts, request.Reason, ApiEndpoints.CallerOf(context).Identity, cancellationToken)), ApiJson.Default.LoggingView);
        }
        catch (InvalidOperationException)
        {
            return Problems.BadRequest("Too many categories differ from the configuration already.");
        }
    }

    private static async Task<IResult> StartTraceAsync(HttpContext context, ITelemetryDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.TraceRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (!DialogueChoice.TryRead(request.Peer, out var peer)) return Problems.BadRequest("peer must be listener:NAME, link:NAME, an address or a network.");
        if (!Notation.TryReadDuration(request.For ?? "", out var lasts) || lasts < TimeSpan.FromSeconds(1) || lasts > DialogueBoard.Longest) return Problems.BadRequest("for must be a time up to 1h, such as 10m.");
        if (NoReason(request.Reason) is { } missing) return missing;
        return await desk.StartTraceAsync(peer, lasts, request.Reason, ApiEndpoints.CallerOf(context).Identity, cancellationToken) is { } trace
            ? ApiEndpoints.Json(TraceView.Of(trace), ApiJson.Default.TraceView)
            : Problems.Conflict("Too many records are being made; stop one first.");
    }

    private static IResult Trace(string id, HttpContext context, ITelemetryDesk desk) =>
        desk.Trace(id, ApiEndpoints.CallerOf(context).Identity) is { } trace ? ApiEndpoints.Json(TraceView.Of(trace, withLines: true), ApiJson.Default.TraceView) : Problems.NotFound("There is no such record, or not any more.");

    private static async Task<IResult> StopTraceAsync(string id, HttpContext context, ITelemetryDesk desk, CancellationToken cancellationToken) =>
        await desk.StopTraceAsync(id, ApiEndpoints.CallerOf(context).Identity, cancellationToken) is { } trace ? ApiEndpoints.Json(TraceView.Of(trace), ApiJson.Default.TraceView) : Problems.NotFound("There is no such record, or not any more.");

    private static async Task<IResult> SupportAsync(HttpContext context, ITelemetryDesk desk, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var addresses = reader.Flag("addresses");
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        using var bundle = new MemoryStream();
        await desk.WriteSupportBundleAsync(bundle, addresses, ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        context.Response.Headers.ContentDisposition = "attachment; filename=\"milswitch-support.tar.gz\"";
        return Results.Bytes(bundle.ToArray(), "application/gzip");
    }

    private static IResult? NoReason(string? reason) =>
        string.IsNullOrWhiteSpace(reason) || reason.Length > LongestReason ? Problems.BadRequest("reason is missing or has more than 1000 characters.") : null;
}
