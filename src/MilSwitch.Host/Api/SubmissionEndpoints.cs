using System.Collections.Immutable;
using Microsoft.AspNetCore.Http.Features;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Host.Running;
using MilSwitch.Host.Submission;
using MilSwitch.Mime;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Server.Direct;

namespace MilSwitch.Host.Api;

/// <summary>Messages that are handed in through the admin API.</summary>
internal static class SubmissionEndpoints
{
    private const string Whole = "message/rfc822";
    private const int MostRecipients = 1_000;

    public static void MapSubmission(this IEndpointRouteBuilder api) => api.MapPost("/messages", SubmitAsync)
        .Accepts<SubmissionRequest>("application/json", Whole).Produces<SubmittedView>(201, "application/json")
        .Describe("submit", "Hand in a message: as values, or whole as message/rfc822; answered when it is durable")
        .Query("from", "For message/rfc822: the reverse path; its Sender or author when absent")
        .Query("to", "For message/rfc822: recipients in place of those of To, Cc and Bcc, separated by commas")
        .Once().Stored().Fails(422, "The message is refused, with the fields and the reasons; or this Idempotency-Key belongs to another request")
        .Fails(503, "The switch can't take it now");

    /// <summary>This request brings a message, which may be larger than an order.</summary>
    public static bool Is(HttpRequest request) => HttpMethods.IsPost(request.Method) && request.Path == ApiEndpoints.Prefix + "/messages";

    /// <summary>Takes a place for it before its body is read; null: there is none, and it has been answered.</summary>
    public static async Task<IDisposable?> EnterAsync(HttpContext context)
    {
        if (context.RequestServices.GetRequiredService<SubmissionDesk>().Enter() is not { } place)
        {
            await Problems.Answer(503, "The switch can't take it now", "As many messages as may be are being handed in.").ExecuteAsync(context);
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = SubmissionDesk.MostOctets;
        return place;
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, ConfigurationHolder configuration, SubmissionDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        ApiEndpoints.CallerOf(context).Identity.Demand(OperatorRight.Act);
        var current = configuration.Current;
        if (current.Admin.Submission is not { } listener) return Problems.Conflict("This node takes no messages through the API: admin.submission names no listener.");
        DirectMessage message;
        try
        {
            if (context.Request.HasJsonContentType())
            {
                var query = new QueryReader(context.Request.Query);
                if (query.Finish() is { } unknown) return Problems.BadRequest(unknown);
                var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.SubmissionRequest, cancellationToken);
                if (request is null) return Problems.BadRequest(fault);
                message = new MessageComposer(current.Labels.Authority.Policies, current.Switch.HostName).Compose(request, time.GetUtcNow());
                if (ReceiptAsking.IsAsked(request))
                {
                    if (await new ReceiptAsking(context.RequestServices.GetRequiredService<IMessageProtection>(), time).SignAsync(request, message, current, cancellationToken) is not { } signed) return Problems.Answer(503, "The switch can't take it now", "The key that signs it can't be used now.");
                    message = signed;
                }
            }
            else if (context.Request.ContentType?.Split(';')[0].Trim().Equals(Whole, StringComparison.OrdinalIgnoreCase) is true)
            {
                var (from, to, fault) = ReadEnvelope(context.Request.Query);
                if (fault is not null) return Problems.BadRequest(fault);
                message = await WholeMessage.ReadAsync(context.Request.Body, from, to, current.Switch.HostName, time.GetUtcNow(), cancellationToken);
            }
            else
            {
                return Problems.BadRequest("The body must be JSON or message/rfc822.");
            }
        }
        catch (SubmissionRefusedException refused)
        {
            return Problems.Refused(422, refused.Message, new RefusalView(null, null, refused.Message, null, [.. refused.Faults.Select(FieldFaultView.Of)]));
        }

        var caller = ApiEndpoints.CallerOf(context).Identity;
        // What was committed is answered: whoever leaves now could not know whether to send again.
        var result = await desk.SubmitAsync(listener, Origin.Api + caller.Name, caller.Via, message, CancellationToken.None);
        if (result.Refusal is { } reply) return Problems.Refused(StatusOf(reply), $"{reply.Code} {reply.EnhancedCode} {result.Text}{(result.Recipient is { } whom ? $": <{whom.Text}>" : "")}", RefusalView.Of(result));
        var header = HeaderBlock.Scan(message.Content, int.MaxValue, int.MaxValue);
        return Results.Json(
            new SubmittedView(result.Id.ToString(), header.TryGetSingle("Message-ID"u8, out var id) ? id.Trim() : null, result.PriorityLowered?.Value), ApiJson.Default.SubmittedView, statusCode: 201);
    }

    // What may be taken later is no outcome that a key keeps.
    private static int StatusOf(SmtpReply reply) =>
        reply == Replies.For(Refusal.StoreFull) || reply == Replies.For(Refusal.StoreUnavailable) ? 507 : reply.Code < 500 ? 503 : 422;

    private static (Mailbox? From, ImmutableArray<Mailbox>? To, string? Fault) ReadEnvelope(IQueryCollection given)
    {
        var query = new QueryReader(given);
        var (author, recipients) = (query.Text("from"), query.Text("to"));
        if (query.Finish() is { } unknown) return (null, null, unknown);
        Mailbox? from = null;
        if (author is not null && (!Mailbox.TryParse(author, allowUtf8: true, out from, out _) || from.Domain.Length is 0)) return (null, null, "from is not a mail address.");
        if (recipients is null) return (from, null, null);
        var to = ImmutableArray.CreateBuilder<Mailbox>();
        foreach (var text in recipients.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (to.Count >= MostRecipients || !Mailbox.TryParse(text, allowUtf8: true, out var address, out _)) return (null, null, "to is not a list of mail addresses, separated by commas.");
            to.Add(address);
        }

        return (from, to.ToImmutable(), null);
    }
}
