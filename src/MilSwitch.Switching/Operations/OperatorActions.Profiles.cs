using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Profiling;

namespace MilSwitch.Switching.Operations;

internal sealed partial class OperatorActions
{
    public ValueTask<ProfileState> ProfileAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Profile(runtime.Plan));

    public async ValueTask<ProfileState?> SwitchPlanAsync(string plan, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (runtime.Configuration.Profilers.Plans.Find(plan) is null) return null;
        var choice = new PlanChoice(plan, reason, who.Name, runtime.Now);
        await rules.SwitchPlanAsync(choice, cancellationToken).ConfigureAwait(false);
        Tell("rule.plan", plan, reason, who);
        return Profile(choice);
    }

    private ProfileState Profile(PlanChoice? choice)
    {
        var profilers = runtime.Configuration.Profilers;
        var configured = profilers.Plans.InForce.Name;
        return new ProfileState(profilers.Plans, choice?.Plan ?? configured, configured, choice, [.. profilers.Addresses.Select(a => a.Address)]);
    }
}
