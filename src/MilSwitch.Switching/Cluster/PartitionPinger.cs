using Akka.Actor;
using MilSwitch.Domain.Messages;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// Pings all partitions each second. Nothing about them is remembered outside the store: within a second of losing its home
/// every partition is alive again somewhere.
/// </summary>
internal sealed class PartitionPinger : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly IActorRef region;

    public PartitionPinger(IActorRef region) => this.region = region;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef region) => Akka.Actor.Props.Create(typeof(PartitionPinger), region);

    protected override void PreStart() => Timers.StartPeriodicTimer("ping", Ping.Instance, TimeSpan.Zero, Interval);

    protected override void OnReceive(object message)
    {
        if (message is not Ping) return;
        for (var partition = 0; partition < MessageId.PartitionCount; partition++) region.Tell(new PartitionPing(partition));
    }

    private sealed record Ping : ILocalMessage
    {
        public static readonly Ping Instance = new();
    }
}
