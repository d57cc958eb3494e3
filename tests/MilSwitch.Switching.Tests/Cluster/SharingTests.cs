using System.Collections.Immutable;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>How nodes share the connections of a link.</summary>
[Collection(AloneCollection.Name)]
public sealed class SharingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void The_parts_of_all_nodes_are_the_whole(int nodes)
    {
        for (var connections = 1; connections <= 40; connections++)
        {
            var parts = Enumerable.Range(0, nodes).Select(n => ConnectionShare.Of(View(nodes, n)).Of(connections)).ToArray();
            Assert.Equal(connections, parts.Sum());
            Assert.InRange(parts.Max() - parts.Min(), 0, 1);
        }
    }

    [Fact]
    public void Who_can_not_be_reached_may_still_have_its_part()
    {
        var view = View(3, 0) with { Members = [.. View(3, 0).Members.Select((m, i) => i is 2 ? m with { Reachable = false } : m)] };
        Assert.Equal(2, ConnectionShare.Of(view).Of(6));
        Assert.Equal(2, view.Up);
    }

    [Fact]
    public void A_node_on_its_own_has_everything() => Assert.Equal(20, ConnectionShare.Of(ClusterView.Alone).Of(20));

    [Fact]
    public async Task Two_nodes_never_have_the_same_turn_and_the_more_urgent_gets_it()
    {
        var time = new ManualTime();
        var store = new FakeLeases(time);
        var first = new LinkTurn(store, new LinkName("hf"), "n1#1", time);
        var second = new LinkTurn(store, new LinkName("hf"), "n2#2", time);

        await first.Act(Precedence.Routine, null, 0)!;
        await second.Act(Precedence.Routine, null, 0)!;
        Assert.True(first.MaySend);
        Assert.False(second.MaySend);

        // Nothing is given on while a connection is open; it is closed first.
        Assert.Null(first.Act(Precedence.Routine, Precedence.Flash, 1));
        Assert.True(first.IsEnding);
        await first.Act(Precedence.Routine, Precedence.Flash, 0)!;
        Assert.False(first.MaySend);
        await second.Act(Precedence.Flash, Precedence.Routine, 0)!;
        Assert.True(second.MaySend);
        // It waits for a moment before it asks again, so that the other has time to.
        Assert.Null(first.Act(Precedence.Routine, Precedence.Flash, 0));
    }

    [Fact]
    public async Task Equals_take_turns_and_whoever_has_nothing_gives_it_on()
    {
        var time = new ManualTime();
        var turn = new LinkTurn(new FakeLeases(time), new LinkName("hf"), "n1#1", time);
        await turn.Act(Precedence.Routine, null, 0)!;
        Assert.Null(turn.Act(Precedence.Routine, Precedence.Routine, 1));
        Assert.False(turn.IsEnding);
        time.Advance(TimeSpan.FromSeconds(6));
        await turn.Act(Precedence.Routine, Precedence.Routine, 1)!;
        Assert.True(turn.IsEnding);
        await turn.Act(null, null, 0)!;
        Assert.False(turn.MaySend);
    }

    [Fact]
    public async Task A_turn_that_is_not_kept_is_over_here_before_it_is_over_in_the_store()
    {
        var time = new ManualTime();
        var store = new FakeLeases(time);
        var turn = new LinkTurn(store, new LinkName("hf"), "n1#1", time);
        await turn.Act(Precedence.Routine, null, 0)!;
        time.Advance(TimeSpan.FromSeconds(3.5));
        Assert.False(turn.MaySend);
        Assert.False(await store.AcquireLeaseAsync("link:hf:0", "n2#2", TimeSpan.FromSeconds(4)));
    }

    private static ClusterView View(int nodes, int self) => new(
        [.. Enumerable.Range(0, nodes).Select(n => new ClusterMember($"n{n}", $"10.0.0.{n}:4053", MemberState.Up, true, n == self, null))]);

    private sealed class ManualTime : TimeProvider
    {
        private long ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan by) => ticks += by.Ticks;
    }

    private sealed class FakeLeases(TimeProvider time) : IClusterStore
    {
        private readonly Dictionary<string, (string Owner, long At, TimeSpan For)> leases = [];

        public ValueTask<bool> AcquireLeaseAsync(string name, string owner, TimeSpan timeToLive, CancellationToken cancellationToken = default)
        {
            if (leases.TryGetValue(name, out var held) && held.Owner != owner && time.GetElapsedTime(held.At) < held.For) return new(false);
            leases[name] = (owner, time.GetTimestamp(), timeToLive);
            return new(true);
        }

        public ValueTask<bool> ReleaseLeaseAsync(string name, string owner, CancellationToken cancellationToken = default) => new(leases.TryGetValue(name, out var held) && held.Owner == owner && leases.Remove(name));

        public ValueTask<bool> RefreshLeaseAsync(string name, string owner, TimeSpan timeToLive, CancellationToken cancellationToken = default) => AcquireLeaseAsync(name, owner, timeToLive, cancellationToken);

        public ValueTask<NodeIdentity?> OwnerAsync(int partition, CancellationToken cancellationToken = default) => new((NodeIdentity?)null);

        public ValueTask<ClusterLease?> ReadLeaseAsync(string name, CancellationToken cancellationToken = default) => new((ClusterLease?)null);

        public ValueTask RegisterNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default) => default;

        public ValueTask<bool> RefreshNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default) => new(true);

        public ValueTask<IReadOnlyList<Domain.Clustering.ClusterNode>> FreshNodesAsync(TimeSpan youngerThan, CancellationToken cancellationToken = default) => new((IReadOnlyList<Domain.Clustering.ClusterNode>)ImmutableArray<Domain.Clustering.ClusterNode>.Empty);

        public ValueTask RemoveNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default) => default;

        public ValueTask<IFormationLock> LockFormationAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
