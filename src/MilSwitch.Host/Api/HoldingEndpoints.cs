using System.Collections.Immutable;
using System.Globalization;
using Microsoft.OpenApi;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>The holding centre.</summary>
internal static class HoldingEndpoints
{
    private const int MaximumPage = 1_000;
    private const int MaximumChanges = 1_000;
    private const int MaximumReason = 1_000;
    private const int LongestWord = 64;

    public static void MapHolding(this IEndpointRouteBuilder api)
    {
        api.MapGet("/holding", ListAsync).Describe<Page<HeldMessageView>>("holding", "Messages that wait for a person, most urgent first")
            .Query("after", "Go on after this id").Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        api.MapGet("/holding/{id}", ShowAsync).Describe<HeldMessageView>("heldMessage", "One message that waits for a person").Tagged();
        Decides<ApproveRequest>(api.MapPost("/holding/{id}/approve", ApproveAsync), "approve", "Let it go on in spite of a step's decision");
        Decides<RejectRequest>(api.MapPost("/holding/{id}/reject", RejectAsync), "reject", "Send it back to the originator");
        Decides<CorrectRequest>(api.MapPost("/holding/{id}/correct", CorrectAsync), "correct", "Put a changed message in its place, which begins at the beginning");
    }

    public static void MapDrafts(this IEndpointRouteBuilder api)
    {
        api.MapGet("/drafts", ListDraftsAsync).Describe<Page<HeldMessageView>>("drafts", "Drafts that wait for their release, most urgent first")
            .Query("after", "Go on after this id").Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        Decides<ReleaseRequest>(api.MapPost("/drafts/{id}/release", ReleaseAsync), "releaseDraft", "Say that a draft may go, in the name of somebody who may release it");
        Decides<RejectDraftRequest>(api.MapPost("/drafts/{id}/reject", RejectDraftAsync), "rejectDraft", "Send a draft back to its author, in the name of somebody who may release it");
    }

