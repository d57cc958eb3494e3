using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Statistics;

namespace MilSwitch.Host.Api;

/// <summary>How long messages are in the switch.</summary>
internal static class StatisticsEndpoints
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static void MapStatistics(this IEndpointRouteBuilder api) => api
        .MapGet("/statistics", CountAsync).Describe<StatisticsView>("statistics", "Time in switch by level or next hop, out of what is stored")
        .Query("since", "Accepted at this time or later, or so long ago or less, such as 8h; 24h when absent")
        .Query("until", "Accepted before this time, or longer ago than this; now when absent").Query("by", "precedence or hop; precedence when absent");

    private static async Task<IResult> CountAsync(HttpRequest request, IOperatorActions actions, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var reader = new QueryReader(request.Query);
        var since = reader.TimeOrAge("since", now);
        var until = reader.TimeOrAge("until", now);
        var by = reader.Word<StatisticsBy>("by") ?? StatisticsBy.Precedence;
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        var query = new StatisticsQuery(since ?? (until ?? now) - Day, until ?? now, by);
        if (query.Since >= query.Until) return Problems.BadRequest("since is not before until.");
        return ApiEndpoints.Json(StatisticsView.Of(await actions.StatisticsAsync(query, cancellationToken)), ApiJson.Default.StatisticsView);
    }
}
