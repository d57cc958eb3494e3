using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>The profiler.</summary>
internal static class ProfileEndpoints
{
    private const int LongestReason = 1_000;

    public static void MapProfile(this IEndpointRouteBuilder api)
    {
        api.MapGet("/profile", ShowAsync).Describe<ProfileStateView>("profile", "The profiler's plans, and which counts").Tagged();
        api.MapPost("/profile/plan", SwitchAsync).Accepts<SwitchPlanRequest>("application/json")
            .Describe<ProfileStateView>("switchPlan", "Have another plan of the profiler count, on all nodes").Once().Stored().Proposed();
        HoldingEndpoints.Decides<AssignRequest>(api.MapPost("/holding/{id}/assign", AssignAsync), "assign", "Say who gets what no rule of the profiler distributed");
    }

    private static async Task<IResult> ShowAsync(HttpContext context, IOperatorActions actions, CancellationToken cancellationToken) =>
        Conditions.Answer(context, ProfileStateView.Of(await actions.ProfileAsync(cancellationToken)), ApiJson.Default.ProfileStateView);

    private static async Task<IResult> SwitchAsync(HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.SwitchPlanRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (string.IsNullOrWhiteSpace(request.Plan)) return Problems.BadRequest("plan is missing.");
        if (string.IsNullOrWhiteSpace(request.Reason)) return Problems.BadRequest("reason is missing.");
        if (request.Reason.Length > LongestReason) return Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"reason has more than {LongestReason} characters."));
        return await actions.SwitchPlanAsync(request.Plan, request.Reason, ApiEndpoints.CallerOf(context).Identity, cancellationToken) is { } state
            ? ApiEndpoints.Json(ProfileStateView.Of(state), ApiJson.Default.ProfileStateView)
            : Problems.NotFound("The profiler has no plan of this name.");
    }

    private static async Task<IResult> AssignAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.AssignRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if ((request.Action?.Count ?? 0) + (request.Information?.Count ?? 0) is 0 or > HoldingOrder.Assign.Most)
            return Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"action and information name 1 to {HoldingOrder.Assign.Most} addresses together."));
        if (MailboxList.TryRead(request.Action) is not { } action || MailboxList.TryRead(request.Information) is not { } information) return Problems.BadRequest("action and information are mail addresses.");
        return await HoldingEndpoints.DecideAsync(id, request.Reason, reason => new HoldingOrder.Assign(action, information, reason), context, actions, cancellationToken);
    }
}
