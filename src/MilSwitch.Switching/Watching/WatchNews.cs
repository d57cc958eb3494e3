using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Watching;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Watching;

/// <summary>How a node is. Answered with <see cref="NodeAnswer"/>.</summary>
/// <param name="Minutes">Of its traffic, at most so many.</param>
public sealed record NodeOrder(int Minutes) : IWireMessage;

/// <summary>As <see cref="NodeSnapshot"/>.</summary>
public sealed record NodeAnswer(
    string Version, DateTimeOffset? StartedAt, bool Ready, SpoolHealth Spool, long UsedOctets, long FreeOctets, int Held, ImmutableArray<LevelNews> Levels,
    ImmutableArray<MinuteNews> Traffic, string? Console) : IWireMessage
{
    internal static NodeAnswer Of(NodeSnapshot node, int minutes) => new(
        node.Version, node.StartedAt, node.Ready, node.Spool, node.Usage.UsedOctets, node.Usage.FreeOctets, node.Held,
        [.. node.Levels.Select(l => new LevelNews(l.Queued, l.Oldest, l.Accepted, l.Delivered, l.Failed))],
        [.. node.Traffic.TakeLast(minutes).Select(m => new MinuteNews(m.At, m.Accepted, m.Delivered, m.Failed))], node.Console);

    /// <summary>Null: of another version, or nonsense.</summary>
    internal NodeSnapshot? ToSnapshot(string name) =>
        !Enum.IsDefined(Spool) || Levels.IsDefault || Levels.Length != PrecedenceExtensions.Count || Levels.Contains(null!) ? null : new NodeSnapshot(name, Answers: true)
        {
            Version = Version ?? "", StartedAt = StartedAt, Ready = Ready, Spool = Spool, Usage = new SpoolUsage(UsedOctets, FreeOctets), Held = Held, Console = Console,
            Levels = [.. Levels.Select(l => new LevelSnapshot(l.Queued, l.Oldest, l.Accepted, l.Delivered, l.Failed))],
            Traffic = Traffic.IsDefault ? [] : [.. Traffic.Where(m => m is not null).TakeLast(TrafficRing.Minutes).Select(m => new TrafficMinute(m.At, m.Accepted, m.Delivered, m.Failed))],
        };
}

/// <summary>As <see cref="LevelSnapshot"/>.</summary>
public sealed record LevelNews(int Queued, DateTimeOffset? Oldest, long Accepted, long Delivered, long Failed);

/// <summary>As <see cref="TrafficMinute"/>.</summary>
public sealed record MinuteNews(DateTimeOffset At, long Accepted, long Delivered, long Failed);
