using System.Collections.Immutable;
using System.Globalization;
using Microsoft.OpenApi;
using MilSwitch.Domain.Alarms;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Api;

/// <summary>Alarms, and what people do about them.</summary>
internal static class AlarmEndpoints
{
    private const int LongestReason = 1_000;
    private const int MostHistory = 1_000;

    public static void MapAlarms(this IEndpointRouteBuilder api)
    {
        api.MapGet("/alarms", ListAsync).Describe<Page<AlarmView>>("alarms", "What somebody should look at on any node, oldest first").Tagged()
            .Query("show", "standing: what stands and is not put aside (when absent); open: also what returned and nobody has seen; shelved; all");
        api.MapGet("/alarms/history", HistoryAsync).Describe<Page<AlarmHappeningView>>("alarmHistory", "What happened to alarms of late, newest first")
            .Query("id", "Of this alarm only").Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        Acts(api.MapPost("/alarms/{id}/acknowledge", AcknowledgeAsync).Accepts<AcknowledgeAlarmRequest>("application/json"), "acknowledgeAlarm", "Say that somebody has seen it");
        Acts(api.MapPost("/alarms/{id}/shelve", ShelveAsync).Accepts<ShelveAlarmRequest>("application/json"), "shelveAlarm", "Put it aside for a time");
        Acts(api.MapPost("/alarms/{id}/unshelve", UnshelveAsync).Accepts<UnshelveAlarmRequest>("application/json"), "unshelveAlarm", "Take it back before its time");
        api.MapPost("/alarms/test", TestAsync).Accepts<TestNotifierRequest>("application/json")
            .Describe<TestedNotifierView>("testNotifier", "Have a notifier tell that nothing is the matter").Once().Stored();
    }

    private static void Acts(RouteHandlerBuilder route, string name, string summary) => route.Describe<Page<AlarmView>>(name, summary).Once().Stored();

    private static async Task<IResult> ListAsync(HttpContext context, IAlarmDesk desk, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context.Request.Query);
        var scope = query.Word<AlarmScope>("show") ?? AlarmScope.Standing;
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var alarms = await desk.ListAsync(scope, cancellationToken);
        return Conditions.Answer(context, new Page<AlarmView>([.. alarms.Select(AlarmView.Of)], null), ApiJson.Default.PageAlarmView);
    }

    private static async Task<IResult> HistoryAsync(HttpRequest request, IAlarmDesk desk, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var (id, limit) = (query.Text("id"), query.Number("limit", 1, MostHistory) ?? 100);
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var lines = await desk.HistoryAsync(id, limit, cancellationToken);
        return ApiEndpoints.Json(new Page<AlarmHappeningView>([.. lines.Select(AlarmHappeningView.Of)], null), ApiJson.Default.PageAlarmHappeningView);
    }

    private static async Task<IResult> AcknowledgeAsync(string id, HttpContext context, IAlarmDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.AcknowledgeAlarmRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (TooLong("note", request.Note) is { } wrong) return wrong;
        return Answer(id, await desk.AcknowledgeAsync(Choice(id, request.Node, request.Similar), Said(request.Note), ApiEndpoints.CallerOf(context).Identity, cancellationToken));
    }

    private static async Task<IResult> ShelveAsync(string id, HttpContext context, IAlarmDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.ShelveAlarmRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (Missing(request.Reason) is { } wrong) return wrong;
        if (request.For is null || !Notation.TryReadDuration(request.For, out var time) || time <= TimeSpan.Zero || time > AlarmShelf.Longest)
            return Problems.BadRequest("for must be a time such as 30m, up to 24h.");
        return Answer(id, await desk.ShelveAsync(Choice(id, request.Node, request.Similar), time, request.Reason!, ApiEndpoints.CallerOf(context).Identity, cancellationToken));
    }

    private static async Task<IResult> UnshelveAsync(string id, HttpContext context, IAlarmDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.UnshelveAlarmRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (Missing(request.Reason) is { } wrong) return wrong;
        return Answer(id, await desk.UnshelveAsync(Choice(id, request.Node, request.Similar), request.Reason!, ApiEndpoints.CallerOf(context).Identity, cancellationToken));
    }

    private static async Task<IResult> TestAsync(HttpContext context, IAlarmDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.TestNotifierRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (string.IsNullOrWhiteSpace(request.Notifier)) return Problems.BadRequest("notifier is missing.");
        if (Missing(request.Reason) is { } wrong) return wrong;
        var (isKnown, why) = await desk.TestAsync(request.Notifier, request.Reason!, ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return isKnown
            ? ApiEndpoints.Json(new TestedNotifierView(request.Notifier, why is null, why), ApiJson.Default.TestedNotifierView)
            : Problems.NotFound("alarms.notifiers has none of this name.");
    }

    // Names of links may have a solidus, which routing leaves as it is.
    private static AlarmChoice Choice(string id, string? node, bool similar) => new(Decoded(id), string.IsNullOrEmpty(node) ? null : node, similar);

    private static string Decoded(string id) => id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static string? Said(string? note) => string.IsNullOrWhiteSpace(note) ? null : note;

    private static IResult? Missing(string? reason) => string.IsNullOrWhiteSpace(reason) ? Problems.BadRequest("reason is missing.") : TooLong("reason", reason);

    private static IResult? TooLong(string what, string? text) =>
        text is { Length: > LongestReason } ? Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"{what} has more than {LongestReason} characters.")) : null;

    private static IResult Answer(string id, ImmutableArray<AlarmEntry>? done) => done is { } entries
        ? ApiEndpoints.Json(new Page<AlarmView>([.. entries.Select(AlarmView.Of)], null), ApiJson.Default.PageAlarmView)
        : Problems.NotFound($"There is no alarm {Decoded(id)} that stands, returned or is put aside.");
}
