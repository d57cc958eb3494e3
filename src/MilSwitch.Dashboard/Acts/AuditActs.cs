using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Auditing;

namespace MilSwitch.Dashboard.Acts;

/// <summary>Proof of the audit trail.</summary>
internal static class AuditActs
{
    public static async Task<ActAnswer> VerifyAsync(IServiceProvider services, ActInput input)
    {
        AuditReport report;
        try
        {
            report = await services.GetRequiredService<IAuditDesk>().VerifyAsync(input.Who, null, input.CancellationToken).ConfigureAwait(false);
        }
        catch (AuditBusyException)
        {
            return ActAnswer.Not("A walk along the trails is under way already.");
        }

        return report.IsIntact
            ? ActAnswer.Done($"The audit trail is whole: {Say.Count(report.Records, "record", "records")}.")
            : ActAnswer.Not("The audit trail is not whole.", [.. report.Trails.Where(t => t.Fault is not null).Select(t => $"trail {t.Trail}: {Say.Word(t.Fault!.Kind)} at {t.Fault.Sequence}: {t.Fault.Text}")]);
    }
}
