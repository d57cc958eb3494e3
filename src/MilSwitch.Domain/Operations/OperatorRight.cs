namespace MilSwitch.Domain.Operations;

/// <summary>Something that not everybody may do.</summary>
public enum OperatorRight : byte
{
    /// <summary>See the switch: queues, links, alarms, envelopes, trails of single messages.</summary>
    Watch,

    /// <summary>Hold, release, try, requeue, reroute and restore messages; try links; hand in mail; write the watch log.</summary>
    Act,

    /// <summary>Return and delete messages.</summary>
    Remove,

    /// <summary>Give, change and end standing orders, MINIMIZE included.</summary>
    Order,

    /// <summary>Approve, reject, correct and assign what is held.</summary>
    Decide,

    /// <summary>Release and reject drafts.</summary>
    ReleaseDrafts,

    /// <summary>Acknowledge alarms.</summary>
    AcknowledgeAlarms,

    /// <summary>Shelve alarms.</summary>
    ShelveAlarms,

    /// <summary>See the text of messages; audited.</summary>
    ViewContent,

    /// <summary>Switch the profiler's plan.</summary>
    SwitchPlan,

    /// <summary>Apply the configuration; drain nodes; log levels, traces, support bundles.</summary>
    Configure,

    /// <summary>Allow and forbid certificates that came with mail; publish proxy certificates.</summary>
    ManageCertificates,

    /// <summary>Search the audit trail and verify it.</summary>
    ReadAudit,

    /// <summary>Take evidence with content out of the switch; audited.</summary>
    ExportEvidence,

    /// <summary>Make, change and lock accounts; end sessions.</summary>
    ManageAccounts,
}
