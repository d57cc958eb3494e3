using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Api;

/// <summary>Version 1 of the admin API: every operation is one call of <see cref="IOperatorActions"/>.</summary>
public static class ApiEndpoints
{
    public const string Prefix = "/api/v1";

    private const int MaximumPage = 10_000;
    private const int MaximumIds = 10_000;

    /// <summary>Adds the routes. <see cref="ApiCaller"/> must be among the request's features when they run.</summary>
    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup(Prefix);
        api.MapGet("/version", () => Json(new VersionView("milswitch", ProgramVersion.Text, "v1"), ApiJson.Default.VersionView))
            .Describe<VersionView>("version", "Name and version of the program");
        api.MapGet("/status", StatusAsync).Describe<StatusView>("status", "The node at a glance");
        api.MapGet("/queue", QueueAsync).Describe<Page<QueuedMessageView>>("queue", "Pending messages, most urgent first; query: link, precedence, sender, recipient, state, olderThan, after, limit");
        api.MapGet("/queue/shape", ShapeAsync).Describe<Page<ShapeRowView>>("queueShape", "How many wait, by age; query: by = domain, link or sender");
        api.MapGet("/messages/{id}", MessageAsync).Describe<MessageView>("message", "Everything known about one message");
        api.MapGet("/messages/{id}/raw", RawAsync).WithName("raw").WithSummary("The message as it would be sent now; audited as viewed; operators only")
            .Produces(200, contentType: "message/rfc822").Produces<ProblemView>(403, "application/problem+json").Produces<ProblemView>(404, "application/problem+json");
        api.MapPost("/messages/actions", ActAsync).Accepts<ActRequest>("application/json").Describe<ActResultView>("act", "Hold, release, try, requeue, reroute, return, delete or restore messages");
        api.MapGet("/track", TrackAsync).Describe<Page<MessageView>>("track", "Messages past and present, newest first; query: messageId, envelopeId, sender, recipient, precedence, state, from, until, parent, before, limit");
        api.MapGet("/links", LinksAsync).Describe<Page<LinkView>>("links", "Every link");
        api.MapGet("/links/{name}", LinkAsync).Describe<LinkView>("link", "One link");
        api.MapPost("/links/{name}/try", TryLinkAsync).Describe<LinkView>("tryLink", "Connect at once, in spite of an open breaker");
        api.MapGet("/rules", RulesAsync).Describe<Page<RuleView>>("rules", "Standing orders");
        api.MapPost("/rules", AddRuleAsync).Accepts<RuleRequest>("application/json").Describe<RuleView>("addRule", "Give a standing order");
        api.MapDelete("/rules/{id}", RemoveRuleAsync).WithName("removeRule").WithSummary("End a standing order; query: reason")
            .Produces(204).Produces<ProblemView>(404, "application/problem+json");
        api.MapGet("/route-test", RouteTestAsync).Describe<RouteView>("routeTest", "Where an address goes, and why; query: address, precedence");
        api.MapPost("/config/apply", ApplyAsync).Describe<ConfigurationView>("applyConfiguration", "Read the configuration again and swap it whole; 422 when it is refused");
        routes.MapOpenApi($"{Prefix}/openapi.json");
    }

    private static void Describe<T>(this RouteHandlerBuilder route, string name, string summary) => route
        .WithName(name).WithSummary(summary)
        .Produces<T>(200, "application/json")
        .Produces<ProblemView>(400, "application/problem+json").Produces<ProblemView>(401, "application/problem+json")
        .Produces<ProblemView>(403, "application/problem+json").Produces<ProblemView>(404, "application/problem+json");

    private static async Task<IResult> StatusAsync(IOperatorActions actions, ConfigurationHolder configuration, CancellationToken cancellationToken)
    {
        var status = await actions.StatusAsync(cancellationToken);
        return Json(StatusView.Of(status, configuration.Alarms), ApiJson.Default.StatusView);
    }

    private static async Task<IResult> QueueAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var filter = query.Filter(new FilterView(
            query.Text("link"), query.Text("precedence"), query.Text("sender"), query.Text("recipient"), query.Text("state"), query.Text("olderThan"),
            query.Number("limit", 1, MaximumPage)), 100) with { After = query.Id("after") };
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var found = await actions.QueueAsync(filter, cancellationToken);
        return Json(
            new Page<QueuedMessageView>([.. found.Select(QueuedMessageView.Of)], found.Count >= filter.Limit ? found[^1].Id.ToString() : null),
            ApiJson.Default.PageQueuedMessageView);
    }

    private static async Task<IResult> ShapeAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var by = query.Word<QueueShapeBy>("by") ?? QueueShapeBy.Domain;
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var rows = await actions.ShapeAsync(by, cancellationToken);
        return Json(new Page<ShapeRowView>([.. rows.Select(ShapeRowView.Of)], null), ApiJson.Default.PageShapeRowView);
    }

    private static async Task<IResult> MessageAsync(string id, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        var detail = await actions.MessageAsync(message, cancellationToken);
        return detail is null ? Problems.NotFound($"There is no message {message}.") : Json(MessageView.Of(detail), ApiJson.Default.MessageView);
    }

    private static async Task<IResult> RawAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var caller = CallerOf(context);
        // A viewer watches the switch, not the mail.
        if (caller.Role != AdminRole.Operator) return Problems.Forbidden();
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        if (await actions.RawAsync(message, caller.Identity, cancellationToken) is not { } raw) return Problems.NotFound($"There is no message {message}, or its content is gone.");
        await using var content = raw.Content;
        var response = context.Response;
        response.ContentType = "message/rfc822";
        response.ContentLength = raw.Trace.Length + content.Length;
        response.Headers.ContentDisposition = $"attachment; filename=\"{message}.eml\"";
        await response.Body.WriteAsync(raw.Trace, cancellationToken);
        if (content.Inline is { } inline)
        {
            await response.Body.WriteAsync(inline, cancellationToken);
            return Results.Empty;
        }

        var buffer = new byte[64 << 10];
        while (await content.ReadAsync(buffer, cancellationToken) is var count and > 0) await response.Body.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        return Results.Empty;
    }

    private static async Task<IResult> ActAsync(HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await BodyAsync(context, ApiJson.Default.ActRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        var reader = new QueryReader(QueryCollection.Empty);
        if (!Words.TryRead<MessageVerb>(request.Verb ?? "", out var verb)) return Problems.BadRequest($"verb must be one of {Words.All<MessageVerb>()}.");
        if (string.IsNullOrWhiteSpace(request.Reason)) return Problems.BadRequest("reason is missing.");
        if (request.Ids is null == request.Filter is null) return Problems.BadRequest("Give either ids or a filter.");
        if (verb == MessageVerb.Reroute == string.IsNullOrEmpty(request.Link)) return Problems.BadRequest("link belongs to reroute, and reroute needs it.");
        if (request.Ids is { Count: > MaximumIds }) return Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"More than {MaximumIds} ids."));
        var ids = ImmutableArray.CreateBuilder<MessageId>();
        foreach (var text in request.Ids ?? [])
        {
            if (!MessageId.TryParse(text, out var id)) return Problems.BadRequest("An id is not 13 characters of base 32.");
            ids.Add(id);
        }

        var filter = request.Filter is { } view ? reader.Filter(view, int.MaxValue) : null;
        if (reader.Finish() is { } wrong) return Problems.BadRequest(wrong);
        var act = new MessageAct(verb)
        {
            Ids = ids.ToImmutable(), Filter = filter, Reason = request.Reason, DryRun = request.DryRun,
            Link = string.IsNullOrEmpty(request.Link) ? null : new LinkName(request.Link),
        };
        var result = await actions.ActAsync(act, CallerOf(context).Identity, cancellationToken);
        return Json(ActResultView.Of(result), ApiJson.Default.ActResultView);
    }

    private static async Task<IResult> TrackAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request.Query);
        var query = new MessageQuery
        {
            MessageIdField = reader.Text("messageId"),
            EnvelopeId = reader.Text("envelopeId"),
            Sender = reader.Text("sender"),
            Recipient = reader.Text("recipient"),
            Precedence = reader.Word<Precedence>("precedence"),
            State = reader.Word<MessageState>("state"),
            AcceptedFrom = reader.Time("from"),
            AcceptedUntil = reader.Time("until"),
            Parent = reader.Id("parent"),
            Before = reader.Id("before"),
            Limit = reader.Number("limit", 1, 1000) ?? 100,
        };
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        var found = await actions.TrackAsync(query, cancellationToken);
        return Json(
            new Page<MessageView>([.. found.Select(MessageView.Of)], found.Count >= query.Limit ? found[^1].Message.Id.ToString() : null),
            ApiJson.Default.PageMessageView);
    }

    private static async Task<IResult> LinksAsync(IOperatorActions actions, CancellationToken cancellationToken)
    {
        var links = await actions.LinksAsync(cancellationToken);
        return Json(new Page<LinkView>([.. links.Select(LinkView.Of)], null), ApiJson.Default.PageLinkView);
    }

    private static async Task<IResult> LinkAsync(string name, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var link = await actions.LinkAsync(new LinkName(name), cancellationToken);
        return link is null ? Problems.NotFound("There is no such link.") : Json(LinkView.Of(link), ApiJson.Default.LinkView);
    }

    private static async Task<IResult> TryLinkAsync(string name, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var link = new LinkName(name);
        if (!await actions.TryLinkAsync(link, CallerOf(context).Identity, cancellationToken)) return Problems.NotFound("There is no such link.");
        return await LinkAsync(name, actions, cancellationToken);
    }

    private static async Task<IResult> RulesAsync(IOperatorActions actions, CancellationToken cancellationToken)
    {
        var rules = await actions.RulesAsync(cancellationToken);
        return Json(new Page<RuleView>([.. rules.Select(RuleView.Of)], null), ApiJson.Default.PageRuleView);
    }

    private static async Task<IResult> AddRuleAsync(HttpContext context, IOperatorActions actions, TimeProvider time, CancellationToken cancellationToken)
    {
        var (request, fault) = await BodyAsync(context, ApiJson.Default.RuleRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (!Words.TryRead<RuleKind>(request.Kind ?? "", out var kind)) return Problems.BadRequest($"kind must be one of {Words.All<RuleKind>()}.");
        if (!IsScope(request.Scope)) return Problems.BadRequest("scope must be node, link:NAME, domain:NAME, sender:ADDRESS or recipient:ADDRESS.");
        if (string.IsNullOrWhiteSpace(request.Reason)) return Problems.BadRequest("reason is missing.");
        Precedence? level = null;
        if (request.Level is { } word)
        {
            if (!Words.TryRead<Precedence>(word, out var read)) return Problems.BadRequest($"level must be one of {Words.All<Precedence>()}.");
            level = read;
        }

        if (kind == RuleKind.Minimize == level is null) return Problems.BadRequest("level belongs to minimize, and minimize needs it.");
        if (request.RefuseAtEntry && kind != RuleKind.Minimize) return Problems.BadRequest("refuseAtEntry belongs to minimize.");
        if (kind == RuleKind.Reroute == string.IsNullOrEmpty(request.Link)) return Problems.BadRequest("link belongs to reroute, and reroute needs it.");
        if (request.For is not null && request.Expires is not null) return Problems.BadRequest("Give for or expires, not both.");
        var now = time.GetUtcNow();
        var expires = request.Expires;
        if (request.For is { } text)
        {
            if (!Notation.TryReadDuration(text, out var duration) || duration <= TimeSpan.Zero) return Problems.BadRequest("for must be a time such as 30m or 2h.");
            expires = now + duration;
        }

        if (expires <= now) return Problems.BadRequest("expires lies in the past.");
        var rule = new OperatorRule
        {
            Id = "", Kind = kind, Scope = request.Scope!, Level = level, RefuseAtEntry = request.RefuseAtEntry, Reason = request.Reason,
            Link = string.IsNullOrEmpty(request.Link) ? null : new LinkName(request.Link), Author = CallerOf(context).Identity.Name, CreatedAt = now, Expires = expires,
        };
        return Json(RuleView.Of(await actions.AddRuleAsync(rule, CallerOf(context).Identity, cancellationToken)), ApiJson.Default.RuleView);
    }

    private static async Task<IResult> RemoveRuleAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var reason = reader.Text("reason");
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (string.IsNullOrWhiteSpace(reason)) return Problems.BadRequest("reason is missing.");
        return await actions.RemoveRuleAsync(id, reason, CallerOf(context).Identity, cancellationToken) ? Results.NoContent() : Problems.NotFound("There is no such rule.");
    }

    private static async Task<IResult> RouteTestAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request.Query);
        var text = reader.Text("address") ?? "";
        var precedence = reader.Word<Precedence>("precedence") ?? Precedence.Routine;
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (!Mailbox.TryParse(text, allowUtf8: true, out var address, out _)) return Problems.BadRequest("address is not a mail address.");
        return Json(RouteView.Of(await actions.ExplainRouteAsync(address, precedence, cancellationToken)), ApiJson.Default.RouteView);
    }

    private static async Task<IResult> ApplyAsync(ConfigurationHolder configuration, HttpContext context)
    {
        var result = await configuration.ReloadAsync(CallerOf(context).Identity.Name);
        IReadOnlyList<ConfigurationProblemView> problems = [.. result.Select(p => new ConfigurationProblemView(p.File, p.Line, p.Key, p.Text))];
        return problems.Count == 0
            ? Json(new ConfigurationView(true, configuration.Current.File, []), ApiJson.Default.ConfigurationView)
            : Problems.Answer(422, "The configuration was refused", "Nothing was changed.", problems);
    }

    private static bool IsScope(string? scope)
    {
        if (scope == "node") return true;
        var colon = scope?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        return colon > 0 && scope!.Length > colon + 1 && scope[..colon] is "link" or "domain" or "sender" or "recipient";
    }

    private static ApiCaller CallerOf(HttpContext context) =>
        context.Features.Get<ApiCaller>() ?? throw new InvalidOperationException("The request was not authenticated.");

    private static async ValueTask<(T? Value, string Fault)> BodyAsync<T>(HttpContext context, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (!context.Request.HasJsonContentType()) return (null, "The body must be JSON.");
        try
        {
            return (await JsonSerializer.DeserializeAsync(context.Request.Body, type, cancellationToken), "The body is empty.");
        }
        catch (JsonException fault)
        {
            return (null, $"The body is not what this operation takes, at {fault.Path ?? "$"}.");
        }
    }

    private static IResult Json<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);
}
