using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MilSwitch.Domain.Alarms;

/// <summary>Every kind of alarm that there is. Each has a runbook.</summary>
public static class AlarmCatalogue
{
    /// <summary>A kind that rose too often to be shown one by one: <c>flood:KIND</c>.</summary>
    public const string Flood = "flood";

    /// <summary>A notifier that can't do its work: <c>notifier:NAME</c>.</summary>
    public const string Notifier = "notifier";

    private static readonly FrozenDictionary<string, AlarmKind> ByName;

    static AlarmCatalogue()
    {
        All =
        [
            new("delayed", AlarmSeverity.Medium, "mail waits for longer than its level allows", ByLevel: true),
            new("speed", AlarmSeverity.Medium, "too small a share of a level is delivered in its time", ByLevel: true),
            new("unattended", AlarmSeverity.Medium, "held mail waits for a person", ByLevel: true),
            new("unacknowledged", AlarmSeverity.Medium, "a report or receipt that is awaited did not come", ByLevel: true),
            new("unprofiled", AlarmSeverity.Medium, "mail that no rule distributed waits for a person", ByLevel: true),
            new("queue-growing", AlarmSeverity.Medium, "more comes in than goes out"),
            new("link", AlarmSeverity.High, "a link is down"),
            new("spool", AlarmSeverity.Critical, "the store is full, can't be written or is broken"),
            new("space", AlarmSeverity.High, "the store is short of space"),
            new("space-growth", AlarmSeverity.Medium, "the store will be short of space soon"),
            new("store-latency", AlarmSeverity.High, "the store is slow"),
            new("owners", AlarmSeverity.Critical, "no node that owns mail is there"),
            new("node", AlarmSeverity.High, "a node does not answer", IsOfCluster: true),
            new("split", AlarmSeverity.Critical, "half of the nodes or more can't be reached", IsOfCluster: true),
            new("node-certificate", AlarmSeverity.High, "this node's certificate for other nodes ends"),
            new("node-peer", AlarmSeverity.High, "another node's certificate has ended"),
            new("token", AlarmSeverity.Critical, "a token takes no work"),
            new("token-errors", AlarmSeverity.Medium, "a token was lost repeatedly"),
            new("certificate", AlarmSeverity.Medium, "a certificate ends soon or has ended"),
            new("crl", AlarmSeverity.High, "a certificate revocation list is out of date"),
            new("audit-chain", AlarmSeverity.Critical, "the audit trail was changed"),
            new("audit-checkpoint", AlarmSeverity.High, "no checkpoints of the audit trail are made"),
            new("audit-ship", AlarmSeverity.Medium, "checkpoints of the audit trail can't be shipped"),
            new("checker", AlarmSeverity.High, "a content scanner does not answer"),
            new("dead-letters", AlarmSeverity.Medium, "messages between actors of the program found nobody"),
            new("parked", AlarmSeverity.High, "mail was set aside because work on it failed again and again"),
            new("configuration", AlarmSeverity.Medium, "a configuration was refused"),
            new("clock", AlarmSeverity.High, "the system's clock was set"),
            new("logging", AlarmSeverity.Low, "the log level is raised for a time"),
            new("trace", AlarmSeverity.Low, "an SMTP dialogue is recorded for a time"),
            new("folder", AlarmSeverity.Medium, "a watched folder can't be used"),
            new("proxy-log", AlarmSeverity.High, "no proxy certificates are issued at a boundary"),
            new("channel", AlarmSeverity.High, "numbers of a channel are missing"),
            new("acp127-channel", AlarmSeverity.High, "numbers of an ACP 127 channel are missing"),
            new("acp127-number", AlarmSeverity.Medium, "an ACP 127 transmission came without a number"),
            new("acp127-folder", AlarmSeverity.High, "the folder of an ACP 127 line can't be emptied"),
            new(Flood, AlarmSeverity.High, "many alarms of one kind at once"),
            new(Notifier, AlarmSeverity.High, "nobody can be told of alarms this way"),
        ];
        ByName = All.ToFrozenDictionary(k => k.Name, StringComparer.Ordinal);
    }

    /// <summary>In the order of the documentation.</summary>
    public static ImmutableArray<AlarmKind> All { get; }

    /// <summary>What stands before the colon of an alarm's id.</summary>
    public static string NameOf(string id) => id.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? id[..colon] : id;

    /// <summary>The kind of an alarm, by its id or by the kind's own name; null: there is none.</summary>
    public static AlarmKind? Find(string id) => ByName.GetValueOrDefault(NameOf(id));

    /// <summary>Of an alarm that says nothing of its own.</summary>
    public static AlarmSeverity SeverityOf(string id) => Find(id)?.SeverityOf(id) ?? AlarmSeverity.Medium;
}
