using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Partitions;
using MilSwitch.Testing;
using Settings = MilSwitch.Switching.Cluster.ClusterSettings;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>An actor system with the product's settings and transport, that takes pings and says whom it believes to be up.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<string> unreachable = new();

    private ClusterNode(NodeCertificate identity, int port, string hocon, NodeTransportLimits? limits)
    {
        Credentials = new NodeCredentials(identity);
        var config = ConfigurationFactory.ParseString(hocon)
            .WithFallback(ConfigurationFactory.ParseString($"akka.remote.milswitch.port = {port}\nakka.loglevel = OFF\nakka.stdout-loglevel = OFF"))
            .WithFallback(ConfigurationFactory.ParseString(Settings.Hocon));
        System = (ExtendedActorSystem)ActorSystem.Create(Settings.SystemName, BootstrapSetup.Create().WithConfig(config)
            .And(new NodeTransportSetup(Credentials, limits ?? new NodeTransportLimits(), Meters, NullLoggerFactory.Instance, TimeProvider.System)));
        Cluster = Akka.Cluster.Cluster.Get(System);
        System.ActorOf(Props.Create(typeof(Collector), Pings), "collector");
        System.ActorOf(Props.Create(typeof(Watcher), unreachable), "watcher");
    }

    public ExtendedActorSystem System { get; }

    public Akka.Cluster.Cluster Cluster { get; }

    public NodeCredentials Credentials { get; }

    public NodeTransportMeters Meters { get; } = new();

    /// <summary>Numbers of the pings that came, in order.</summary>
    public ConcurrentQueue<int> Pings { get; } = new();

    /// <summary>Members that were ever unreachable from here.</summary>
    public IEnumerable<string> Unreachable => unreachable;

    public int Port => Cluster.SelfAddress.Port!.Value;

    public bool HasEnded => System.WhenTerminated.IsCompleted || Cluster.IsTerminated;

    public static ClusterNode Start(NodeCertificate identity, int port = 0, string hocon = "", NodeTransportLimits? limits = null) => new(identity, port, hocon, limits);

    /// <summary>Starts nodes and waits until each sees all.</summary>
    public static async Task<ClusterNode[]> FormAsync(params NodeCertificate[] identities)
    {
        var nodes = identities.Select(i => Start(i)).ToArray();
        foreach (var node in nodes) node.Cluster.Join(nodes[0].Cluster.SelfAddress);
        await AllUpAsync(nodes);
        return nodes;
    }

    public static Task AllUpAsync(params ClusterNode[] nodes) => Eventually.ComesTrueAsync(
        () => nodes.All(n => n.Cluster.State.Members.Count(m => m.Status is MemberStatus.Up) == nodes.Length && n.Cluster.State.Unreachable.IsEmpty),
        Patience, $"{nodes.Length} members, all up");

    /// <summary>The collector of another node, as seen from here.</summary>
    public IActorRef CollectorOf(Address address) => System.Provider.ResolveActorRef($"{address}/user/collector");

    public IActorRef CollectorOf(ClusterNode other) => CollectorOf(other.Cluster.SelfAddress);

    /// <summary>Waits until the other hears from here.</summary>
    public async Task ReachesAsync(ClusterNode other, int number)
    {
        var collector = CollectorOf(other);
        await Eventually.ComesTrueAsync(
            () =>
            {
                collector.Tell(new PartitionPing(number));
                return other.Pings.Contains(number);
            },
            Patience, $"ping {number} arrives");
    }

    /// <summary>Dies: nobody is told.</summary>
    public void Die() => System.Abort();

    public async ValueTask DisposeAsync()
    {
        await System.Terminate();
    }

    private sealed class Collector(ConcurrentQueue<int> pings) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is PartitionPing ping) pings.Enqueue(ping.Partition);
        }
    }

    private sealed class Watcher(ConcurrentQueue<string> unreachable) : UntypedActor
    {
        protected override void PreStart() => Akka.Cluster.Cluster.Get(Context.System).Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.UnreachableMember));

        protected override void OnReceive(object message)
        {
            if (message is ClusterEvent.UnreachableMember gone) unreachable.Enqueue(gone.Member.Address.ToString());
        }
    }
}
