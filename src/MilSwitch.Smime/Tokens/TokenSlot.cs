using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// One token: its sessions, what waits for them, and how it is. All that changes is under the directory's gate; no call into
/// a library is ever made under it.
/// </summary>
/// <remarks>
/// What waits is served by level (<see cref="LinkScheduler{T}"/>), so urgent work waits for the end of one operation that is
/// under way. For <see cref="TokenOptions.UrgentReserve"/> after urgent work came, one session of two or more takes nothing
/// lower, so that the next finds it free; in quiet times no session stands idle.
/// </remarks>
internal sealed class TokenSlot
{
    private static readonly PrecedenceTable Levels = PrecedenceTable.Default;

    private readonly TokenDirectory directory;
    private readonly object gate;
    private readonly LinkScheduler<TokenWork> queue = new(Levels);
    private readonly List<SessionWorker> workers = [];
    private readonly List<SessionWorker> waiting = [];
    private readonly HashSet<string> expected;
    private IReadOnlySet<string> labels = new HashSet<string>();
    private SessionWorker? opener;
    private int started;
    private int failures;
    private int lost;
    private long nextTry;
    private long? lastUrgent;
    private long nextDue = long.MaxValue;
    private readonly long[] done = new long[PrecedenceExtensions.Count];
    private readonly long[] failed = new long[PrecedenceExtensions.Count];
    private long allFailures;
    private TokenFailure? lastFailure;

    public TokenSlot(TokenOptions options, TokenDirectory directory, object gate)
    {
        Options = options;
        this.directory = directory;
        this.gate = gate;
        expected = options.Keys.Select(k => k.Label).ToHashSet(StringComparer.Ordinal);
        Library = Pkcs11Library.At(options.Library);
        Library.Use();
        Health = new TokenHealth(TokenState.Starting, "no session was opened yet", Time.GetUtcNow());
    }

    public TokenOptions Options { get; }

    public Pkcs11Library Library { get; }

    public TimeProvider Time => directory.Time;

    public TokenHealth Health { get; private set; }

    /// <summary>Work that waits or is under way.</summary>
    public int Load
    {
        get
        {
            var load = queue.Count;
            foreach (var worker in workers)
            {
                if (worker.Work is not null) load++;
            }

            return load;
        }
    }

    /// <summary>What it does, and did; the gate is held.</summary>
    public TokenLoad Describe() => new(
        Options.Sessions, workers.Count(w => !w.MustReopen), workers.Count(w => w.BusySince is not 0), lost, queue.Count,
        [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(i => new TokenLevel((Precedence)i, done[i], failed[i]))], allFailures, lastFailure);

    public bool IsFullFor(Precedence precedence) => queue.Count >= (precedence.IsUrgent() ? Options.QueueLength + (Options.QueueLength / 4) : Options.QueueLength);

    /// <summary>It is meant to have the key.</summary>
    public bool ShouldHave(string label) => expected.Contains(label);

    /// <summary>It works, and the key is there.</summary>
    public bool Serves(string label) => Health.State is TokenState.Working && labels.Contains(label);

    public void Start()
    {
        lock (gate)
            for (var i = 0; i < Options.Sessions; i++) StartWorker(isReserve: i is 0 && Options.Sessions > 1);
    }

    /// <summary>Takes work; the gate is held.</summary>
    public void Add(TokenWork work)
    {
        if (work.Precedence.IsUrgent()) lastUrgent = Time.GetTimestamp();
        queue.Add(work.Precedence, work.Sequence, work);
        nextDue = Math.Min(nextDue, work.Due);
        for (var i = waiting.Count - 1; i >= 0; i--)
        {
            if (waiting[i].MustReopen || work.Precedence < Lowest(waiting[i])) continue;
            Wake(waiting[i]);
            return;
        }
    }

    /// <summary>Gives away everything that waits; the gate is held.</summary>
    public IReadOnlyList<TokenWork> Drain()
    {
        nextDue = long.MaxValue;
        return [.. queue.Drain().Where(w => !w.IsOver)];
    }

