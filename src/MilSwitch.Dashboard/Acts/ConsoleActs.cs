using System.Collections.Frozen;

namespace MilSwitch.Dashboard.Acts;

/// <summary>Every form there is, by the name behind <c>/act/</c>.</summary>
internal static class ConsoleActs
{
    public const string Prefix = "/act/";

    public static FrozenDictionary<string, Act> All { get; } = new Dictionary<string, Act>(StringComparer.Ordinal)
    {
        ["messages"] = MessageActs.ActAsync,
        ["approve"] = DeskActs.ApproveAsync,
        ["reject"] = DeskActs.RejectAsync,
        ["assign"] = DeskActs.AssignAsync,
        ["correct"] = DeskActs.CorrectAsync,
        ["draft-release"] = DeskActs.ReleaseDraftAsync,
        ["draft-reject"] = DeskActs.RejectDraftAsync,
        ["link-try"] = SwitchActs.TryLinkAsync,
        ["rule-add"] = SwitchActs.AddRuleAsync,
        ["rule-remove"] = SwitchActs.RemoveRuleAsync,
        ["plan"] = SwitchActs.SwitchPlanAsync,
        ["drain"] = SwitchActs.DrainAsync,
        ["config"] = SwitchActs.ApplyConfigurationAsync,
        ["alarm-acknowledge"] = AlarmActs.AcknowledgeAsync,
        ["alarm-shelve"] = AlarmActs.ShelveAsync,
        ["alarm-unshelve"] = AlarmActs.UnshelveAsync,
        ["audit-verify"] = AuditActs.VerifyAsync,
        ["proposal-approve"] = ProposalActs.ApproveAsync,
        ["proposal-reject"] = ProposalActs.RejectAsync,
        ["log-level"] = TelemetryActs.SetLogLevelAsync,
        ["trace-start"] = TelemetryActs.StartTraceAsync,
        ["trace-stop"] = TelemetryActs.StopTraceAsync,
        ["note"] = SwitchActs.WriteNoteAsync,
        ["session-end"] = AccountActs.EndSessionAsync,
        ["account-add"] = AccountActs.AddAsync,
        ["account-roles"] = AccountActs.SetRolesAsync,
        ["account-lock"] = AccountActs.LockAsync,
        ["account-unlock"] = AccountActs.UnlockAsync,
        ["account-remove"] = AccountActs.RemoveAsync,
        ["own-password"] = AccountActs.ChangeOwnAsync,
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
