using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching.Cluster.Keys;

/// <summary>
/// What keys the other nodes have, as they tell each second, and what was asked of them. Who asks hears of a lost node at
/// once and not when its patience ends. Thread-safe.
/// </summary>
internal sealed class KeyPeers(TimeProvider time) : IKeyPeers
{
    /// <summary>How long what a node told of its keys counts.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(3);

    /// <summary>How long after the start a node may not have heard of all others.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(5);

    /// <summary>Operations under way at one node; more than its tokens would let wait.</summary>
    private const int MostAtOne = 4_000;

    private readonly ConcurrentDictionary<Address, Peer> peers = new();
    private readonly ConcurrentDictionary<long, Waiting> waiting = new();
    private long number;
    private long joinedAt = -1;
    private Action<Address, KeyOrder>? send;

    public bool IsSettled => Volatile.Read(ref joinedAt) is var at and >= 0 && time.GetElapsedTime(at) > SettleTime;

    /// <summary>Set once, when the actor system is up.</summary>
    public void SendBy(Action<Address, KeyOrder> way)
    {
        Volatile.Write(ref joinedAt, time.GetTimestamp());
        Volatile.Write(ref send, way);
    }

    /// <summary>A node told what it has.</summary>
    public void Learn(Address node, ImmutableArray<KeyOffer> offers)
    {
        if (offers.IsEmpty) peers.TryRemove(node, out _);
        else peers.AddOrUpdate(node, _ => new Peer(offers, time.GetTimestamp()), (_, old) => old.With(offers, time.GetTimestamp()));
    }

    /// <summary>A node is gone, or its connection: what it was to do is asked of another.</summary>
    public void Forget(Address node)
    {
        peers.TryRemove(node, out _);
        foreach (var one in waiting.Values)
            if (one.Node == node) one.Outcome.TrySetResult(KeyOutcome.Away("the node that was asked is lost"));
    }

    /// <summary>Only these are there.</summary>
    public void Keep(IReadOnlySet<Address> nodes)
    {
        foreach (var node in peers.Keys.Concat(waiting.Values.Select(w => w.Node)).Where(n => !nodes.Contains(n)).Distinct().ToArray()) Forget(node);
    }

    /// <summary>An answer came from a node.</summary>
    public void Hear(Address node, KeyAnswer answer)
    {
        // Nobody answers for another node.
        if (waiting.TryGetValue(answer.Number, out var one) && one.Node == node) one.Outcome.TrySetResult(answer.Outcome);
    }

    public bool Offers(string label, string certificate)
    {
        foreach (var (_, peer) in peers)
            if (IsFresh(peer) && peer.LoadOf(label, certificate) is not null) return true;
        return false;
    }

    public async ValueTask<KeyOutcome> DoAsync(KeyRequest request, TimeSpan patience)
    {
        if (Volatile.Read(ref send) is not { } way) return KeyOutcome.Away("this node has not joined the others");
        var began = time.GetTimestamp();
        List<Address>? tried = null;
        var last = KeyOutcome.Away("no node has it");
        while (Choose(request, tried) is var (node, peer))
        {
            var left = patience - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) return last;
            var id = Interlocked.Increment(ref number);
            var one = new Waiting(node);
            waiting[id] = one;
            Interlocked.Increment(ref peer.UnderWay);
            try
            {
                way(node, KeyOrder.Of(id, request, left));
                last = await one.Outcome.Task.WaitAsync(left, time).ConfigureAwait(false);
                if (last.Kind is not KeyOutcomeKind.Away) return last;
            }
            catch (TimeoutException)
            {
                return KeyOutcome.Away("no answer in time from the node that was asked");
            }
            finally
            {
                Interlocked.Decrement(ref peer.UnderWay);
                waiting.TryRemove(id, out _);
            }

            (tried ??= []).Add(node);
        }

        return last;
    }

    private (Address Node, Peer Peer)? Choose(KeyRequest request, List<Address>? tried)
    {
        (Address Node, Peer Peer)? best = null;
        var least = int.MaxValue;
        foreach (var (node, peer) in peers)
        {
            if (!IsFresh(peer) || peer.UnderWay >= MostAtOne || tried?.Contains(node) is true || peer.LoadOf(request.Label, request.Certificate) is not { } load) continue;
            // What it told is up to a second old; what it was given by this node since then counts as well.
            var all = Math.Max(load, peer.UnderWay);
            if (all > least || (all == least && (Volatile.Read(ref number) & 1) is 0)) continue;
            (best, least) = ((node, peer), all);
        }

        return best;
    }

    private bool IsFresh(Peer peer) => time.GetElapsedTime(peer.ToldAt) < Freshness;

    private sealed record Waiting(Address Node)
    {
        public TaskCompletionSource<KeyOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Peer(ImmutableArray<KeyOffer> offers, long toldAt)
    {
        public int UnderWay;

        private ImmutableArray<KeyOffer> offers = offers;
        private long toldAt = toldAt;

        public long ToldAt => Volatile.Read(ref toldAt);

        // The same object: what is under way at the node stays counted.
        public Peer With(ImmutableArray<KeyOffer> next, long now)
        {
            ImmutableInterlocked.InterlockedExchange(ref offers, next);
            Volatile.Write(ref toldAt, now);
            return this;
        }

        public int? LoadOf(string label, string certificate)
        {
            foreach (var offer in offers)
                if (offer.Label == label && offer.Certificate == certificate) return offer.Load;
            return null;
        }
    }
}
