using Microsoft.OpenApi;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Host.Api;

/// <summary>What those see who keep the watch.</summary>
internal static class WatchEndpoints
{
    public static void MapWatch(this IEndpointRouteBuilder api)
    {
        api.MapGet("/overview", OverviewAsync).Describe<OverviewView>("overview", "All nodes at a glance: what waits and how long it may, and the traffic of the last hour");
        api.MapGet("/messages/{id}/structure", StructureAsync).Describe<InspectedView>("structure", "MIME tree and layers of protection, and nothing of what it says");
        api.MapGet("/messages/{id}/content", ContentAsync).Describe<InspectedView>("content", "Header and text, as far as they are not encrypted; audited as viewed").Stored();
        api.MapGet("/keys", (IKeyFacts keys) => ApiEndpoints.Json(KeyFactsView.Of(keys.Look()), ApiJson.Default.KeyFactsView))
            .Describe<KeyFactsView>("keys", "Certificates, revocation lists and tokens of this node, those that end first before the others");
        api.MapGet("/labels/policies", (ILabelDesk desk) => ApiEndpoints.Json(new Page<PolicyFact>([.. desk.Policies], null), ApiJson.Default.PagePolicyFact))
            .Describe<Page<PolicyFact>>("labelPolicies", "The security policies that are loaded");
        api.MapGet("/labels/trial", Try).Describe<LabelTrial>("tryLabel", "What a label is, and what it would be under another policy")
            .Query("label", "In any form that a text can have", required: true).Query("to", "Name or object identifier of the other policy");
        api.MapGet("/watch-log", ListAsync).Describe<Page<WatchNoteView>>("watchLog", "What the watch wrote down, newest first")
            .Query("after", "Go on after this id").Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        api.MapPost("/watch-log", WriteAsync).Accepts<WatchNoteRequest>("application/json").Describe<WatchNoteView>("writeWatchLog", "Write a note, hand the watch over, or take it over").Once().Stored();
    }

    private static async Task<IResult> OverviewAsync(IWatchFeed feed, CancellationToken cancellationToken) =>
        ApiEndpoints.Json(OverviewView.Of(await feed.LookAsync(cancellationToken)), ApiJson.Default.OverviewView);

    private static async Task<IResult> StructureAsync(string id, IMessageInspector inspector, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        return Answer(message, await inspector.StructureAsync(message, cancellationToken));
    }

    private static async Task<IResult> ContentAsync(string id, HttpContext context, IMessageInspector inspector, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        return Answer(message, await inspector.ContentAsync(message, ApiEndpoints.CallerOf(context).Identity, cancellationToken));
    }

    private static IResult Answer(MessageId id, InspectedMessage? inspected) =>
        inspected is null ? Problems.NotFound($"There is no message {id}, or its content is gone.") : ApiEndpoints.Json(InspectedView.Of(inspected), ApiJson.Default.InspectedView);

    private static IResult Try(HttpRequest request, ILabelDesk desk)
    {
        var query = new QueryReader(request.Query);
        var (label, to) = (query.Text("label"), query.Text("to"));
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        if (label is null) return Problems.BadRequest("label is missing.");
        try
        {
            return ApiEndpoints.Json(desk.Try(label, to), ApiJson.Default.LabelTrial);
        }
        catch (FormatException wrong)
        {
            return Problems.BadRequest(char.ToUpperInvariant(wrong.Message[0]) + wrong.Message[1..] + ".");
        }
    }

    private static async Task<IResult> ListAsync(HttpRequest request, IWatchLog log, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var (after, limit) = (query.Text("after"), query.Number("limit", 1, 1_000) ?? 100);
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var notes = await log.ListAsync(after, limit, cancellationToken);
        return ApiEndpoints.Json(new Page<WatchNoteView>([.. notes.Select(WatchNoteView.Of)], notes.Count >= limit ? notes[^1].Id : null), ApiJson.Default.PageWatchNoteView);
    }

    private static async Task<IResult> WriteAsync(HttpContext context, IWatchLog log, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.WatchNoteRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (!Words.TryRead<WatchNoteKind>(request.Kind ?? "note", out var kind)) return Problems.BadRequest($"kind must be one of {Words.All<WatchNoteKind>()}.");
        try
        {
            return ApiEndpoints.Json(WatchNoteView.Of(await log.WriteAsync(kind, request.Text ?? "", ApiEndpoints.CallerOf(context).Identity, cancellationToken)), ApiJson.Default.WatchNoteView);
        }
        catch (FormatException wrong)
        {
            return Problems.BadRequest(char.ToUpperInvariant(wrong.Message[0]) + wrong.Message[1..] + ".");
        }
    }
}