    /// <summary>What the worker is to do next.</summary>
    public Errand Next(SessionWorker worker)
    {
        lock (gate)
        {
            if (worker.IsLost || Health.State is TokenState.Stopped) return Errand.Stop;
            if (worker.Work is { IsOver: true }) worker.Work = null;
            if (worker.MustReopen || !worker.HasSession)
            {
                worker.MustReopen = true;
                if (opener is not null || !MayOpen(worker))
                {
                    // The slot fell sick while this was under way.
                    if (worker.Work is not null && Health.State is not TokenState.Working)
                    {
                        PutBack(worker);
                        directory.Redistribute();
                    }

                    return Wait(worker);
                }

                // One at a time: a PIN that is wrong is shown once, not once for each session.
                opener = worker;
                return Errand.Open;
            }

            if (worker.Work is not null) return Errand.Work;
            if (Health.State is not TokenState.Working) return Wait(worker);
            while (queue.TryTake(Lowest(worker), out var work, out _))
            {
                if (work.IsOver) continue;
                worker.Work = work;
                return Errand.Work;
            }

            return Wait(worker);
        }
    }

    /// <summary>The worker has a session.</summary>
    public void Opened(SessionWorker worker, IReadOnlySet<string> found)
    {
        lock (gate)
        {
            EndOpening(worker);
            if (worker.IsLost || Health.State is TokenState.Stopped) return;
            worker.MustReopen = false;
            labels = found;
            var missing = Options.Keys.Select(k => k.Label).Where(l => !found.Contains(l)).ToArray();
            if (Health.State is not TokenState.Working) failures = 0;
            Become(TokenState.Working, missing.Length is 0 ? "" : $"without the keys {string.Join(", ", missing)}");
            WakeAll();
        }
    }

    /// <summary>The worker could not open a session.</summary>
    public void NotOpened(SessionWorker worker, TokenFault fault)
    {
        lock (gate)
        {
            EndOpening(worker);
            if (worker.IsLost || Health.State is TokenState.Stopped) return;
            CountFailure(null, fault.Message);
            worker.RetryAt = Time.GetTimestamp() + Ticks(Options.PollInterval);
            // A token may have fewer sessions than it was thought to have: the others go on.
            var othersWork = Health.State is TokenState.Working && workers.Any(w => w != worker && !w.MustReopen);
            if (othersWork && (fault.Kind is TokenFaultKind.NoSession || (fault.Kind is TokenFaultKind.Broken && ++failures < Options.FailuresUntilSick))) PutBack(worker);
            else Sicken(fault.Kind is TokenFaultKind.Refused ? TokenState.Refused : TokenState.Sick, fault.Message);
            WakeAll();
        }
    }

    /// <summary>The worker did its work, which was of this level.</summary>
    public void Done(SessionWorker worker, Precedence level)
    {
        lock (gate)
        {
            done[(int)level]++;
            worker.Work = null;
            failures = 0;
        }
    }

    /// <summary>The worker's operation failed. Once, it is repeated on a new session; then it goes to another slot, or its caller hears of it.</summary>
    public void Failed(SessionWorker worker, TokenFault fault)
    {
        lock (gate)
        {
            if (worker.Work is not { } work || worker.IsLost) return;
            CountFailure(work.Precedence, fault.Message);
            switch (fault.Kind)
            {
                case TokenFaultKind.NotOffered:
                    worker.Work = null;
                    work.Fail(new NotSupportedException($"The token {Options.Name} does not do this with the key {work.Key.Label}: {fault.Message}.", fault));
                    return;
                case TokenFaultKind.OtherKey:
                    worker.Work = null;
                    work.FailedOn(this);
                    directory.Place(work, fault.Message);
                    return;
                case TokenFaultKind.Stale:
                    worker.MustReopen = true;
                    return;
            }

            worker.MustReopen = true;
            if (!work.IsRepeated)
            {
                work.IsRepeated = true;
                if (fault.Kind is TokenFaultKind.Gone) Sicken(TokenState.Sick, fault.Message, tryAtOnce: true);
                return;
            }

            worker.Work = null;
            work.FailedOn(this);
            // A key that is missing among others says nothing about the rest.
            if (fault.Kind is not TokenFaultKind.NoKey && ++failures >= Options.FailuresUntilSick) Sicken(TokenState.Sick, fault.Message);
            directory.Place(work, fault.Message);
        }
    }

    /// <summary>The worker's thread ends.</summary>
    public void Ended(SessionWorker worker)
    {
        lock (gate)
        {
            if (!worker.IsLost) return;
            lost--;
            if (Health.State is not TokenState.Stopped && workers.Count < Options.Sessions) StartWorker(worker.IsReserve);
        }
    }

