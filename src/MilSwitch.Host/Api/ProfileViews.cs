using MilSwitch.Domain.Profiling;

namespace MilSwitch.Host.Api;

/// <summary>The profiler.</summary>
/// <param name="InForce">Name of the plan that counts; empty: there is no profiler.</param>
/// <param name="IsThere">It is in the file; otherwise nothing is distributed until somebody switches or the file has it again.</param>
/// <param name="Configured">Name of the plan that the file names.</param>
/// <param name="Version">Beginning of the SHA-256 of the file, as the audit trail names it.</param>
/// <param name="Switched">Who switched to the plan in force; null: nobody did.</param>
/// <param name="Plans">Those of the file.</param>
/// <param name="Addresses">Whose mail is distributed.</param>
public sealed record ProfileStateView(
    string InForce, bool IsThere, string Configured, string Version, PlanSwitchView? Switched, IReadOnlyList<PlanView> Plans, IReadOnlyList<string> Addresses)
{
    public static ProfileStateView Of(ProfileState s) => new(
        s.InForce, s.Plans.Find(s.InForce) is not null, s.Configured, s.Plans.Version, s.Choice is { } c ? new PlanSwitchView(c.By, c.At, c.Reason) : null,
        [.. s.Plans.All.Select(p => new PlanView(p.Name, p.Rules.Length))], [.. s.Addresses.Select(a => a.Text)]);
}

/// <param name="By">Who.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why.</param>
public sealed record PlanSwitchView(string By, DateTimeOffset At, string Reason);

/// <param name="Name">Such as <c>peace</c>.</param>
/// <param name="Rules">How many it has.</param>
public sealed record PlanView(string Name, int Rules);

/// <param name="Plan">Its name.</param>
/// <param name="Reason">Why; kept in the audit trail.</param>
public sealed record SwitchPlanRequest(string? Plan, string? Reason);

/// <summary>At least one addressee.</summary>
/// <param name="Reason">Why; kept in the audit trail.</param>
/// <param name="Action">Addresses of those who have to act.</param>
/// <param name="Information">Addresses of those who are informed.</param>
public sealed record AssignRequest(string? Reason, IReadOnlyList<string?>? Action = null, IReadOnlyList<string?>? Information = null);
