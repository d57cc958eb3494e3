using System.Collections.Immutable;

namespace MilSwitch.Domain.Operations;

/// <summary>The words for roles: in the configuration, in the admin API and on the command line.</summary>
public static class OperatorRoleNames
{
    /// <summary>Each role with its word.</summary>
    public static ImmutableArray<(string Word, OperatorRoles Role)> All { get; } =
    [
        ("viewer", OperatorRoles.Viewer), ("watch-keeper", OperatorRoles.WatchKeeper), ("supervisor", OperatorRoles.Supervisor),
        ("security-officer", OperatorRoles.SecurityOfficer), ("administrator", OperatorRoles.Administrator), ("auditor", OperatorRoles.Auditor),
    ];

    /// <summary>The words of these roles.</summary>
    public static ImmutableArray<string> Words(this OperatorRoles roles) => [.. All.Where(r => roles.HasFlag(r.Role)).Select(r => r.Word)];

    /// <summary>The role of a word; none: there is no such word.</summary>
    public static OperatorRoles Read(string word) => All.FirstOrDefault(r => r.Word == word).Role;
}
