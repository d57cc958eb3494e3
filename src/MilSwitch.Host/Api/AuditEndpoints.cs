using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.OpenApi;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Api;

/// <summary>The audit trails: every operation is one call of <see cref="IAuditDesk"/>.</summary>
internal static class AuditEndpoints
{
    public const string ExportType = "application/jsonl";

    private const int MaximumPage = 1000;
    private const string NoPlace = "after is nothing that a page gave.";

    /// <summary>A client gives up on an answer that does not begin; a walk may take minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        api.MapGet("/audit", SearchAsync).Describe<Page<AuditRecordView>>("audit", "Records of the audit trails, newest first; a page may be short, and there may be more")
            .Query("from", "At this time or later, or since how long ago").Query("until", "Before this time").Query("kind", "Of these kinds, separated by commas").Query("actor", "Done by this person")
            .Query("message", "About this message").Query("text", "With this in the detail").Query("after", "Go on after this page")
            .Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        api.MapGet("/audit/seen", SeenAsync).Describe<Page<AuditRecordView>>("auditSeen", "Who saw a message or took evidence out, or what one person did")
            .Query("message", "The message").Query("by", "The person").Query("after", "Of a person: go on after this page")
            .Query("limit", "Of a person: at most so many; 100 when absent", type: JsonSchemaType.Integer);
        api.MapGet("/audit/checkpoints", CheckpointsAsync).Describe<Page<AuditCheckpointView>>("auditCheckpoints", "Checkpoints of the audit trails, newest first")
            .Query("trail", "Of this trail", type: JsonSchemaType.Integer).Query("after", "Go on after this one").Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        api.MapGet("/audit/verify", VerifyAsync).Describe<AuditReportView>("verifyAudit", "Walk along all trails and checkpoints; audited").Stored().Fails(409, "Somebody else does already");
        api.MapGet("/audit/export", ExportAsync).Describe("exportAudit", "Records of a stretch of time with the checkpoints that prove them; audited before it is given")
            .Answers(ExportType).Query("from", "At this time or later, or since how long ago", required: true).Query("until", "Before this time; now when absent").Stored()
            .Fails(503, "The key that signs evidence can't be used now");
    }

    private static async Task<IResult> SearchAsync(HttpContext context, TimeProvider time, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var (from, until, kinds) = (reader.TimeOrAge("from", time.GetUtcNow()), reader.TimeOrAge("until", time.GetUtcNow()), reader.Text("kind"));
        var query = new AuditQuery
        {
            Filter = new AuditFilter { From = from, Until = until, Actor = reader.Text("actor"), Text = reader.Text("text") },
            Message = reader.Id("message"), After = reader.Text("after"), Limit = reader.Number("limit", 1, MaximumPage) ?? 100,
        };
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (!TryReadKinds(kinds, out var wanted)) return Problems.BadRequest($"kind must be some of {Words.All<AuditKind>()}.");
        try
        {
            return Answer(await Desk(context).SearchAsync(query with { Filter = query.Filter with { Kinds = wanted } }, WhoOf(context), cancellationToken));
        }
        catch (FormatException)
        {
            return Problems.BadRequest(NoPlace);
        }
    }

    private static async Task<IResult> SeenAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var (message, person, after, limit) = (reader.Id("message"), reader.Text("by"), reader.Text("after"), reader.Number("limit", 1, MaximumPage) ?? 100);
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (message is null == person is null) return Problems.BadRequest("Give either message or by.");
        try
        {
            if (person is not null) return Answer(await Desk(context).SeenByAsync(person, after, limit, WhoOf(context), cancellationToken));
            return Answer(new AuditPage([.. await Desk(context).SeenAsync(message!.Value, WhoOf(context), cancellationToken)], null));
        }
        catch (FormatException)
        {
            return Problems.BadRequest(NoPlace);
        }
    }

    private static async Task<IResult> CheckpointsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var (trail, after, limit) = (reader.Number("trail", 0, int.MaxValue), reader.Text("after"), reader.Number("limit", 1, MaximumPage) ?? 100);
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        try
        {
            var found = await Desk(context).CheckpointsAsync(trail, after, limit, WhoOf(context), cancellationToken);
            return ApiEndpoints.Json(
                new Page<AuditCheckpointView>([.. found.Select(AuditCheckpointView.Of)], found.Count == limit ? found[^1].Checkpoint.Id : null), ApiJson.Default.PageAuditCheckpointView);
        }
        catch (FormatException)
        {
            return Problems.BadRequest(NoPlace);
        }
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, TimeProvider time, CancellationToken cancellationToken)
    {
        var desk = Desk(context);
        var verifying = desk.VerifyAsync(WhoOf(context), null, cancellationToken).AsTask();
        try
        {
            // White space before the answer says that there will be one.
            while (await Task.WhenAny(verifying, Task.Delay(Patience, time, cancellationToken)) != verifying)
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(" ", cancellationToken);
                await context.Response.Body.FlushAsync(cancellationToken);
            }

            var view = AuditReportView.Of(await verifying);
            if (!context.Response.HasStarted) return ApiEndpoints.Json(view, ApiJson.Default.AuditReportView);
            await JsonSerializer.SerializeAsync(context.Response.Body, view, ApiJson.Default.AuditReportView, cancellationToken);
            return Results.Empty;
        }
        catch (AuditBusyException) when (!context.Response.HasStarted)
        {
            var at = desk.Verifying;
            return Problems.Conflict(string.Create(CultureInfo.InvariantCulture, $"The trails are being verified already: {at?.Done ?? 0} of {at?.All ?? 0} records."));
        }
    }

    private static async Task<IResult> ExportAsync(HttpContext context, TimeProvider time, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var now = time.GetUtcNow();
        var (from, until) = (reader.TimeOrAge("from", now), reader.TimeOrAge("until", now) ?? now);
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (from is not { } since || since >= until) return Problems.BadRequest("from is missing, or not before until.");
        try
        {
            await Desk(context).ExportAsync(since, until, Open, WhoOf(context), cancellationToken);
            return Results.Empty;
        }
        catch (AuditKeyException) when (!context.Response.HasStarted)
        {
            return Problems.Answer(503, "The key that signs evidence can't be used now", "Ask again, or look at the tokens of the node.");
        }

        Stream Open()
        {
            context.Response.ContentType = ExportType;
            context.Response.Headers.ContentDisposition = "attachment; filename=\"audit.jsonl\"";
            return context.Response.Body;
        }
    }

    internal static bool TryReadKinds(string? text, out ImmutableArray<AuditKind> kinds)
    {
        var read = ImmutableArray.CreateBuilder<AuditKind>();
        kinds = [];
        foreach (var word in text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (!Words.TryRead<AuditKind>(word, out var kind)) return false;
            read.Add(kind);
        }

        kinds = read.ToImmutable();
        return true;
    }

    private static IResult Answer(AuditPage page) => ApiEndpoints.Json(new Page<AuditRecordView>([.. page.Records.Select(AuditRecordView.Of)], page.Next), ApiJson.Default.PageAuditRecordView);

    private static IAuditDesk Desk(HttpContext context) => context.RequestServices.GetRequiredService<IAuditDesk>();

    private static OperatorIdentity WhoOf(HttpContext context) => ApiEndpoints.CallerOf(context).Identity;
}
