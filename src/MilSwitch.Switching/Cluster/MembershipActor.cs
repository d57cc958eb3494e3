using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Operations;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// Knows the nodes, tells them of this one each second, and shares the links' connections with them. Where the store answers
/// another node and not this one, this one gives its partitions to those who can write.
/// </summary>
internal sealed class MembershipActor : UntypedActor, IWithTimers
{
    public const string Name = "membership";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long the store may be silent here while it answers others.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Answering = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan WantTime = TimeSpan.FromSeconds(3);

    private readonly SwitchRuntime runtime;
    private readonly ClusterBeat beat;
    private readonly Akka.Cluster.Cluster cluster;
    private readonly Dictionary<Address, Peer> reports = [];
    private ClusterView view = ClusterView.Alone;

    public MembershipActor(SwitchRuntime runtime, ClusterBeat beat)
    {
        this.runtime = runtime;
        this.beat = beat;
        cluster = Akka.Cluster.Cluster.Get(Context.System);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(SwitchRuntime runtime, ClusterBeat beat) => Akka.Actor.Props.Create(typeof(MembershipActor), runtime, beat);

    protected override void PreStart()
    {
        cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer("tell", Tell.Instance, TimeSpan.Zero, Interval);
    }

    protected override void PostStop() => cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodeNews { Report: not null } news:
                // Who sends is who speaks: a report about another node is none.
                if (Sender.Path.Address is { Host: not null } from) OnNews(from, news);
                break;
            case ClusterEvent.MemberRemoved removed:
                reports.Remove(removed.Member.Address);
                Look();
                break;
            case ClusterEvent.IMemberEvent or ClusterEvent.IReachabilityEvent:
                Look();
                break;
            // From this node: told to the others. From another: done here, and told nobody.
            case LinkOrder order when Sender.Path.Address.Host is null:
                foreach (var other in Others()) other.Tell(order, Self);
                break;
            case LinkOrder order:
                if (runtime.Links.Find(new Domain.Routing.LinkName(order.Link)) is { } link) link.Actor.Tell(new LinkCommands.TryNow());
                break;
            case Tell:
                TellOthers();
                Look();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnNews(Address from, NodeNews news)
    {
        reports[from] = new Peer(news.Report, runtime.Time.GetTimestamp());
        runtime.KeyPeers?.Learn(from, news.Report.Keys);
        runtime.Far?.Learn(from, news.Report.Owned, news.Report.Pending);
        // Rules and settings that another node put in force are learnt at once and not with the next beat.
        if (news.Report.Policy > runtime.Policy) beat.Hurry();
    }

    private void TellOthers()
    {
        var news = new NodeNews(Report());
        // Who owns partitions needs nobody else's.
        var whole = new NodeNews(news.Report with { Owned = [.. runtime.Partitions.Owned.Select(p => p.Epoch)] });
        foreach (var other in OtherMembers()) Of(other).Tell(NodeRoleNames.Read(other.Roles).HasFlag(NodeRoles.Switch) ? news : whole, Self);
    }

    private IEnumerable<Member> OtherMembers() =>
        cluster.State.Members.Where(m => m.Address != cluster.SelfAddress && m.Status is (MemberStatus.Up or MemberStatus.Leaving or MemberStatus.WeaklyUp));

    private IEnumerable<ActorSelection> Others() => OtherMembers().Select(Of);

    private static ActorSelection Of(Member member) => Context.ActorSelection(new RootActorPath(member.Address) / "user" / Name);

    private NodeReport Report() => new(
        runtime.Configuration.Node, runtime.Spool.Run, runtime.Version, (long)beat.Silence.TotalMilliseconds, runtime.Partitions.Owned.Count, runtime.Partitions.Pending, runtime.Policy)
    {
        Wants = runtime.Wants.Own,
        Keys = runtime.KeyHost?.Offers ?? [],
    };

    private void Look()
    {
        var unreachable = cluster.State.Unreachable;
        var next = new ClusterView(
        [
            .. cluster.State.Members.Select(m => Describe(m, unreachable)).OrderBy(m => m.Name, StringComparer.Ordinal).ThenBy(m => m.Address, StringComparer.Ordinal),
        ]);
        var changed = ConnectionShare.Of(next) != ConnectionShare.Of(view);
        foreach (var gone in view.Members.Where(m => m.State is MemberState.Up && !next.Members.Any(n => n.Address == m.Address && n.State is MemberState.Up && n.Reachable == m.Reachable)))
            runtime.Events.Publish(new SwitchEvent(runtime.Now, next.Members.Any(n => n.Address == gone.Address && n.Reachable) ? "node.leaving" : "node.silent") { Subject = gone.Name });
        foreach (var come in next.Members.Where(m => m.State is MemberState.Up && m.Reachable && !view.Members.Any(v => v.Address == m.Address && v.State is MemberState.Up && v.Reachable)))
            runtime.Events.Publish(new SwitchEvent(runtime.Now, "node.up") { Subject = come.Name });
        view = next;
        runtime.Cluster = next;
        var there = cluster.State.Members.Except(unreachable).Select(m => m.Address).ToHashSet();
        runtime.KeyPeers?.Keep(there);
        runtime.Far?.Keep(there);
        runtime.Wants.SetOthers(reports.Values.Where(p => runtime.Time.GetElapsedTime(p.HeardAt) < WantTime).SelectMany(p => p.Report.Wants));
        if (changed)
        {
            foreach (var link in runtime.Links.All) link.Actor.Tell(LinkCommands.Share.Instance);
        }

        if (beat.Silence > SilenceLimit && reports.Values.Any(p => AnswersThere(p)))
            runtime.Fence.CutOff();
    }

    private bool AnswersThere(Peer peer) =>
        runtime.Time.GetElapsedTime(peer.HeardAt) < Answering && TimeSpan.FromMilliseconds(peer.Report.StoreSilence) < Answering;

    private ClusterMember Describe(Member member, IReadOnlyCollection<Member> unreachable)
    {
        var self = member.Address == cluster.SelfAddress;
        var report = self ? Report() : reports.TryGetValue(member.Address, out var peer) ? peer.Report : null;
        var address = member.Address.HostPort();
        return new ClusterMember(report?.Node ?? address, address[(address.IndexOf('@', StringComparison.Ordinal) + 1)..], StateOf(member.Status), !unreachable.Contains(member), self, report)
        {
            Roles = NodeRoleNames.Read(member.Roles),
        };
    }

    private static MemberState StateOf(MemberStatus status) => status switch
    {
        MemberStatus.Joining => MemberState.Joining,
        MemberStatus.Up or MemberStatus.WeaklyUp => MemberState.Up,
        MemberStatus.Leaving or MemberStatus.Exiting => MemberState.Leaving,
        _ => MemberState.Down,
    };

    private readonly record struct Peer(NodeReport Report, long HeardAt);

    private sealed record Tell : ILocalMessage
    {
        public static readonly Tell Instance = new();
    }
}

/// <summary>What a node tells the others of itself each second.</summary>
public sealed record NodeNews(NodeReport Report) : IWireMessage;
