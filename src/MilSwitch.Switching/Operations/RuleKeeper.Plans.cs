using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

internal sealed partial class RuleKeeper
{
    /// <summary>Puts another plan of the profiler into force, on every node. Throws as <see cref="AddAsync"/>.</summary>
    public async Task SwitchPlanAsync(PlanChoice choice, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RecordAsync(
                AuditKind.PlanSwitched, choice.Plan, choice.Reason, choice.By,
                async () => await runtime.Spool.PutDocumentAsync(PlanChoiceDocument.Kind, PlanChoiceDocument.Id, PlanChoiceDocument.Write(choice), cancellationToken).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
            runtime.Swap(choice);
            runtime.LookAtStore();
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<PlanChoice?> ReadPlanAsync(CancellationToken cancellationToken) =>
        await runtime.Spool.ReadDocumentAsync(PlanChoiceDocument.Kind, PlanChoiceDocument.Id, cancellationToken).ConfigureAwait(false) is { } json ? PlanChoiceDocument.Read(json) : null;
}
