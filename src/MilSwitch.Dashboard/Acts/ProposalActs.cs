using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Acts;

/// <summary>What the second person decides.</summary>
internal static class ProposalActs
{
    public static async Task<ActAnswer> ApproveAsync(IServiceProvider services, ActInput input) =>
        Told(await Desk(services).ApproveAsync(input.Required("proposal"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false));

    public static async Task<ActAnswer> RejectAsync(IServiceProvider services, ActInput input) =>
        Told(await Desk(services).RejectAsync(input.Required("proposal"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false));

    private static IProposalDesk Desk(IServiceProvider services) => services.GetRequiredService<IProposalDesk>();

    private static ActAnswer Told(ProposalResult result) => result.Outcome is ProposalOutcome.Done ? ActAnswer.Done(result.Text) : ActAnswer.Not(result.Text);
}
