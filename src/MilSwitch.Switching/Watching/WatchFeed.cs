using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Watching;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Switching.Watching;

/// <summary>One question to the nodes a second for all who watch.</summary>
internal sealed class WatchFeed(SwitchRuntime runtime, NodePicture picture, NodeWatch watch, IOperatorActions actions) : IWatchFeed
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(900);

    private readonly Lock gate = new();
    private WatchSnapshot? last;
    private long takenAt;
    private Task<WatchSnapshot>? underWay;

    public async ValueTask<WatchSnapshot> LookAsync(CancellationToken cancellationToken)
    {
        Task<WatchSnapshot> look;
        lock (gate)
        {
            if (last is { } known && runtime.Time.GetElapsedTime(takenAt) < Fresh) return known;
            // Who gives up does not take it from the others.
            look = underWay ??= Task.Run(TakeAsync, CancellationToken.None);
        }

        return await look.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<WatchSnapshot> TakeAsync()
    {
        try
        {
            var others = watch.OthersAsync(CancellationToken.None);
            var alarms = actions.AlarmsOfAllAsync(CancellationToken.None).AsTask();
            var links = actions.LinksOfAllAsync(CancellationToken.None).AsTask();
            var cluster = await actions.ClusterAsync(CancellationToken.None).ConfigureAwait(false);
            var nodes = (await others.ConfigureAwait(false)).Append(picture.Take()).ToList();
            // One that is known and gone is shown as lost, not left out.
            foreach (var member in cluster.Members.Where(m => !m.Self && nodes.TrueForAll(n => n.Node != m.Name))) nodes.Add(new NodeSnapshot(member.Name, Answers: false));
            var snapshot = new WatchSnapshot(
                runtime.Now, runtime.Configuration.Node, [.. nodes.OrderBy(n => n.Node, StringComparer.Ordinal)], [.. await alarms.ConfigureAwait(false)],
                [.. await links.ConfigureAwait(false)], cluster, runtime.Configuration.Precedences);
            lock (gate) (last, takenAt) = (snapshot, runtime.Time.GetTimestamp());
            return snapshot;
        }
        finally
        {
            lock (gate) underWay = null;
        }
    }
}
