using Microsoft.Extensions.Hosting;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// Finds messages that nodes without partitions took and put into this node's. Their word comes at once; the store remembers
/// it until the owner has heard, because they may be gone before.
/// </summary>
internal sealed class ArrivalSweeper(SwitchRuntime runtime) : BackgroundService
{
    /// <summary>Kind of the documents that stand for messages whose owner may not know of them; under the message's id.</summary>
    public const string Kind = "arrival";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public static StoredDocument For(MessageId id) => new(Kind, id.ToString(), "{}");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (runtime.ClusterStore is null || runtime.Far is not null) return;
        using var timer = new PeriodicTimer(Interval, runtime.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                foreach (var document in await runtime.Spool.ListDocumentsAsync(Kind, stoppingToken).ConfigureAwait(false))
                {
                    if (MessageId.TryParse(document.Id, out var id) && runtime.Partitions.Find(id.Partition) is { } partition) partition.Actor.Tell(new ArrivedOrder(id.Value), Akka.Actor.ActorRefs.NoSender);
                }
            }
            catch (SpoolUnavailableException)
            {
                // The next time.
            }
        }
    }
}
