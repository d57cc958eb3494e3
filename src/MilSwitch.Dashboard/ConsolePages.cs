using MilSwitch.Dashboard.Rendering;
using MilSwitch.Dashboard.Views;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard;

/// <summary>Every page there is.</summary>
internal static class ConsolePages
{
    private const string Traffic = "Traffic";
    private const string Desk = "Desk";
    private const string Switch = "Switch";
    private const string Record = "Record";

    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<ConsolePage> All { get; } =
    [
        new("/", "Overview", typeof(OverviewView)) { Key = 'o', Group = Traffic, Live = Quick },
        new("/queues", "Queues", typeof(QueuesView)) { Key = 'q', Group = Traffic, Live = Calm },
        new("/links", "Links", typeof(LinksView)) { Key = 'l', Group = Traffic, Live = Quick },
        new("/links", "Link", typeof(LinkView)) { HasId = true, Live = Quick },
        new("/track", "Tracking", typeof(TrackView)) { Key = 't', Group = Traffic },
        new("/messages", "Message", typeof(MessageView)) { HasId = true, Live = Calm },
        new("/tracer", "Tracer report", typeof(TracerView)) { HasId = true },
        new("/holding", "Holding centre", typeof(HoldingView)) { Key = 'h', Group = Desk, Live = Calm, IsPersonal = true },
        new("/holding", "Held message", typeof(HeldView)) { HasId = true, Live = Calm, IsPersonal = true },
        new("/drafts", "Release", typeof(DraftsView)) { Key = 'd', Group = Desk, Live = Calm, IsPersonal = true },
        new("/alarms", "Alarms", typeof(AlarmsView)) { Key = 'a', Group = Desk, Live = Calm },
        new("/runbook", "Runbook", typeof(RunbookView)) { HasId = true },
        new("/proposals", "Second person", typeof(ProposalsView)) { Key = '2', Group = Desk, Live = Calm, IsPersonal = true },
        new("/rules", "Orders", typeof(RulesView)) { Key = 'r', Group = Desk, Live = Calm },
        new("/cluster", "Cluster", typeof(ClusterPageView)) { Key = 'c', Group = Switch, Live = Quick },
        new("/routing", "Routing and policy", typeof(RoutingView)) { Key = 'p', Group = Switch },
        new("/keys", "Certificates and keys", typeof(KeysView)) { Key = 'k', Group = Switch, Live = Calm },
        new("/telemetry", "Telemetry", typeof(TelemetryView)) { Key = 'm', Group = Switch, Live = Calm },
        new("/telemetry", "Dialogue", typeof(DialogueView), OperatorRight.Configure) { HasId = true, Live = Calm },
        new("/admin", "Administration", typeof(AdminView)) { Key = 'x', Group = Switch, IsPersonal = true },
        new("/reports", "Reports", typeof(ReportsView)) { Key = 's', Group = Record },
        new("/audit", "Audit", typeof(AuditView), OperatorRight.ReadAudit) { Key = 'u', Group = Record },
        new("/log", "Watch log", typeof(LogView)) { Key = 'w', Group = Record },
    ];

    /// <summary>By the path of an address; what stands behind it is the id.</summary>
    public static (ConsolePage Page, string? Id)? Find(string path)
    {
        if (All.FirstOrDefault(p => !p.HasId && p.Path == path) is { } whole) return (whole, null);
        var cut = path.IndexOf('/', 1);
        if (cut < 0 || cut == path.Length - 1) return null;
        return All.FirstOrDefault(p => p.HasId && p.Path == path[..cut]) is { } page ? (page, Uri.UnescapeDataString(path[(cut + 1)..])) : null;
    }
}
