using Akka.Actor;
using Akka.Cluster;
using MilSwitch.Domain.Messages;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// Pings all partitions each second, and oftener for a while when a node is gone. Nothing about them is remembered outside the
/// store: soon after losing its home every partition is alive again somewhere.
/// </summary>
internal sealed class PartitionPinger : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Haste = TimeSpan.FromMilliseconds(200);

    /// <summary>So many hasty ones: longer than it takes until the others have divided what the lost node had.</summary>
    private const int HastyPings = 25;

    private readonly IActorRef region;
    private int hasty;

    public PartitionPinger(IActorRef region) => this.region = region;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef region) => Akka.Actor.Props.Create(typeof(PartitionPinger), region);

    protected override void PreStart()
    {
        Akka.Cluster.Cluster.Get(Context.System).Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));
        Timers.StartPeriodicTimer(nameof(Ping), Ping.Instance, TimeSpan.Zero, Interval);
    }

    protected override void PostStop() => Akka.Cluster.Cluster.Get(Context.System).Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberRemoved:
                hasty = HastyPings;
                Timers.StartPeriodicTimer(nameof(HastyPing), HastyPing.Instance, TimeSpan.Zero, Haste);
                break;
            case Ping:
                PingAll();
                break;
            case HastyPing:
                PingAll();
                if (--hasty <= 0) Timers.Cancel(nameof(HastyPing));
                break;
        }
    }

    private void PingAll()
    {
        for (var partition = 0; partition < MessageId.PartitionCount; partition++) region.Tell(new PartitionPing(partition));
    }

    private sealed record Ping : ILocalMessage
    {
        public static readonly Ping Instance = new();
    }

    private sealed record HastyPing : ILocalMessage
    {
        public static readonly HastyPing Instance = new();
    }
}
