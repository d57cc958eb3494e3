namespace MilSwitch.Domain.Delivery;

public enum BreakerPhase : byte
{
    /// <summary>Connections are opened as they are needed.</summary>
    Closed,

    /// <summary>The hop did not answer: nothing is tried before <see cref="LinkBreaker.RetryAt"/>.</summary>
    Open,

    /// <summary>One probe is under way; what it meets decides.</summary>
    HalfOpen,
}

/// <summary>
/// Circuit breaker of one link, as a value: connection failures open it for growing pauses, one probe closes it again.
/// Refusals of single messages never touch it.
/// </summary>
/// <param name="Failures">Connection failures in a row.</param>
/// <param name="RetryAt">When the next probe is due, while open.</param>
/// <param name="LastFault">What went wrong last, for the operator.</param>
public sealed record LinkBreaker(BreakerPhase Phase, int Failures, DateTimeOffset RetryAt, string LastFault)
{
    /// <summary>Fewer failures in a row than this, with other connections working, are taken as chance.</summary>
    public const int FailuresToOpen = 2;

    public static LinkBreaker Initial { get; } = new(BreakerPhase.Closed, 0, DateTimeOffset.MinValue, "");

    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)];

    public LinkBreaker Connected() => Phase == BreakerPhase.Closed && Failures == 0 ? this : Initial;

    /// <param name="now">The time.</param>
    /// <param name="fault">What went wrong.</param>
    /// <param name="othersConnected">Another connection of the same link is working at this moment.</param>
    public LinkBreaker Failed(DateTimeOffset now, string fault, bool othersConnected)
    {
        // Connections begun before it opened fail together when a hop dies: they are one failure, not a row of them.
        if (Phase == BreakerPhase.Open) return this with { LastFault = fault };
        var failures = Failures + 1;
        if (Phase == BreakerPhase.Closed && othersConnected && failures < FailuresToOpen) return this with { Failures = failures, LastFault = fault };
        return new LinkBreaker(BreakerPhase.Open, failures, now + Pauses[Math.Min(failures - 1, Pauses.Length - 1)], fault);
    }

    /// <summary>May a connection be opened now? When open and due, the answer is yes once: for the probe.</summary>
    public (bool Allowed, LinkBreaker Next) TryConnect(DateTimeOffset now) => Phase switch
    {
        BreakerPhase.Closed => (true, this),
        BreakerPhase.Open when now >= RetryAt => (true, this with { Phase = BreakerPhase.HalfOpen }),
        _ => (false, this),
    };

    /// <summary>An operator asked to try at once.</summary>
    public LinkBreaker TryNow(DateTimeOffset now) => Phase == BreakerPhase.Open ? this with { RetryAt = now } : this;

    /// <summary>The link leads elsewhere now: what was met there before says nothing. When it was down, a probe is due.</summary>
    public LinkBreaker LedElsewhere(DateTimeOffset now) =>
        this with { Phase = Phase == BreakerPhase.Closed ? BreakerPhase.Closed : BreakerPhase.Open, Failures = 0, RetryAt = now };

    /// <summary>A waiting urgent message shortens the pause, never lengthens it.</summary>
    public LinkBreaker NoLaterThan(DateTimeOffset latest) => Phase == BreakerPhase.Open && latest < RetryAt ? this with { RetryAt = latest } : this;
}
