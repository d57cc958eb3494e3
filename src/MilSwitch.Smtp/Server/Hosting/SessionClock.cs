namespace MilSwitch.Smtp.Server.Hosting;

/// <summary>
/// One timer for the deadlines of all sessions, with a resolution of a second: a session that waits costs one object here
/// and no timer of its own. Thread-safe.
/// </summary>
public sealed class SessionClock : IDisposable
{
    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly HashSet<SessionDeadline> deadlines = [];
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private readonly List<SessionDeadline> due = [];

    public SessionClock(TimeProvider time)
    {
        this.time = time;
        timer = time.CreateTimer(static clock => ((SessionClock)clock!).Tick(), this, Resolution, Resolution);
    }

    /// <summary>Now, in the ticks of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    internal long Now => time.GetTimestamp();

    internal long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    public void Dispose() => timer.Dispose();

    internal void Add(SessionDeadline deadline)
    {
        lock (gate) deadlines.Add(deadline);
    }

    internal void Remove(SessionDeadline deadline)
    {
        lock (gate) deadlines.Remove(deadline);
    }

    private void Tick()
    {
        var now = Now;
        var grace = Ticks(SessionDeadline.Grace);
        SessionDeadline[] expired;
        lock (gate)
        {
            foreach (var deadline in deadlines)
                if (deadline.IsDue(now, grace)) due.Add(deadline);
            if (due.Count is 0) return;
            expired = [.. due];
            due.Clear();
        }

        // Outside the lock: waking a session can run it.
        foreach (var deadline in expired) deadline.Fire(now, grace);
    }
}

/// <summary>The one deadline a session has at a time. Armed by the session, fired by the clock.</summary>
/// <param name="expire">Wakes whatever the session waits for.</param>
/// <param name="abort">Cuts the connection, when waking did not help.</param>
internal sealed class SessionDeadline(Action expire, Action? abort)
{
    /// <summary>From the deadline to the cut.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private const long Unarmed = 0;
    private const long Expired = -1;

    private long at;
    private long expiredAt;

    public void Arm(long deadline) => Interlocked.Exchange(ref at, Math.Max(deadline, 1));

    /// <summary>True when it had passed.</summary>
    public bool Disarm() => Interlocked.Exchange(ref at, Unarmed) == Expired;

    internal bool IsDue(long now, long grace)
    {
        var seen = Volatile.Read(ref at);
        return seen == Expired ? now - Volatile.Read(ref expiredAt) >= grace : seen != Unarmed && seen <= now;
    }

    internal void Fire(long now, long grace)
    {
        var seen = Volatile.Read(ref at);
        if (seen == Expired)
        {
            if (now - Volatile.Read(ref expiredAt) >= grace) abort?.Invoke();
            return;
        }

        if (seen == Unarmed || seen > now) return;
        Volatile.Write(ref expiredAt, now);
        if (Interlocked.CompareExchange(ref at, Expired, seen) == seen) expire();
    }
}
