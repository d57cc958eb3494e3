using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MilSwitch.Dashboard.Acts;
using MilSwitch.Dashboard.Live;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Dashboard.Views;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Domain.Tracking;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Dashboard;

/// <summary>The console: pages, what they act by, what they live on, and their files.</summary>
public static partial class DashboardEndpoints
{
    /// <summary>Of a form.</summary>
    private const int MostFields = 12_000;

    /// <summary>Needs <see cref="IOperatorActions"/>, <see cref="IWatchFeed"/>, <see cref="ILabelMarks"/>, <see cref="IMessageInspector"/>, <see cref="INodeDesk"/> and antiforgery.</summary>
    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
        services.AddSingleton<PageRenderer>();
        services.AddSingleton<LiveHub>();
        services.AddSingleton<QueueAges>();
        services.AddSingleton<NoticeBoard>();
        return services;
    }

    /// <summary>
    /// Adds the routes. Whoever asks is among the request's features, as <see cref="OperatorIdentity"/>, but for files, which
    /// everybody may have.
    /// </summary>
    public static void MapDashboard(this IEndpointRouteBuilder endpoints)
    {
        var routes = endpoints.MapGroup("").ExcludeFromDescription();
        routes.MapGet(AssetFiles.Prefix + "{**name}", (HttpContext context, string name) => AssetFiles.AnswerAsync(context, name));
        routes.MapGet("/sign-in", SignInAsync);
        routes.MapGet(LiveEndpoint.Path, (HttpContext context, LiveHub hub, TimeProvider time) => LiveEndpoint.AnswerAsync(context, WhoOf(context), hub, time));
        routes.MapPost(ConsoleActs.Prefix + "content", ContentAsync);
        routes.MapPost(ConsoleActs.Prefix + "raw", RawAsync);
        routes.MapPost(ConsoleActs.Prefix + "onward", OnwardAsync);
        routes.MapPost(ConsoleActs.Prefix + "support", SupportAsync);
        routes.MapPost(ConsoleActs.Prefix + "{name}", ActAsync);
        foreach (var path in ConsolePages.All.Select(p => p.HasId ? p.Path + "/{**id}" : p.Path).Distinct()) routes.MapGet(path, PageAsync);
    }

    private static async Task SignInAsync(HttpContext context, IAntiforgery antiforgery, IAccessDesk access, PageRenderer renderer)
    {
        var query = context.Request.Query;
        var to = query["to"].ToString();
        var failed = query["failed"].ToString() switch
        {
            "refused" => "Not signed in: name or password is wrong, or there were too many attempts.",
            "later" => "Not signed in: too many attempts. Try again later.",
            "stale" => "The form was too old. Try again.",
            "provider" => "Not signed in: the provider did not say who you are, or nobody here knows you.",
            _ => null,
        };
        var token = antiforgery.GetAndStoreTokens(context).RequestToken ?? "";
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(await renderer.SignInAsync(access.Ways, token, ActInput.IsLocal(to) ? to : "/", failed).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false);
    }

    private static OperatorIdentity WhoOf(HttpContext context) => context.Features.Get<OperatorIdentity>() ?? throw new InvalidOperationException("Nobody is known to have asked.");

    private static async Task PageAsync(HttpContext context)
    {
        var who = WhoOf(context);
        if (ConsolePages.Find(context.Request.Path.Value ?? "/") is not var (page, id))
        {
            await TellAsync(context, who, 404, "There is no such page.").ConfigureAwait(false);
            return;
        }

        if (!who.Roles.Allow(page.Right))
        {
            await TellAsync(context, who, 403, "You may not see this page.").ConfigureAwait(false);
            return;
        }

        var view = NewContext(context, who, id) with { Notice = context.RequestServices.GetRequiredService<NoticeBoard>().Find(context.Request.Query["notice"], who) };
        await AnswerAsync(context, page, view).ConfigureAwait(false);
    }

    private static ViewContext NewContext(HttpContext context, OperatorIdentity who, string? id)
    {
        // A notice is of this once; what is live, and what is linked, goes without.
        var query = ViewQuery.Parse(context.Request.QueryString.Value);
        if (query["notice"] is not null) query = ViewQuery.Parse(query.With("notice", null));
        return new ViewContext(
            who, query, id, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(),
            context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context).RequestToken);
    }

    private static async Task AnswerAsync(HttpContext context, ConsolePage page, ViewContext view)
    {
        var services = context.RequestServices;
        var snapshot = await services.GetRequiredService<IWatchFeed>().LookAsync(context.RequestAborted).ConfigureAwait(false);
        var own = services.GetRequiredService<INodeDesk>().Console;
        var consoles = snapshot.Nodes.Where(n => n.Node != snapshot.Node).Select(n => n.Console).Prepend(own).OfType<string>().ToList();
        var version = snapshot.Nodes.FirstOrDefault(n => n.Node == snapshot.Node)?.Version ?? "";
        var html = await services.GetRequiredService<PageRenderer>().PageAsync(page, view, new ShellFacts(snapshot.Node, version, consoles, await AlarmCount.OfAsync(services).ConfigureAwait(false))).ConfigureAwait(false);
        // A console whose node is lost looks for the next one.
        if (consoles.Count > 0) context.Response.Headers.ContentSecurityPolicy = context.Response.Headers.ContentSecurityPolicy.ToString().Replace("connect-src 'self'", "connect-src 'self' " + string.Join(' ', consoles), StringComparison.Ordinal);
        context.Response.StatusCode = view.Status;
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(html, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task TellAsync(HttpContext context, OperatorIdentity who, int status, string text)
    {
        var view = NewContext(context, who, null) with { Notice = new Notice(false, text, []), Subject = "" };
        view.Status = status;
        return AnswerAsync(context, new ConsolePage(context.Request.Path.Value ?? "/", status == 404 ? "Not found" : "Not permitted", typeof(EmptyView)), view);
    }

    private static async Task ActAsync(HttpContext context, string name)
    {
        if (await ReadAsync(context).ConfigureAwait(false) is not { } input) return;
        if (!ConsoleActs.All.TryGetValue(name, out var act))
        {
            await TellAsync(context, input.Who, 404, "There is no such act.").ConfigureAwait(false);
            return;
        }

        var answer = await TryAsync(context, () => act(context.RequestServices, input)).ConfigureAwait(false);
        if (answer.Ask is { } question)
        {
            await AnswerAsync(context, new ConsolePage(ConsoleActs.Prefix + name, "Are you sure?", typeof(ConfirmView)), NewContext(context, input.Who, null) with { Subject = question }).ConfigureAwait(false);
            return;
        }

        Leave(context, input, answer);
    }

    private static void Leave(HttpContext context, ActInput input, ActAnswer answer)
    {
        var to = answer.To ?? input.Back;
        if (answer.Notice is { } notice) to += (to.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "notice=" + context.RequestServices.GetRequiredService<NoticeBoard>().Put(input.Who, notice);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = to;
    }

    private static async Task<ActAnswer> TryAsync(HttpContext context, Func<Task<ActAnswer>> act)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (FormatException wrong)
        {
            return ActAnswer.Not($"Nothing was done: {wrong.Message}.");
        }
        catch (UnknownLinkException)
        {
            return ActAnswer.Not("Nothing was done: no route has a link of that name.");
        }
        catch (ApprovalNeededException needed)
        {
            return ActAnswer.Done($"It is recorded as proposal {needed.Proposal.Id}, and not done yet: another person has to approve it.");
        }
        catch (CountChangedException)
        {
            return ActAnswer.Not("Nothing was done: more messages match now than were confirmed.");
        }
        catch (NotPermittedException)
        {
            return ActAnswer.Not("Nothing was done: you may not do this.");
        }
        catch (SpoolUnavailableException)
        {
            return ActAnswer.Not("Nothing was done: the store can't be written now, and what can't be recorded is not done.");
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogFailed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Dashboard"), context.Request.Path, fault);
            return ActAnswer.Not("It failed inside the switch; whether it was done shows below. The node's log has more.");
        }
    }

    // Null: it has been answered.
    private static async Task<ActInput?> ReadAsync(HttpContext context)
    {
        var who = WhoOf(context);
        try
        {
            context.Features.Set<Microsoft.AspNetCore.Http.Features.IFormFeature>(new Microsoft.AspNetCore.Http.Features.FormFeature(context.Request, new Microsoft.AspNetCore.Http.Features.FormOptions { ValueCountLimit = MostFields, KeyLengthLimit = 64, ValueLengthLimit = 64 << 10 }));
            await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context).ConfigureAwait(false);
            return new ActInput(await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false), who, context.RequestAborted);
        }
        catch (AntiforgeryValidationException)
        {
            await TellAsync(context, who, 400, "This form is too old, or not of this console: nothing was done. Load the page again.").ConfigureAwait(false);
            return null;
        }
        catch (InvalidDataException)
        {
            await TellAsync(context, who, 400, "This form can't be read: nothing was done.").ConfigureAwait(false);
            return null;
        }
    }

    private static async Task ContentAsync(HttpContext context)
    {
        if (await ReadAsync(context).ConfigureAwait(false) is not { } input) return;
        InspectedMessage? content = null;
        LabelMark? mark = null;
        MessageId id = default;
        var answer = await TryAsync(context, async () =>
        {
            var services = context.RequestServices;
            id = input.Id;
            content = await services.GetRequiredService<IMessageInspector>().ContentAsync(id, input.Who, input.CancellationToken).ConfigureAwait(false);
            if (await services.GetRequiredService<IOperatorActions>().MessageAsync(id, input.CancellationToken).ConfigureAwait(false) is { Message.Envelope.Label: { } label })
                mark = services.GetRequiredService<ILabelMarks>().Mark(label);
            return content is null ? ActAnswer.Not("There is no such message, or its content is gone.") : new ActAnswer(null);
        }).ConfigureAwait(false);
        if (content is null || answer.Notice is not null) Leave(context, input, answer);
        else await AnswerAsync(context, new ConsolePage(ConsoleActs.Prefix + "content", "Content", typeof(ContentView)), NewContext(context, input.Who, id.ToString()) with { Subject = content, SubjectMark = mark }).ConfigureAwait(false);
    }

    private static async Task OnwardAsync(HttpContext context)
    {
        if (await ReadAsync(context).ConfigureAwait(false) is not { } input) return;
        OnwardAnswer? told = null;
        MessageId id = default;
        var answer = await TryAsync(context, async () =>
        {
            id = input.Id;
            if (!TrackingSecret.TryParse(Encoding.ASCII.GetBytes(input.Required("secret")), out var secret)) throw new FormatException("a secret is base64 of 1 to 128 octets");
            told = await context.RequestServices.GetRequiredService<IOperatorActions>().AskOnwardAsync(id, secret, input.Who, input.CancellationToken).ConfigureAwait(false);
            return told is null ? ActAnswer.Not("There is no such message.") : new ActAnswer(null);
        }).ConfigureAwait(false);
        if (told is null) Leave(context, input, answer);
        else await AnswerAsync(context, new ConsolePage(ConsoleActs.Prefix + "onward", "Tracer report", typeof(TracerView)), NewContext(context, input.Who, id.ToString()) with { Subject = told }).ConfigureAwait(false);
    }

    private static async Task RawAsync(HttpContext context)
    {
        if (await ReadAsync(context).ConfigureAwait(false) is not { } input) return;
        RawMessage? raw = null;
        var answer = await TryAsync(context, async () =>
        {
            input.Who.Demand(OperatorRight.ViewContent);
            raw = await context.RequestServices.GetRequiredService<IOperatorActions>().RawAsync(input.Id, input.Who, input.CancellationToken).ConfigureAwait(false);
            return raw is null ? ActAnswer.Not("There is no such message, or its content is gone.") : new ActAnswer(null);
        }).ConfigureAwait(false);
        if (raw is null)
        {
            Leave(context, input, answer);
            return;
        }

        await using var content = raw.Content;
        var response = context.Response;
        // Never as a page of this console, whatever it says it is.
        response.ContentType = "application/octet-stream";
        response.Headers.ContentDisposition = $"attachment; filename=\"{input.Id}.eml\"";
        response.ContentLength = raw.Trace.Length + content.Length;
        await response.Body.WriteAsync(raw.Trace, context.RequestAborted).ConfigureAwait(false);
        if (content.Inline is { } inline)
        {
            await response.Body.WriteAsync(inline, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        var buffer = new byte[64 << 10];
        while (await content.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false) is var count and > 0) await response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task SupportAsync(HttpContext context)
    {
        if (await ReadAsync(context).ConfigureAwait(false) is not { } input) return;
        using var bundle = new MemoryStream();
        var isWhole = false;
        var answer = await TryAsync(context, async () =>
        {
            await context.RequestServices.GetRequiredService<ITelemetryDesk>().WriteSupportBundleAsync(bundle, input["addresses"] is not null, input.Who, input.CancellationToken).ConfigureAwait(false);
            isWhole = true;
            return new ActAnswer(null);
        }).ConfigureAwait(false);
        if (!isWhole)
        {
            Leave(context, input, answer);
            return;
        }

        context.Response.ContentType = "application/gzip";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"milswitch-support.tar.gz\"";
        context.Response.ContentLength = bundle.Length;
        bundle.Position = 0;
        await bundle.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
    }

    [LoggerMessage(7002, LogLevel.Error, "{Path} failed")]
    private static partial void LogFailed(ILogger logger, string path, Exception fault);
}
