using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Switching.Watching;

/// <summary>How this node is, for those who watch. Thread-safe.</summary>
internal sealed class NodePicture(SwitchRuntime runtime, SwitchControl control)
{
    private readonly TrafficRing traffic = new();

    /// <summary>Looks at the counters; once a second.</summary>
    public void Count() => traffic.Count(runtime.Now, Sum(runtime.Meters.Accepted), Sum(runtime.Meters.Delivered), Sum(runtime.Meters.Failed));

    public NodeSnapshot Take()
    {
        var snapshots = runtime.Partitions.Snapshots;
        return new NodeSnapshot(runtime.Configuration.Node, Answers: true)
        {
            Version = runtime.Version,
            StartedAt = runtime.StartedAt,
            Ready = control.IsReady,
            Spool = runtime.Spool.Health,
            Usage = runtime.Spool.Usage(),
            Console = runtime.Configuration.Console,
            Held = snapshots.Sum(s => s.Held),
            Levels = Levels(level => new LevelSnapshot(
                snapshots.Sum(s => s.Queued[(int)level]), runtime.Partitions.Oldest(level), runtime.Meters.Accepted(level), runtime.Meters.Delivered(level), runtime.Meters.Failed(level))),
            Traffic = traffic.Take(runtime.Now),
        };
    }

    private static ImmutableArray<LevelSnapshot> Levels(Func<Precedence, LevelSnapshot> take) => [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(p => take((Precedence)p))];

    private static long Sum(Func<Precedence, long> counter) => Enumerable.Range(0, PrecedenceExtensions.Count).Sum(p => counter((Precedence)p));
}
