namespace MilSwitch.Smime.Tokens;

/// <summary>
/// One thread with one session of its own, which no other thread ever touches. It asks its slot what to do, does it, and asks
/// again. A call that never returns takes the thread with it; the slot then starts another one.
/// </summary>
internal sealed class SessionWorker
{
    private readonly TokenSlot slot;
    private readonly Thread thread;
    private readonly SemaphoreSlim signal = new(0);
    private TokenSession? session;
    private long busySince;

    public SessionWorker(TokenSlot slot, int number, bool isReserve)
    {
        this.slot = slot;
        IsReserve = isReserve;
        Number = number;
        thread = new Thread(Run) { IsBackground = true, Name = $"token {slot.Options.Name} {number}" };
    }

    public int Number { get; }

    /// <summary>After urgent work it leaves lower work to the others for a while.</summary>
    public bool IsReserve { get; }

    /// <summary>What it has in hand. Under the slots' gate, like everything that can be set below.</summary>
    public TokenWork? Work { get; set; }

    /// <summary>When it went into the library; zero outside.</summary>
    public long BusySince
    {
        get => Volatile.Read(ref busySince);
        set => Volatile.Write(ref busySince, value);
    }

    /// <summary>It waits for a signal.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Nobody waits for it any more; it ends when its call returns.</summary>
    public bool IsLost { get; set; }

    /// <summary>Its session is to be closed, and another opened, before it does anything else.</summary>
    public bool MustReopen { get; set; } = true;

    /// <summary>Time stamp before which it does not try to open a session again.</summary>
    public long RetryAt { get; set; }

    /// <summary>Only its own thread may ask.</summary>
    public bool HasSession => session is { IsOfThisGeneration: true };

    public void Start() => thread.Start();

    public void Signal() => signal.Release();

    public bool Join(TimeSpan limit) => !thread.IsAlive || thread.Join(limit);

    private void Run()
    {
        while (true)
        {
            switch (slot.Next(this))
            {
                case Errand.Wait: signal.Wait(); break;
                case Errand.Open: Open(); break;
                case Errand.Work: Do(Work!); break;
                default:
                    CloseSession();
                    slot.Ended(this);
                    return;
            }
        }
    }

    private void Open()
    {
        try
        {
            CloseSession();
            slot.Opened(this, OpenSession());
        }
        catch (TokenFault fault) when (fault.Kind is TokenFaultKind.Gone)
        {
            OpenAnew(fault);
        }
        catch (Exception fault)
        {
            slot.NotOpened(this, fault as TokenFault ?? Unforeseen(fault));
        }
    }

    // Libraries that read their tokens once see one that came back, or its keys, only when they are initialised anew.
    private void OpenAnew(TokenFault gone)
    {
        try
        {
            var options = slot.Options;
            BusySince = slot.Time.GetTimestamp() | 1;
            if (slot.Library.TryReinitialise(options.CallLimit, options.ReinitialiseInterval, slot.Time)) slot.Opened(this, OpenSession());
            else slot.NotOpened(this, gone);
        }
        catch (Exception fault)
        {
            slot.NotOpened(this, fault as TokenFault ?? Unforeseen(fault));
        }
    }

    private IReadOnlySet<string> OpenSession()
    {
        using var inside = new Visit(this);
        session = TokenSession.Open(slot.Options, slot.Library);
        TokenMeter.CountSession(slot.Options.Name, 1);
        return session.Labels;
    }

    private void Do(TokenWork work)
    {
        var started = slot.Time.GetTimestamp();
        try
        {
            byte[]? result;
            using (new Visit(this))
            {
                if (!HasSession) throw new TokenFault(TokenFaultKind.Stale, "the library was initialised anew");
                result = work.Do(session!);
            }

            TokenMeter.Count(slot.Options.Name, slot.Time.GetElapsedTime(started), null);
            work.Succeed(result);
            slot.Done(this, work.Precedence);
        }
        catch (Exception fault)
        {
            var known = fault switch
            {
                TokenFault told => told,
                Net.Pkcs11Interop.Common.Pkcs11Exception answer => TokenFault.From(answer),
                NotSupportedException unsupported => new TokenFault(TokenFaultKind.NotOffered, unsupported.Message, unsupported),
                _ => Unforeseen(fault),
            };
            TokenMeter.Count(slot.Options.Name, slot.Time.GetElapsedTime(started), known.Kind);
            slot.Failed(this, known);
        }
    }

    private void CloseSession()
    {
        if (session is null) return;
        try
        {
            using var inside = new Visit(this);
            session.Close();
        }
        catch (TokenFault)
        {
            // The library stands still; with it goes the session.
        }

        session = null;
        TokenMeter.CountSession(slot.Options.Name, -1);
    }

    private static TokenFault Unforeseen(Exception fault) => new(TokenFaultKind.Broken, $"the library failed: {fault.GetType().Name}", fault);

    // Time counts from when it is let in, and never stands at zero.
    private readonly ref struct Visit
    {
        private readonly SessionWorker worker;

        public Visit(SessionWorker worker)
        {
            this.worker = worker;
            worker.slot.Library.Enter(worker.slot.Options.CallLimit);
            worker.BusySince = worker.slot.Time.GetTimestamp() | 1;
        }

        public void Dispose()
        {
            worker.BusySince = 0;
            worker.slot.Library.Leave();
        }
    }
}

/// <summary>What a worker is to do next.</summary>
internal enum Errand : byte
{
    Wait,
    Open,
    Work,
    Stop,
}