    // What else is held is passed over, so that a page is full as long as there are drafts behind it.
    private static async Task<IResult> ListDraftsAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var (after, limit) = (query.Id("after"), query.Number("limit", 1, MaximumPage) ?? 100);
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var drafts = new List<HeldMessageView>();
        while (true)
        {
            var found = await actions.HeldAsync(after, MaximumPage, cancellationToken);
            foreach (var held in found.Where(h => h.Draft is not null))
            {
                if (drafts.Count == limit) return ApiEndpoints.Json(new Page<HeldMessageView>(drafts, drafts[^1].Id), ApiJson.Default.PageHeldMessageView);
                drafts.Add(HeldMessageView.Of(held));
            }

            if (found.Count < MaximumPage) return ApiEndpoints.Json(new Page<HeldMessageView>(drafts, null), ApiJson.Default.PageHeldMessageView);
            after = found[^1].Id;
        }
    }

    private static async Task<IResult> ReleaseAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.ReleaseRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (ReadAuthority(request.As, request.Digest, out var authority) is { } wrong) return Problems.BadRequest(wrong);
        return await DecideAsync(id, request.Reason, reason => new HoldingOrder.Authorise(authority, false, request.Digest, "", reason), context, actions, cancellationToken);
    }

    private static async Task<IResult> RejectDraftAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.RejectDraftRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (ReadAuthority(request.As, request.Digest, out var authority) is { } wrong) return Problems.BadRequest(wrong);
        return await DecideAsync(
            id, request.Reason, reason => new HoldingOrder.RejectDraft(authority, false, request.Digest, "", string.IsNullOrEmpty(request.Text) ? null : request.Text, reason), context, actions, cancellationToken);
    }

    private static string? ReadAuthority(string? name, string? digest, out Mailbox? authority)
    {
        authority = null;
        if (name is not null && !Mailbox.TryParse(name, allowUtf8: true, out authority, out _)) return "as is not a mail address.";
        return digest is null || (digest.Length is 64 && digest.All(char.IsAsciiHexDigit)) ? null : "digest is not SHA-256 in hexadecimal.";
    }

    internal static void Decides<T>(RouteHandlerBuilder route, string name, string summary)
        where T : notnull => route
        .Accepts<T>("application/json").Describe<HoldingResultView>(name, summary).Once().Stored()
        .Fails(409, "The message is not in a state for it, or this person may not; or a request with this Idempotency-Key is under way")
        .Fails(503, "The switch could not do it now");

    private static async Task<IResult> ListAsync(HttpRequest request, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var (after, limit) = (query.Id("after"), query.Number("limit", 1, MaximumPage) ?? 100);
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var found = await actions.HeldAsync(after, limit, cancellationToken);
        return ApiEndpoints.Json(
            new Page<HeldMessageView>([.. found.Select(HeldMessageView.Of)], found.Count >= limit ? found[^1].Id.ToString() : null), ApiJson.Default.PageHeldMessageView);
    }

    private static async Task<IResult> ShowAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        return await actions.HeldAsync(message, cancellationToken) is { } held
            ? Conditions.Answer(context, HeldMessageView.Of(held), ApiJson.Default.HeldMessageView)
            : Problems.NotFound($"There is no message {message}, or nobody of it is held.");
    }

    private static async Task<IResult> ApproveAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.ApproveRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (string.IsNullOrWhiteSpace(request.Step)) return Problems.BadRequest("step is missing.");
        return await DecideAsync(id, request.Reason, reason => new HoldingOrder.Approve(request.Step, request.Reasons, reason), context, actions, cancellationToken);
    }

    private static async Task<IResult> RejectAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.RejectRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        return await DecideAsync(id, request.Reason, reason => new HoldingOrder.Reject(string.IsNullOrEmpty(request.Text) ? null : request.Text, reason), context, actions, cancellationToken);
    }

    private static async Task<IResult> CorrectAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.CorrectRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (Read(request, out var change) is { } wrong) return Problems.BadRequest(wrong);
        return await DecideAsync(id, request.Reason, reason => new HoldingOrder.Correct(change, reason), context, actions, cancellationToken);
    }

    private static string? Read(CorrectRequest request, out MessageCorrection change)
    {
        change = new MessageCorrection();
        if ((request.Recipients?.Count ?? 0) > MaximumChanges || (request.DropParts?.Count ?? 0) > MaximumChanges) return string.Create(CultureInfo.InvariantCulture, $"More than {MaximumChanges} changes.");
        if (!AreShort(request.DropParts) || !AreShort(request.SubjectCodes)) return string.Create(CultureInfo.InvariantCulture, $"dropParts and subjectCodes are texts of at most {LongestWord} characters.");
        var recipients = ImmutableArray.CreateBuilder<(Mailbox Old, Mailbox New)>();
        foreach (var recipient in request.Recipients ?? [])
        {
            if (!Mailbox.TryParse(recipient?.Old ?? "", allowUtf8: true, out var old, out _) || !Mailbox.TryParse(recipient?.New ?? "", allowUtf8: true, out var next, out _))
                return "recipients must have mail addresses as old and new.";
            recipients.Add((old, next));
        }

        MessageLabel? label = null;
        if (request.Label is { } text)
        {
            var octets = new byte[text.Length];
            if (!Convert.TryFromBase64String(text, octets, out var length) || length is 0) return "label is not an ESSSecurityLabel in base64.";
            label = new MessageLabel(octets.AsMemory(0, length));
        }

        change = new MessageCorrection
        {
            Recipients = recipients.ToImmutable(), DropParts = [.. request.DropParts ?? []], Label = label,
            SubjectCodes = request.SubjectCodes is { } codes ? [.. codes] : default,
        };
        return change.IsEmpty ? "Nothing is to be changed." : null;
    }

    private static bool AreShort(IReadOnlyList<string?>? words) => words is null || words.All(w => w is { Length: <= LongestWord });

    internal static async Task<IResult> DecideAsync(
        string id, string? reason, Func<string, HoldingOrder> order, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return Problems.BadRequest("The id is not 13 characters of base 32.");
        if (string.IsNullOrWhiteSpace(reason)) return Problems.BadRequest("reason is missing.");
        if (reason.Length > MaximumReason) return Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"reason has more than {MaximumReason} characters."));
        var result = await actions.DecideAsync(message, order(reason), ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return result.Outcome switch
        {
            HoldingOutcome.Done or HoldingOutcome.ApprovalNeeded => ApiEndpoints.Json(HoldingResultView.Of(result), ApiJson.Default.HoldingResultView),
            HoldingOutcome.NotFound => Problems.NotFound($"There is no message {message}."),
            HoldingOutcome.Conflict => Problems.Conflict(Sentence(result.Text)),
            HoldingOutcome.Refused => Problems.Answer(422, "It can't be done with this message", Sentence(result.Text)),
            _ => Problems.Answer(503, "The switch could not do it now", Sentence(result.Text)),
        };
    }

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
}
