using System.Collections.Frozen;

namespace MilSwitch.Domain.Operations;

/// <summary>Which role may do what. Whatever is not said is not permitted.</summary>
public static class OperatorRights
{
    private static readonly FrozenDictionary<OperatorRight, OperatorRoles> Holders = new Dictionary<OperatorRight, OperatorRoles>
    {
        [OperatorRight.Watch] = OperatorRoles.All,
        [OperatorRight.Act] = OperatorRoles.WatchKeeper | OperatorRoles.Supervisor,
        [OperatorRight.Remove] = OperatorRoles.Supervisor,
        [OperatorRight.Order] = OperatorRoles.WatchKeeper | OperatorRoles.Supervisor,
        [OperatorRight.Decide] = OperatorRoles.WatchKeeper | OperatorRoles.Supervisor | OperatorRoles.SecurityOfficer,
        [OperatorRight.ReleaseDrafts] = OperatorRoles.Supervisor,
        [OperatorRight.AcknowledgeAlarms] = OperatorRoles.WatchKeeper | OperatorRoles.Supervisor | OperatorRoles.Administrator,
        [OperatorRight.ShelveAlarms] = OperatorRoles.Supervisor | OperatorRoles.Administrator,
        [OperatorRight.ViewContent] = OperatorRoles.Supervisor | OperatorRoles.SecurityOfficer,
        [OperatorRight.SwitchPlan] = OperatorRoles.Supervisor,
        [OperatorRight.Configure] = OperatorRoles.Administrator,
        [OperatorRight.ManageCertificates] = OperatorRoles.SecurityOfficer,
        [OperatorRight.ReadAudit] = OperatorRoles.Auditor | OperatorRoles.SecurityOfficer | OperatorRoles.Supervisor,
        [OperatorRight.ExportEvidence] = OperatorRoles.SecurityOfficer,
        [OperatorRight.ManageAccounts] = OperatorRoles.Administrator,
    }.ToFrozenDictionary();

    /// <summary>Whether somebody who is all of <paramref name="roles"/> may do it.</summary>
    public static bool Allow(this OperatorRoles roles, OperatorRight right) => Holders.TryGetValue(right, out var holders) && (roles & holders) != 0;

    /// <summary>What somebody must be allowed who does this to messages.</summary>
    public static OperatorRight Right(this MessageVerb verb) => verb is MessageVerb.Return or MessageVerb.Delete ? OperatorRight.Remove : OperatorRight.Act;

    /// <exception cref="NotPermittedException">This person may not.</exception>
    public static void Demand(this OperatorIdentity who, OperatorRight right)
    {
        if (!who.Roles.Allow(right)) throw new NotPermittedException(right);
    }
}
