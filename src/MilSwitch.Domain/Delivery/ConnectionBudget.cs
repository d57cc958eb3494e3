using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Delivery;

/// <summary>
/// How many transactions a link may run at once, and who may have them: the last ones are kept for the urgent levels
/// (RFC 6710 §D.1), so that a Flash finds a free connection on a saturated link.
/// </summary>
/// <param name="Limit">Connections in all.</param>
/// <param name="ReservedForUrgent">Kept for Immediate and above.</param>
/// <param name="ReservedForFlash">Of these, kept for Flash and Override.</param>
public readonly record struct ConnectionBudget(int Limit, int ReservedForUrgent, int ReservedForFlash)
{
    /// <summary>Reserves one in ten for the urgent levels, at least one where there is more than one connection at all.</summary>
    public static ConnectionBudget For(int limit)
    {
        var urgent = limit switch { 1 => 0, 2 => 1, _ => Math.Max(2, limit / 10) };
        return new ConnectionBudget(limit, urgent, urgent >= 2 ? urgent / 2 : urgent);
    }

    /// <summary>The lowest level that may start now; null when nothing may.</summary>
    public Precedence? LowestAllowed(int busy)
    {
        if (busy >= Limit) return null;
        var free = Limit - busy;
        if (free <= ReservedForFlash) return Precedence.Flash;
        return free <= ReservedForUrgent ? Precedence.Immediate : Precedence.Deferred;
    }
}
