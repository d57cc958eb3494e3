using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Host.Api;

/// <param name="Node">The node that looked.</param>
/// <param name="Levels">The highest first.</param>
/// <param name="Traffic">Of all nodes, oldest minute first; the last one is not over yet.</param>
public sealed record OverviewView(DateTimeOffset At, string Node, IReadOnlyList<OverviewLevelView> Levels, IReadOnlyList<OverviewNodeView> Nodes, IReadOnlyList<TrafficView> Traffic)
{
    public static OverviewView Of(WatchSnapshot snapshot) => new(
        snapshot.At, snapshot.Node,
        [
            .. Enumerable.Range(0, PrecedenceExtensions.Count).Reverse().Select(p => (Precedence)p).Select(p => new OverviewLevelView(
                p.Keyword(), snapshot.Queued(p), snapshot.Oldest(p), snapshot.Table[p].Alarm?.TotalSeconds, snapshot.Left(p)?.TotalSeconds)),
        ],
        [.. snapshot.Nodes.Select(OverviewNodeView.Of)],
        [.. snapshot.Nodes.SelectMany(n => n.Traffic).GroupBy(m => m.At).OrderBy(g => g.Key).Select(g => new TrafficView(g.Key, g.Sum(m => m.Accepted), g.Sum(m => m.Delivered), g.Sum(m => m.Failed)))]);
}

/// <param name="Oldest">When the oldest that waits was accepted; null: nothing waits.</param>
/// <param name="SpeedOfService">Seconds; null: there is no such time.</param>
/// <param name="Left">Seconds of it that are left for the oldest, negative when it is late.</param>
public sealed record OverviewLevelView(string Precedence, int Queued, DateTimeOffset? Oldest, double? SpeedOfService, double? Left);

/// <param name="Answers">False: it said nothing in time, and the rest is not known.</param>
public sealed record OverviewNodeView(string Node, bool Answers, bool Ready, string? Spool, long? FreeOctets, int Queued, int Held, string? Version, DateTimeOffset? StartedAt, string? Console)
{
    public static OverviewNodeView Of(NodeSnapshot node) => new(
        node.Node, node.Answers, node.Ready, node.Answers ? Words.Of(node.Spool) : null, node.Answers && node.Usage.FreeOctets != SpoolUsage.Unknown ? node.Usage.FreeOctets : null,
        node.Levels.Sum(l => l.Queued), node.Held, node.Answers ? node.Version : null, node.StartedAt, node.Console);
}

/// <summary>One minute: messages accepted, recipients delivered and given up.</summary>
public sealed record TrafficView(DateTimeOffset At, long Accepted, long Delivered, long Failed);

/// <summary>How one transaction of a link ended.</summary>
public sealed record OutcomeView(DateTimeOffset At, string Message, string Precedence, int Recipients, int Delivered, string Target, string Reply);

/// <summary>A message taken apart. Its texts are its own and not to be trusted.</summary>
public sealed record InspectedView(
    string Verdict, IReadOnlyList<string> Reasons, IReadOnlyList<InspectedLayer> Layers, IReadOnlyList<InspectedPart> Parts, IReadOnlyList<InspectedField> Fields, string? Text, bool IsCut)
{
    public static InspectedView Of(InspectedMessage message) => new(message.Verdict, message.Reasons, message.Layers, message.Parts, message.Fields, message.Text, message.IsCut);
}

public sealed record WatchNoteView(string Id, DateTimeOffset At, string Who, string Node, string Kind, string Text)
{
    public static WatchNoteView Of(WatchNote note) => new(note.Id, note.At, note.Who, note.Node, Words.Of(note.Kind), note.Text);
}

/// <param name="Kind">note, handover (which begins with how everything stands) or takeover.</param>
/// <param name="Text">Up to 4,000 characters.</param>
public sealed record WatchNoteRequest(string? Kind, string? Text);

/// <param name="Certificates">Of the configuration, by where they stand in it.</param>
/// <param name="RevocationLists">Of the configuration, and fetched ones.</param>
public sealed record KeyFactsView(IReadOnlyList<CertificateFact> Certificates, IReadOnlyList<RevocationFact> RevocationLists, IReadOnlyList<TokenView> Tokens)
{
    public static KeyFactsView Of(KeyFacts facts) => new(facts.Certificates, facts.RevocationLists, [.. facts.Tokens.Select(TokenView.Of)]);
}
