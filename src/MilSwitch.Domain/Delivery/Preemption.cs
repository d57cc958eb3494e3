using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Delivery;

/// <summary>A transaction under way, as far as pre-emption asks.</summary>
/// <param name="Precedence">Its level.</param>
/// <param name="Remaining">Octets still to send.</param>
/// <param name="OctetsPerSecond">Its pace so far; 0 when unknown.</param>
public readonly record struct RunningTransfer(Precedence Precedence, long Remaining, double OctetsPerSecond);

/// <summary>The most urgent message that waits for a connection.</summary>
/// <param name="Precedence">Its level.</param>
/// <param name="Size">Octets.</param>
/// <param name="Deadline">Until when it must have been handed on.</param>
public readonly record struct WaitingTransfer(Precedence Precedence, long Size, DateTimeOffset Deadline);

/// <summary>RFC 6710 §D.2: whether a lower transfer gives way at the next chunk boundary; pure.</summary>
public static class Preemption
{
    /// <summary>An urgent message that waits is taken for one of this size: enough of one to be worth interrupting a longer one.</summary>
    private const long UrgentSize = 32 << 10;

    /// <summary>Of a level without an alarm time.</summary>
    private static readonly TimeSpan UsualAlarm = TimeSpan.FromMinutes(8);

    /// <summary>
    /// What running transfers are told when no connection is left for the highest level that waits: to be handed on within a
    /// quarter of its alarm time. Null when that is no urgent level.
    /// </summary>
    public static WaitingTransfer? Pressure(Precedence highest, PrecedenceTable table, DateTimeOffset now) =>
        highest.IsUrgent() ? new WaitingTransfer(highest, UrgentSize, now + ((table[highest].Alarm ?? UsualAlarm) / 4)) : null;

    /// <summary>
    /// Only an urgent message interrupts, only a lower one is interrupted, and only when waiting would make the urgent one
    /// late and what is left of the lower takes longer than the whole of the urgent one: an interrupted transfer starts
    /// again from its first octet, so interrupting is dear.
    /// </summary>
    public static bool GivesWay(RunningTransfer running, WaitingTransfer waiting, DateTimeOffset now)
    {
        if (!waiting.Precedence.IsUrgent() || waiting.Precedence <= running.Precedence) return false;
        if (running.Remaining <= waiting.Size) return false;
        if (running.OctetsPerSecond <= 0) return now >= waiting.Deadline;
        var seconds = (running.Remaining + waiting.Size) / running.OctetsPerSecond;
        return now + TimeSpan.FromSeconds(Math.Min(seconds, 1e9)) > waiting.Deadline;
    }
}
