namespace MilSwitch.Domain.Operations;

/// <summary>What a person is on the switch; somebody may be several. What each may do stands in <see cref="OperatorRights"/>.</summary>
[Flags]
public enum OperatorRoles : byte
{
    /// <summary>May nothing.</summary>
    None = 0,

    /// <summary>Sees the switch and the envelopes, never content, and changes nothing.</summary>
    Viewer = 1,

    /// <summary>Keeps the traffic moving: acts on messages and links, gives standing orders, decides in the holding centre.</summary>
    WatchKeeper = 2,

    /// <summary>Leads the watch: also deletes and returns, sees content, releases drafts, switches plans.</summary>
    Supervisor = 4,

    /// <summary>Decides about labels, certificates and what is held for them; sees content and the audit trail.</summary>
    SecurityOfficer = 8,

    /// <summary>Keeps the program running: configuration, nodes, accounts. Never sees content and decides about no message.</summary>
    Administrator = 16,

    /// <summary>Reads the audit trail and proves it; changes nothing.</summary>
    Auditor = 32,

    /// <summary>All of them: the machine's own root, and tokens of the role <c>operator</c>.</summary>
    All = Viewer | WatchKeeper | Supervisor | SecurityOfficer | Administrator | Auditor,
}
