using Akka.Actor;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Boundaries;

/// <summary>
/// The messages of this node that wait to cross a boundary: their ids and no more, because a million may wait. Who is next is told
/// so (<see cref="CrossingDue"/>), the most urgent first, then the oldest, and no more at a time than there are places; urgent ones
/// have places of their own, which slow checks of others can't take. Thread-safe.
/// </summary>
/// <param name="places">Passages at one time, of urgent messages and of others each.</param>
internal sealed class CrossingQueue(int places)
{
    private readonly Lock gate = new();
    private readonly Dictionary<MessageId, Entry> known = [];
    private readonly Lane urgent = new();
    private readonly Lane others = new();

    /// <summary>Messages that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (gate) return known.Values.Count(e => !e.IsTold);
        }
    }

    /// <summary>Lines a message up, once: one that is told already comes again when its passage has ended.</summary>
    /// <param name="id">The message.</param>
    /// <param name="precedence">Its level.</param>
    /// <param name="acceptedTicks">When it was accepted.</param>
    /// <param name="partition">Who is told.</param>
    public void Add(MessageId id, Precedence precedence, long acceptedTicks, IActorRef partition)
    {
        lock (gate)
        {
            if (known.TryGetValue(id, out var there))
            {
                there.ComesAgain |= there.IsTold;
                return;
            }

            Enqueue(new Entry(id, precedence, acceptedTicks, partition));
        }
    }

    /// <summary>The passage of a message has ended, however it did, or there is none; its place is the next one's. Idempotent.</summary>
    public void End(MessageId id)
    {
        lock (gate)
        {
            if (!known.TryGetValue(id, out var entry) || !entry.IsTold) return;
            Remove(entry);
            if (entry.ComesAgain) Enqueue(new Entry(id, entry.Precedence, entry.AcceptedTicks, entry.Partition));
            Serve(LaneOf(entry));
        }
    }

    /// <summary>A partition is this node's no longer: its messages wait nowhere here.</summary>
    public void Forget(IActorRef partition)
    {
        lock (gate)
        {
            foreach (var entry in known.Values.Where(e => e.Partition.Equals(partition)).ToArray()) Remove(entry);
            Serve(urgent);
            Serve(others);
        }
    }

    private void Enqueue(Entry entry)
    {
        known.Add(entry.Id, entry);
        LaneOf(entry).Waiting.Enqueue(entry, (-(int)entry.Precedence, entry.AcceptedTicks));
        Serve(LaneOf(entry));
    }

    private void Remove(Entry entry)
    {
        known.Remove(entry.Id);
        if (entry.IsTold) LaneOf(entry).Told--;
        // What waits stays in its lane until its turn comes, and is passed over then.
        entry.IsGone = true;
    }

    private void Serve(Lane lane)
    {
        while (lane.Told < places && lane.Waiting.TryDequeue(out var entry, out _))
        {
            if (entry.IsGone) continue;
            entry.IsTold = true;
            lane.Told++;
            entry.Partition.Tell(new CrossingDue(entry.Id));
        }
    }

    private Lane LaneOf(Entry entry) => entry.Precedence.IsUrgent() ? urgent : others;

    private sealed class Lane
    {
        public PriorityQueue<Entry, (int Level, long AcceptedTicks)> Waiting { get; } = new();

        public int Told { get; set; }
    }

    private sealed class Entry(MessageId id, Precedence precedence, long acceptedTicks, IActorRef partition)
    {
        public MessageId Id { get; } = id;

        public Precedence Precedence { get; } = precedence;

        public long AcceptedTicks { get; } = acceptedTicks;

        public IActorRef Partition { get; } = partition;

        public bool IsTold { get; set; }

        public bool IsGone { get; set; }

        public bool ComesAgain { get; set; }
    }
}
