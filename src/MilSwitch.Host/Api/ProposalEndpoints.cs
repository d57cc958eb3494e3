using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>What waits for a second person.</summary>
internal static class ProposalEndpoints
{
    public static void MapProposals(this IEndpointRouteBuilder api)
    {
        api.MapGet("/proposals", ListAsync).Describe<Page<ProposalView>>("proposals", "What needs two persons: open ones and those of the last days, the newest first").Tagged();
        Decides(api, "approve", "approveProposal", "Have done what another person proposed", (desk, id, reason, who, cancellationToken) => desk.ApproveAsync(id, reason, who, cancellationToken));
        Decides(api, "reject", "rejectProposal", "Have it not done", (desk, id, reason, who, cancellationToken) => desk.RejectAsync(id, reason, who, cancellationToken));
    }

    private static void Decides(
        IEndpointRouteBuilder api, string verb, string name, string summary, Func<IProposalDesk, string, string, OperatorIdentity, CancellationToken, ValueTask<ProposalResult>> decide) => api
        .MapPost($"/proposals/{{id}}/{verb}", async (string id, HttpContext context, IProposalDesk desk, CancellationToken cancellationToken) =>
        {
            var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.ReasonRequest, cancellationToken);
            return request is null
                ? Problems.BadRequest(fault)
                : Answer(await decide(desk, id, request.Reason, ApiEndpoints.CallerOf(context).Identity, cancellationToken));
        })
        .Accepts<ReasonRequest>("application/json").Describe<ProposalView>(name, summary).Once().Stored();

    private static async Task<IResult> ListAsync(HttpContext context, IProposalDesk desk, CancellationToken cancellationToken)
    {
        var proposals = await desk.ProposalsAsync(cancellationToken);
        return Conditions.Answer(context, new Page<ProposalView>([.. proposals.Select(ProposalView.Of)], null), ApiJson.Default.PageProposalView);
    }

    private static IResult Answer(ProposalResult result) => result.Outcome switch
    {
        ProposalOutcome.Done => ApiEndpoints.Json(ProposalView.Of(result.Proposal!), ApiJson.Default.ProposalView),
        ProposalOutcome.NotFound => Problems.NotFound("There is no such proposal."),
        ProposalOutcome.SamePerson => Problems.Answer(403, "Not permitted", "It is your own proposal: another person has to approve it."),
        ProposalOutcome.Conflict => Problems.Conflict(Refusals.Sentence(result.Text)),
        _ => Problems.Answer(422, "It was approved and could not be done", Refusals.Sentence(result.Text)),
    };
}
