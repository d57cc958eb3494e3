using MilSwitch.Domain.Precedences;

namespace MilSwitch.Switching.Links;

/// <summary>
/// Whether a link has room right now, readable without asking its actor: lets the intake arm a message in the same commit
/// that accepts it, so that the straight path needs two commits and not three. Thread-safe; a stale answer costs a commit,
/// never order within a level by more than the messages in flight.
/// </summary>
internal sealed class LinkGauge
{
    private readonly int[] waiting = new int[PrecedenceExtensions.Count];
    private int used;
    private int limit;
    private int open;

    /// <summary>Messages ready or in flight.</summary>
    public int Used => Volatile.Read(ref used);

    /// <summary>Written by the link: whether its hop is there and mail may leave, and its window. Not before a connection was open.</summary>
    public void Set(bool isOpen, int window)
    {
        Volatile.Write(ref limit, window);
        Volatile.Write(ref open, isOpen ? 1 : 0);
    }

    /// <summary>Written by the link: how many wait at a level.</summary>
    public void SetWaiting(Precedence precedence, int count) => Volatile.Write(ref waiting[(int)precedence], count);

    /// <summary>Takes a place for a message that was not there before; false: it has to queue.</summary>
    public bool TryReserve(Precedence precedence)
    {
        if (Volatile.Read(ref open) is 0 || Volatile.Read(ref waiting[(int)precedence]) > 0) return false;
        var now = Interlocked.Increment(ref used);
        if (now <= Volatile.Read(ref limit) || precedence.IsUrgent()) return true;
        Interlocked.Decrement(ref used);
        return false;
    }

    /// <summary>The link takes a place for a message that waited.</summary>
    public void Take() => Interlocked.Increment(ref used);

    public void Release() => Interlocked.Decrement(ref used);

    public bool HasRoom => Volatile.Read(ref used) < Volatile.Read(ref limit);
}
