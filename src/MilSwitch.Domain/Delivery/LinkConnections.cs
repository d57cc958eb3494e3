using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Delivery;

/// <summary>
/// The connections of one link, as the one knows them who owns them: when another may be opened, who may use one, which are
/// to be closed. A connection is being opened, idle or busy. Those that a method returns are forgotten: the owner closes them.
/// Not thread-safe: one owner.
/// </summary>
/// <typeparam name="TConnection">What the owner knows a connection by.</typeparam>
/// <typeparam name="TLoad">What a transaction carries.</typeparam>
public sealed class LinkConnections<TConnection, TLoad>
    where TConnection : notnull
    where TLoad : class
{
    private const int MaximumOpening = 16;

    private readonly Dictionary<TConnection, Connection> all = [];

    /// <summary>The one used last is used next, so that those not needed reach their idle time.</summary>
    private readonly List<Connection> idle = [];
    private LinkSettings settings;
    private DateTimeOffset heard = DateTimeOffset.MinValue;
    private int opening;
    private bool closed;

    public LinkConnections(LinkSettings settings)
    {
        this.settings = settings;
        Budget = ConnectionBudget.For(settings.Connections);
    }

    public ConnectionBudget Budget { get; private set; }

    public LinkBreaker Breaker { get; private set; } = LinkBreaker.Initial;

    /// <summary>Those being opened included.</summary>
    public int Count => all.Count;

    /// <summary>Transactions under way.</summary>
    public int Busy { get; private set; }

    /// <summary>A transaction can begin at once.</summary>
    public bool HasIdle => idle.Count > 0;

    /// <summary>The lowest level that may have a connection now, idle or to be opened; null when nobody may.</summary>
    public Precedence? LowestAllowed => HasIdle || all.Count < settings.Connections ? Budget.LowestAllowed(Busy + opening) : null;

    /// <summary>
    /// The hop is there for all that is known: a connection is open, or one was at work less than an idle time ago. What is
    /// armed for any other link may wait for hours, and would be a suspect after a crash without ever having left.
    /// </summary>
    public bool IsLive(DateTimeOffset now) =>
        Breaker.Phase == BreakerPhase.Closed && (HasIdle || now - heard <= settings.IdleTimeout || all.Values.Any(c => c.IsCurrent));

    /// <summary>As many connections are being opened as messages wait for one, or as many as may be at once.</summary>
    public bool OpensEnoughFor(int waiting) => opening >= Math.Min(waiting, MaximumOpening);

    /// <summary>A connection may be opened: there is room, and the breaker is closed or its probe due.</summary>
    public bool MayOpen(DateTimeOffset now) => !closed && all.Count < settings.Connections && Breaker.TryConnect(now).Allowed;

    /// <summary>The owner opens a connection that <see cref="MayOpen"/>.</summary>
    public void Opening(TConnection connection, DateTimeOffset now)
    {
        Breaker = Breaker.TryConnect(now).Next;
        all.Add(connection, new Connection(connection));
        opening++;
    }

    /// <summary>It takes messages from now on. False: it was let go of meanwhile.</summary>
    public bool Opened(TConnection connection, string target, DateTimeOffset now)
    {
        if (!all.TryGetValue(connection, out var opened)) return false;
        opening--;
        opened.Target = target;
        heard = opened.IdleSince = now;
        idle.Add(opened);
        Breaker = Breaker.Connected();
        return true;
    }

    /// <summary>It could not be opened and is forgotten. False: it was before.</summary>
    public bool OpenFailed(TConnection connection, string fault, DateTimeOffset now)
    {
        if (!all.Remove(connection)) return false;
        opening--;
        Breaker = Breaker.Failed(now, fault, othersConnected: all.Values.Any(c => c.IsCurrent));
        return true;
    }

    /// <summary>No host of the link can be found: as bad as none that answers, also when a probe was due.</summary>
    public void NotFound(string fault, DateTimeOffset now) => Breaker = Breaker.TryConnect(now).Next.Failed(now, fault, othersConnected: false);

    /// <summary>A message waits that can't wait out a long pause.</summary>
    public void ProbeNoLaterThan(DateTimeOffset latest) => Breaker = Breaker.NoLaterThan(latest);

    /// <summary>An operator wants a connection tried at once.</summary>
    public void TryNow(DateTimeOffset now) => Breaker = Breaker.TryNow(now);

    /// <summary>Begins a transaction on an idle connection; there must be one.</summary>
    public TConnection Use(TLoad load)
    {
        var used = idle[^1];
        idle.RemoveAt(idle.Count - 1);
        used.Load = load;
        Busy++;
        return used.Handle;
    }

    /// <summary>A transaction ended.</summary>
    /// <param name="connection">On which.</param>
    /// <param name="reusable">The connection could take another one.</param>
    /// <param name="diedIdle">It had lain idle and was found dead.</param>
    /// <param name="now">The time.</param>
    public ImmutableArray<TConnection> Ended(TConnection connection, bool reusable, bool diedIdle, DateTimeOffset now)
    {
        if (!all.TryGetValue(connection, out var ended) || ended.Load is null) return [];
        Busy--;
        ended.Load = null;
        ended.Sent++;
        ended.IdleSince = now;
        if (reusable && !ended.Outdated && ended.Sent < settings.MessagesPerConnection && !closed && all.Count <= settings.Connections)
        {
            idle.Add(ended);
            heard = now;
            return [];
        }

        return diedIdle ? LetGoBeside(ended) : LetGo(ended);
    }

    /// <summary>A connection ended by itself, which none should.</summary>
    /// <returns>What it carried, and to which host; null when nothing.</returns>
    public (TLoad? Load, string? Target) Died(TConnection connection, DateTimeOffset now)
    {
        if (!all.TryGetValue(connection, out var dead)) return default;
        // It may have been the probe, without which no other is made.
        if (dead.Target is null) OpenFailed(connection, "internal fault", now);
        all.Remove(connection);
        if (dead.Load is not null) Busy--;
        return (dead.Load, dead.Target);
    }

    /// <summary>Those that were idle for too long.</summary>
    public ImmutableArray<TConnection> Expired(DateTimeOffset now) =>
        HasIdle ? LetGo(c => c.IsIdle && now - c.IdleSince > settings.IdleTimeout) : [];

    /// <summary>
    /// Takes over other settings. Connections that would be made in another way now are not used any more: those that carry
    /// nothing are let go of, the others when their transaction ends.
    /// </summary>
    public ImmutableArray<TConnection> Apply(LinkSettings next, DateTimeOffset now)
    {
        var before = settings;
        settings = next;
        Budget = ConnectionBudget.For(next.Connections);
        if (next.ConnectsLike(before)) return Surplus();
        Breaker = Breaker.LedElsewhere(now);
        heard = DateTimeOffset.MinValue;
        foreach (var connection in all.Values) connection.Outdated = true;
        return LetGo(c => c.Load is null);
    }

    /// <summary>No transaction begins any more; those under way end, with their connections.</summary>
    public ImmutableArray<TConnection> Close()
    {
        closed = true;
        return LetGo(c => c.Load is null);
    }

    // There may be fewer now: those that carry nothing go first, the others when their transaction ends.
    private ImmutableArray<TConnection> Surplus()
    {
        var surplus = all.Count - settings.Connections;
        return surplus > 0 ? LetGo(c => c.Load is null && surplus-- > 0) : [];
    }

    // What ended one idle connection (a restart of the hop, a firewall that forgets) most often ended those beside it.
    // Which of them live is not worth finding out one message at a time: opening is cheap, and a goodbye harms nobody.
    private ImmutableArray<TConnection> LetGoBeside(Connection dead) => LetGo(c => c == dead || (c.IsIdle && c.Target == dead.Target));

    private ImmutableArray<TConnection> LetGo(Connection one)
    {
        all.Remove(one.Handle);
        return [one.Handle];
    }

    private ImmutableArray<TConnection> LetGo(Func<Connection, bool> which)
    {
        var gone = all.Values.Where(which).Select(c => c.Handle).ToImmutableArray();
        foreach (var handle in gone)
        {
            if (all.Remove(handle, out var connection) && connection.Target is null) opening--;
        }

        idle.RemoveAll(c => !all.ContainsKey(c.Handle));
        return gone;
    }

    /// <param name="handle">What the owner knows it by.</param>
    private sealed class Connection(TConnection handle)
    {
        public TConnection Handle { get; } = handle;

        /// <summary>The host; null while it is being opened.</summary>
        public string? Target { get; set; }

        /// <summary>What it carries; null when it is not busy.</summary>
        public TLoad? Load { get; set; }

        /// <summary>Made by settings that are no longer in force.</summary>
        public bool Outdated { get; set; }

        public int Sent { get; set; }

        public DateTimeOffset IdleSince { get; set; }

        /// <summary>Open, and to where the link leads now.</summary>
        public bool IsCurrent => Target is not null && !Outdated;

        public bool IsIdle => Target is not null && Load is null;
    }
}
