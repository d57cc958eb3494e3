using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Delivery;

/// <summary>
/// What waits at one shared resource, in the order in which it is to be served: Override, Flash and Immediate strictly
/// first; Priority, Routine and Deferred share what is left by weight, so that nothing starves. Within a level the order
/// of <typeparamref name="T"/>'s sequence number is kept, also for what comes back after a failed attempt.
/// Not thread-safe: one owner.
/// </summary>
public sealed class LinkScheduler<T>
{
    private readonly PriorityQueue<T, long>[] lanes = new PriorityQueue<T, long>[PrecedenceExtensions.Count];
    private readonly int[] weights = new int[PrecedenceExtensions.Count];
    private readonly int[] credits = new int[PrecedenceExtensions.Count];

    public LinkScheduler(PrecedenceTable table)
    {
        for (var i = 0; i < lanes.Length; i++) lanes[i] = new PriorityQueue<T, long>();
        Apply(table);
    }

    public int Count { get; private set; }

    public int CountAt(Precedence precedence) => lanes[(int)precedence].Count;

    /// <summary>Takes over new weights; what waits stays.</summary>
    public void Apply(PrecedenceTable table)
    {
        foreach (var level in table.Levels) weights[(int)level.Precedence] = Math.Max(1, level.Weight);
        Array.Clear(credits);
    }

    public void Add(Precedence precedence, long sequence, T item)
    {
        lanes[(int)precedence].Enqueue(item, sequence);
        Count++;
    }

    /// <summary>The highest level at which something waits.</summary>
    public bool TryPeekHighest(out Precedence precedence)
    {
        for (var level = Precedence.Override; ; level--)
        {
            precedence = level;
            if (lanes[(int)level].Count > 0) return true;
            if (level == Precedence.Deferred) return false;
        }
    }

    /// <summary>Takes the next item whose level is at least <paramref name="lowest"/>.</summary>
    public bool TryTake(Precedence lowest, out T item, out Precedence precedence)
    {
        for (precedence = Precedence.Override; precedence >= Precedence.Immediate; precedence--)
        {
            if (precedence < lowest) break;
            if (Dequeue(precedence, out item)) return true;
        }

        if (TryChooseShared(lowest, out precedence)) return Dequeue(precedence, out item);
        item = default!;
        return false;
    }

    // Weighted round robin by credits: each round gives every waiting level its weight; the highest level with credit goes
    // first. A level alone on the link is never slowed, because credits are renewed as soon as nobody who waits has any.
    private bool TryChooseShared(Precedence lowest, out Precedence chosen)
    {
        for (var round = 0; round < 2; round++)
        {
            var waiting = false;
            for (chosen = Precedence.Priority; ; chosen--)
            {
                if (chosen >= lowest && lanes[(int)chosen].Count > 0)
                {
                    waiting = true;
                    if (credits[(int)chosen] > 0)
                    {
                        credits[(int)chosen]--;
                        return true;
                    }
                }

                if (chosen == Precedence.Deferred) break;
            }

            if (!waiting) return false;
            for (var level = (int)Precedence.Deferred; level <= (int)Precedence.Priority; level++) credits[level] = weights[level];
        }

        chosen = default;
        return false;
    }

    /// <summary>Takes everything out, highest level first.</summary>
    public IEnumerable<T> Drain()
    {
        for (var level = (int)Precedence.Override; level >= 0; level--)
        {
            while (Dequeue((Precedence)level, out var item)) yield return item;
        }
    }

    private bool Dequeue(Precedence precedence, out T item)
    {
        if (!lanes[(int)precedence].TryDequeue(out item!, out _)) return false;
        Count--;
        return true;
    }
}
