using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;
using MilSwitch.Domain.Watching;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Api;

/// <summary>Version 1 of the admin API: every operation is one call of <see cref="IOperatorActions"/>.</summary>
public static class ApiEndpoints
{
    public const string Prefix = "/api/v1";

    private const int MaximumPage = 10_000;
    private const int MaximumIds = 10_000;
    private const int MaximumLabelRecipients = 100;

    /// <summary>Adds the routes. <see cref="ApiCaller"/> must be among the request's features when they run.</summary>
    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup(Prefix);
        api.AddEndpointFilter(Refusals.AnswerAsync);
        api.MapGet("/version", (HttpContext context) => Conditions.Answer(context, new VersionView("milswitch", ProgramVersion.Text, "v1"), ApiJson.Default.VersionView))
            .Describe<VersionView>("version", "Name and version of the program").Tagged();
        api.MapGet("/status", StatusAsync).Describe<StatusView>("status", "The node at a glance");
        api.MapAlarms();
        api.MapGet("/events", EventStream.AnswerAsync).Describe("events", "What happens, as it happens: server-sent events")
            .Answers("text/event-stream")
            .Query("topics", "Only these, separated by commas: message, link, rule, alarm, configuration")
            .Header(EventStream.LastEventId, "The id of the last event that was received: go on behind it")
            .Fails(503, "Too many watch already");
        api.MapGet("/queue", QueueAsync).Describe<Page<QueuedMessageView>>("queue", "Pending messages, most urgent first").Filtered()
            .Query("after", "Go on after this id").Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        api.MapGet("/queue/shape", ShapeAsync).Describe<Page<ShapeRowView>>("queueShape", "How many wait, by age").Query("by", "domain, link or sender");
        api.MapGet("/messages/{id}", MessageAsync).Describe<MessageView>("message", "Everything known about one message").Tagged();
        api.MapPost("/messages/{id}/onward", OnwardAsync).Accepts<OnwardRequest>("application/json")
            .Describe<OnwardView>("onward", "Where a message that came with MTRK is by what the servers of MTQP say that are configured for the hosts it went on to; audited").Once().Stored();
        api.MapGet("/messages/{id}/raw", RawAsync).Describe("raw", "The message as it would be sent now; audited as viewed").Stored()
            .Answers("message/rfc822");
        api.MapPost("/messages/actions", ActAsync).Accepts<ActRequest>("application/json")
            .Describe<ActResultView>("act", "Hold, release, try, requeue, reroute, return, delete or restore messages").Once().Stored().Proposed().Fails(409, "More messages match the filter than were confirmed; or a request with this Idempotency-Key is under way");
        api.MapSubmission();
        api.MapWatch();
        api.MapEvidence();
        api.MapAudit();
        api.MapHolding();
        api.MapProfile();
        api.MapLists();
        api.MapDrafts();
        api.MapProxies();
        api.MapHarvest();
        api.MapCluster();
        api.MapStatistics();
        api.MapAccess();
        api.MapTelemetry();
        api.MapProposals();
        api.MapStore();
        api.MapGet("/track", TrackAsync).Describe<Page<MessageView>>("track", "Messages past and present, newest first")
            .Query("messageId", "The Message-ID field, exactly").Query("envelopeId", "The ENVID, exactly").Query("sender", "Part of the reverse path")
            .Query("recipient", "Part of a recipient's address").Query("precedence", "The level").Query("state", "queued, held, binned or done")
            .Query("from", "Accepted at this time or later").Query("until", "Accepted before this time").Query("parent", "Reports on this message")
            .Query("before", "Go on before this id").Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        api.MapGet("/links", LinksAsync).Describe<Page<LinkView>>("links", "Every link, as each node has it").Tagged();
        api.MapGet("/links/{name}", LinkAsync).Describe<LinkView>("link", "One link, as this node has it").Tagged();
        api.MapPost("/links/{name}/try", TryLinkAsync).Describe<LinkView>("tryLink", "Connect at once, in spite of an open breaker").Once().Stored();
        api.MapGet("/rules", RulesAsync).Describe<Page<RuleView>>("rules", "Standing orders").Tagged();
        api.MapPost("/rules", AddRuleAsync).Accepts<RuleRequest>("application/json").Describe<RuleView>("addRule", "Give a standing order").Once().Stored().Proposed();
        api.MapGet("/rules/{id}", RuleAsync).Describe<RuleView>("rule", "One standing order").Tagged();
        api.MapPut("/rules/{id}", ReplaceRuleAsync).Accepts<RuleRequest>("application/json")
            .Describe<RuleView>("replaceRule", "Put another standing order in its place, in one step").Guarded().Stored().Proposed();
        api.MapDelete("/rules/{id}", RemoveRuleAsync).Describe("removeRule", "End a standing order").Produces(204)
            .Query("reason", "Why", required: true).Query("dryRun", "true: only say what would happen, with 200 and the order", type: JsonSchemaType.Boolean)
            .Produces<RuleView>(200, "application/json").Guarded().Stored().Proposed();
        api.MapGet("/route-test", RouteTestAsync).Describe<RouteView>("routeTest", "Where an address goes, and why")
            .Query("address", "A mail address", required: true).Query("precedence", "The level it would travel at; routine when absent")
            .Query("sic", "Its subject indicator codes, separated by semicolons").Query("type", "Its message type, as in the field").Query("instructions", "Its message and handling instructions, separated by semicolons");
        api.MapGet("/labels/catalogue", LabelsAsync).Describe<LabelCatalogueView>("labelCatalogue", "The labels that a sender may use towards recipients")
            .Query("from", "The sender's address", required: true).Query("to", "Addresses of recipients, separated by commas", required: true)
            .Query("policy", "Name or object identifier of the policy; labels.policy of the configuration when absent");
        api.MapGet("/config", ConfigurationAsync).Describe<ConfigurationStateView>("configuration", "The configuration in force").Tagged();
        api.MapPost("/config/apply", ApplyAsync).Accepts<ReasonRequest>("application/json")
            .Describe<ConfigurationView>("applyConfiguration", "Read the configuration again and swap it whole; 422 when it is refused").Once().Guarded().Proposed();
        api.MapSettings();
        routes.MapOpenApi($"{Prefix}/openapi.json");
    }

    private static async Task<IResult> StatusAsync(IOperatorActions actions, ConfigurationHolder configuration, CancellationToken cancellationToken)
    {
        var status = await actions.StatusAsync(cancellationToken);
        return Json(StatusView.Of(status, configuration.Alarms.Select(a => a.Text)), ApiJson.Default.StatusView);
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

    private static async Task<IResult> MessageAsync(string id, HttpContext context, IOperatorActions actions, IMessageInspector inspector, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        var detail = await actions.MessageAsync(message, cancellationToken);
        if (detail is null) return Problems.NotFound($"There is no message {message}.");
        var structure = detail.Message.HasContent ? await inspector.StructureAsync(message, cancellationToken) : null;
        return Conditions.Answer(context, MessageView.Of(detail) with { Signatures = structure?.Signatures.Select(SignatureView.Of).ToArray() }, ApiJson.Default.MessageView);
    }

    private static async Task<IResult> OnwardAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        var (request, fault) = await BodyAsync(context, ApiJson.Default.OnwardRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (!TrackingSecret.TryParse(Encoding.ASCII.GetBytes(request.Secret ?? ""), out var secret)) return Problems.BadRequest("secret must be base64 of 1 to 128 octets.");
        return await actions.AskOnwardAsync(message, secret, CallerOf(context).Identity, cancellationToken) is { } answer
            ? Json(OnwardView.Of(message, answer), ApiJson.Default.OnwardView)
            : Problems.NotFound($"There is no message {message}.");
    }

    private static async Task<IResult> RawAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        if (await actions.RawAsync(message, CallerOf(context).Identity, cancellationToken) is not { } raw) return Problems.NotFound($"There is no message {message}, or its content is gone.");
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
        if (request is { Filter: not null, DryRun: false, Expected: null }) return Problems.BadRequest("expected is missing: how many messages it is, as dryRun tells.");
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
            Ids = ids.ToImmutable(), Filter = filter, Reason = request.Reason, DryRun = request.DryRun, Expected = request.Expected,
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

    private static async Task<IResult> LinksAsync(HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var links = await actions.LinksOfAllAsync(cancellationToken);
        return Conditions.Answer(context, new Page<LinkView>([.. links.Select(LinkView.Of)], null), ApiJson.Default.PageLinkView);
    }

    private static async Task<IResult> LinkAsync(string name, HttpContext context, IOperatorActions actions, ConfigurationHolder configuration, CancellationToken cancellationToken)
    {
        var link = await actions.LinkAsync(new LinkName(name), cancellationToken);
        return link is null
            ? Problems.NotFound("There is no such link.")
            : Conditions.Answer(context, LinkView.Of(new NodeLink(configuration.Current.Switch.Node, link)), ApiJson.Default.LinkView);
    }

    private static async Task<IResult> TryLinkAsync(string name, HttpContext context, IOperatorActions actions, ConfigurationHolder configuration, CancellationToken cancellationToken)
    {
        var link = new LinkName(name);
        if (!await actions.TryLinkAsync(link, CallerOf(context).Identity, cancellationToken)) return Problems.NotFound("There is no such link.");
        return await LinkAsync(name, context, actions, configuration, cancellationToken);
    }

    private static async Task<IResult> RulesAsync(HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var rules = await actions.RulesAsync(cancellationToken);
        return Conditions.Answer(context, new Page<RuleView>([.. rules.Select(RuleView.Of)], null), ApiJson.Default.PageRuleView);
    }

    private static async Task<IResult> RuleAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken) =>
        (await actions.RulesAsync(cancellationToken)).FirstOrDefault(r => r.Id == id) is { } rule ? Answer(context, rule) : Problems.NotFound("There is no such rule.");

    private static async Task<IResult> AddRuleAsync(HttpContext context, IOperatorActions actions, TimeProvider time, CancellationToken cancellationToken)
    {
        var (rule, dryRun, problem) = await RuleOfAsync(context, "", time, cancellationToken);
        if (rule is null) return problem!;
        try
        {
            if (dryRun) return Json(RuleView.Of(await actions.TryRuleAsync(rule, remove: false, CallerOf(context).Identity, cancellationToken)), ApiJson.Default.RuleView);
            return Answer(context, await actions.AddRuleAsync(rule, CallerOf(context).Identity, cancellationToken));
        }
        catch (UnknownLinkException unknown)
        {
            return Problems.NotFound(unknown.Message);
        }
    }

    private static async Task<IResult> ReplaceRuleAsync(string id, HttpContext context, IOperatorActions actions, TimeProvider time, CancellationToken cancellationToken)
    {
        var (rule, dryRun, problem) = await RuleOfAsync(context, id, time, cancellationToken);
        if (rule is null) return problem!;
        try
        {
            if (dryRun) return await TryAsync(context, actions, id, rule, cancellationToken);
            var (change, kept) = await actions.ReplaceRuleAsync(rule, Expected(context), CallerOf(context).Identity, cancellationToken);
            return change == RuleChange.Done ? Answer(context, kept) : Problem(change);
        }
        catch (UnknownLinkException unknown)
        {
            return Problems.NotFound(unknown.Message);
        }
    }

    private static async Task<IResult> RemoveRuleAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var reason = reader.Text("reason");
        var dryRun = reader.Text("dryRun");
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (string.IsNullOrWhiteSpace(reason)) return Problems.BadRequest("reason is missing.");
        if (dryRun is not (null or "true" or "false")) return Problems.BadRequest("dryRun must be true or false.");
        if (dryRun == "true") return await TryAsync(context, actions, id, null, cancellationToken);
        var change = await actions.RemoveRuleAsync(id, reason, Expected(context), CallerOf(context).Identity, cancellationToken);
        return change == RuleChange.Done ? Results.NoContent() : Problem(change);
    }

    // Judged as the order itself would be; what is there at this moment may be gone when it is given.
    private static async Task<IResult> TryAsync(HttpContext context, IOperatorActions actions, string id, OperatorRule? next, CancellationToken cancellationToken)
    {
        if ((await actions.RulesAsync(cancellationToken)).FirstOrDefault(r => r.Id == id) is not { } current) return Problem(RuleChange.NotFound);
        if (!Expected(context)(current)) return Problem(RuleChange.Unexpected);
        var trial = await actions.TryRuleAsync(next ?? current, remove: next is null, CallerOf(context).Identity, cancellationToken);
        return Json(RuleView.Of(trial), ApiJson.Default.RuleView);
    }

    private static IResult Answer(HttpContext context, OperatorRule rule)
    {
        var view = RuleView.Of(rule);
        return Conditions.Answer(context, view, ApiJson.Default.RuleView, view.Tag);
    }

    private static Func<OperatorRule, bool> Expected(HttpContext context) => current => Conditions.Allow(context.Request, RuleView.Of(current).Tag);

    private static IResult Problem(RuleChange change) => change == RuleChange.NotFound ? Problems.NotFound("There is no such rule.") : Problems.PreconditionFailed();

    private static async ValueTask<(OperatorRule? Rule, bool DryRun, IResult? Problem)> RuleOfAsync(
        HttpContext context, string id, TimeProvider time, CancellationToken cancellationToken)
    {
        var (request, fault) = await BodyAsync(context, ApiJson.Default.RuleRequest, cancellationToken);
        if (request is null) return (null, false, Problems.BadRequest(fault));
        if (!Words.TryRead<RuleKind>(request.Kind ?? "", out var kind)) return (null, false, Problems.BadRequest($"kind must be one of {Words.All<RuleKind>()}."));
        if (!IsScope(request.Scope)) return (null, false, Problems.BadRequest("scope must be node, link:NAME, domain:NAME, sender:ADDRESS or recipient:ADDRESS."));
        if (string.IsNullOrWhiteSpace(request.Reason)) return (null, false, Problems.BadRequest("reason is missing."));
        Precedence? level = null;
        if (request.Level is { } word)
        {
            if (!Words.TryRead<Precedence>(word, out var read)) return (null, false, Problems.BadRequest($"level must be one of {Words.All<Precedence>()}."));
            level = read;
        }

        if (kind == RuleKind.Minimize == level is null) return (null, false, Problems.BadRequest("level belongs to minimize, and minimize needs it."));
        if (request.RefuseAtEntry && kind != RuleKind.Minimize) return (null, false, Problems.BadRequest("refuseAtEntry belongs to minimize."));
        if (kind == RuleKind.Reroute == string.IsNullOrEmpty(request.Link)) return (null, false, Problems.BadRequest("link belongs to reroute, and reroute needs it."));
        if (request.For is not null && request.Expires is not null) return (null, false, Problems.BadRequest("Give for or expires, not both."));
        var now = time.GetUtcNow();
        var expires = request.Expires;
        if (request.For is { } text)
        {
            if (!Notation.TryReadDuration(text, out var duration) || duration <= TimeSpan.Zero) return (null, false, Problems.BadRequest("for must be a time such as 30m or 2h."));
            expires = now + duration;
        }

        if (expires <= now) return (null, false, Problems.BadRequest("expires lies in the past."));
        return (new OperatorRule
        {
            Id = id, Kind = kind, Scope = request.Scope!, Level = level, RefuseAtEntry = request.RefuseAtEntry, Reason = request.Reason,
            Link = string.IsNullOrEmpty(request.Link) ? null : new LinkName(request.Link), Author = CallerOf(context).Identity.Name, CreatedAt = now, Expires = expires,
        }, request.DryRun, null);
    }

    private static async Task<IResult> RouteTestAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request.Query);
        var text = reader.Text("address") ?? "";
        var precedence = reader.Word<Precedence>("precedence") ?? Precedence.Routine;
        var asked = new MmhsView { SubjectIndicatorCodes = Listed(reader.Text("sic")), MessageType = reader.Text("type"), MessageInstructions = Listed(reader.Text("instructions")) };
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (!Mailbox.TryParse(text, allowUtf8: true, out var address, out _)) return Problems.BadRequest("address is not a mail address.");
        var fields = Submission.MmhsInput.Read(asked, out var faults);
        if (faults.Count > 0) return Problems.BadRequest($"{faults[0].Field}: {faults[0].Text}.");
        var facts = new MilitaryFacts { Codes = fields.SubjectIndicatorCodes, Type = fields.MessageType?.Value, Instructions = fields.MessageInstructions };
        return Json(RouteView.Of(await actions.ExplainRouteAsync(address, precedence, facts, cancellationToken)), ApiJson.Default.RouteView);

        static string[]? Listed(string? values) => values?.Split(';', StringSplitOptions.TrimEntries);
    }

    private static async Task<IResult> LabelsAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request.Query);
        var (policy, sender, recipients) = (reader.Text("policy"), reader.Text("from") ?? "", reader.Text("to") ?? "");
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (!Mailbox.TryParse(sender, allowUtf8: true, out var from, out _)) return Problems.BadRequest("from is not a mail address.");
        var to = ImmutableArray.CreateBuilder<Mailbox>();
        foreach (var text in recipients.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Mailbox.TryParse(text, allowUtf8: true, out var address, out _)) return Problems.BadRequest("to is not a list of mail addresses, separated by commas.");
            to.Add(address);
        }

        if (to.Count is 0 or > MaximumLabelRecipients) return Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"to must name from 1 to {MaximumLabelRecipients} recipients."));
        try
        {
            return Json(LabelCatalogueView.Of(await actions.LabelsAsync(policy, from, to.ToImmutable(), cancellationToken)), ApiJson.Default.LabelCatalogueView);
        }
        catch (FormatException refused)
        {
            return Problems.BadRequest(refused.Message + ".");
        }
    }

    private static IResult ConfigurationAsync(HttpContext context, ConfigurationHolder configuration)
    {
        var tag = configuration.Tag;
        return Conditions.Answer(context, new ConfigurationStateView(configuration.Current.File, configuration.Since, tag), ApiJson.Default.ConfigurationStateView, tag);
    }

    private static async Task<IResult> ApplyAsync(HttpContext context, INodeActions node, CancellationToken cancellationToken)
    {
        var (request, fault) = await BodyAsync(context, ApiJson.Default.ReasonRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (await node.ApplyAsync(tag => Conditions.Allow(context.Request, tag), request.Reason ?? "", CallerOf(context).Identity, cancellationToken) is not { } result)
            return Problems.PreconditionFailed();
        IReadOnlyList<ConfigurationProblemView> problems = [.. result.Select(p => new ConfigurationProblemView(p.File, p.Line, p.Key, p.Text))];
        return problems.Count == 0
            ? Json(new ConfigurationView(true, node.Settings.File, []), ApiJson.Default.ConfigurationView)
            : Problems.Answer(422, "The configuration was refused", "Nothing was changed.", problems);
    }

    private static bool IsScope(string? scope)
    {
        if (scope == "node") return true;
        var colon = scope?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        return colon > 0 && scope!.Length > colon + 1 && scope[..colon] is "link" or "domain" or "sender" or "recipient";
    }

    internal static ApiCaller CallerOf(HttpContext context) =>
        context.Features.Get<ApiCaller>() ?? throw new InvalidOperationException("The request was not authenticated.");

    internal static async ValueTask<(T? Value, string Fault)> BodyAsync<T>(HttpContext context, JsonTypeInfo<T> type, CancellationToken cancellationToken)
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

    internal static IResult Json<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);
}