    /// <summary>Looks after everything that time brings; the gate is held.</summary>
    public void Tick(long now)
    {
        foreach (var worker in workers.ToArray())
        {
            if (worker.Work is { IsOver: false } work && work.Due <= now) work.Expire(WhyItWaits);
            var since = worker.BusySince;
            // Opening may have to wait for others and to initialise the library.
            if (since is not 0 && now - since > Ticks(Options.CallLimit) * (opener == worker ? 3 : 1)) Lose(worker);
        }

        if (nextDue <= now)
        {
            foreach (var work in Drain())
            {
                if (work.Due <= now) work.Expire(WhyItWaits);
                else Add(work);
            }
        }

        if (queue.Count > 0 || waiting.Exists(w => w.MustReopen && MayOpen(w))) WakeAll();
    }

    /// <summary>Ends it; the gate is held. Who waits hears that the key is not available.</summary>
    public IReadOnlyList<SessionWorker> Stop()
    {
        Become(TokenState.Stopped, "it was closed");
        foreach (var work in Drain().Concat(workers.Select(w => w.Work).OfType<TokenWork>()))
            work.Fail(new KeyUnavailableException($"The token {Options.Name} was closed."));
        WakeAll();
        return [.. workers];
    }

    private string WhyItWaits => Health.State is TokenState.Working ? $"the token {Options.Name} is busy" : $"{Options.Name}: {Health.Reason}";

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Time.TimestampFrequency);

    private Precedence Lowest(SessionWorker worker) =>
        worker.IsReserve && lastUrgent is { } last && Time.GetElapsedTime(last) < Options.UrgentReserve ? Precedence.Immediate : Precedence.Deferred;

    private bool MayOpen(SessionWorker worker) => Health.State switch
    {
        TokenState.Starting => true,
        TokenState.Working => worker.RetryAt <= Time.GetTimestamp(),
        TokenState.Sick => nextTry <= Time.GetTimestamp(),
        _ => false,
    };

    private void StartWorker(bool isReserve)
    {
        var worker = new SessionWorker(this, ++started, isReserve);
        workers.Add(worker);
        worker.Start();
    }

    private void EndOpening(SessionWorker worker)
    {
        worker.BusySince = 0;
        if (opener == worker) opener = null;
    }

    private Errand Wait(SessionWorker worker)
    {
        waiting.Add(worker);
        return Errand.Wait;
    }

    private void Wake(SessionWorker worker)
    {
        waiting.Remove(worker);
        worker.Signal();
    }

    private void WakeAll()
    {
        foreach (var worker in waiting) worker.Signal();
        waiting.Clear();
    }

    private void Lose(SessionWorker worker)
    {
        worker.IsLost = true;
        workers.Remove(worker);
        lost++;
        var wasOpening = opener == worker;
        if (wasOpening) opener = null;
        CountFailure(worker.Work?.Precedence, "the library does not return");
        if (worker.Work is { } work) work.Fail(new KeyUnavailableException($"The library of the token {Options.Name} does not return from an operation with the key {work.Key.Label}."));
        worker.Work = null;
        if (lost <= Options.LostThreads) StartWorker(worker.IsReserve);
        if (workers.Count is 0) Sicken(TokenState.Sick, $"the library does not return, {lost} threads are lost in it");
        else if (wasOpening || ++failures >= Options.FailuresUntilSick) Sicken(TokenState.Sick, "the library does not return");
    }

    // No session is trusted any more. What was in hand and waits for a new session waits in the queue instead, or goes elsewhere.
    private void Sicken(TokenState state, string reason, bool tryAtOnce = false)
    {
        nextTry = Time.GetTimestamp() + (tryAtOnce ? 0 : Ticks(Options.PollInterval));
        foreach (var worker in workers)
        {
            if (worker.MustReopen && worker.BusySince is 0) PutBack(worker);
            worker.MustReopen = true;
        }

        Become(state, reason);
    }

    private void CountFailure(Precedence? level, string cause)
    {
        allFailures++;
        if (level is { } of) failed[(int)of]++;
        lastFailure = new TokenFailure(Time.GetUtcNow(), cause);
    }

    private void PutBack(SessionWorker worker)
    {
        if (worker.Work is not { } work) return;
        worker.Work = null;
        work.IsRepeated = false;
        queue.Add(work.Precedence, work.Sequence, work);
        nextDue = Math.Min(nextDue, work.Due);
    }

    private void Become(TokenState state, string reason)
    {
        var before = Health.State;
        if (state != before || reason != Health.Reason) Health = new TokenHealth(state, reason, state == before ? Health.Since : Time.GetUtcNow());
        if ((before is TokenState.Working) == (state is TokenState.Working))
        {
            if (state is TokenState.Refused) directory.Redistribute();
            return;
        }

        Library.SlotWorks(state is TokenState.Working);
        if (state is not TokenState.Stopped) directory.Redistribute();
    }
}
