using System.Diagnostics;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>
/// Group commit on a thread of its own. What waits becomes one transaction with one fsync; while it runs the next one
/// collects. Urgent operations have a lane of their own that is emptied first and never waits for company. When a lane is
/// full its callers wait. Thread-safe.
/// </summary>
/// <remarks>
/// An fsync costs as much processor time as several small messages. So a transaction waits for company, for a moment and
/// only where company is likely: when the transactions before it were shared by several callers
/// (<see cref="SpoolWriterOptions.Gathering"/>), or when nobody waits for what is to be recorded
/// (<see cref="SpoolOperation.Patient"/>, <see cref="SpoolWriterOptions.Patience"/>). A lone caller waits for nobody.
/// <para>
/// A transaction that fails is rolled back and its operations are tried one by one, so that one that can't be stored does
/// not fail its neighbours. After an fsync failed nothing is tried any more. Whether a transaction happened during which a
/// remote store went away is found out before anything else is written; its callers wait until then, because a sender who
/// hears that its message was not taken sends it again, and then it is a duplicate of one that nobody works on.
/// </para>
/// </remarks>
public sealed class SpoolWriter : IDisposable
{
    private const int MostPooledRequests = 1024;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    /// <summary>Fewer callers than this at once are not worth waiting for.</summary>
    private const int Company = 4;

    private readonly ISpoolTransactions store;
    private readonly SpoolWriterOptions options;
    private readonly Action<SpoolHealth, SpoolHealth, Exception?> healthChanged;
    private readonly Action<Exception> maintenanceFailed;
    private readonly SpoolMetrics metrics;
    private readonly Lock poolGate = new();
    private readonly Stack<SpoolRequest> pool = new();
    private readonly object gate = new();
    private readonly Lane urgent;
    private readonly Lane ordinary;
    private readonly Queue<Action> errands = new();
    private readonly List<SpoolRequest> batch = [];
    private readonly List<SpoolRequest> undecided = [];
    private readonly Thread thread;
    private readonly TimeSpan patience;
    private readonly TimeSpan gathering;
    private bool stopping;
    private volatile int health;

    /// <summary>When what is written, or what nobody knows of whether it was, began; zero: nothing is.</summary>
    private long busySince;

    // Under the gate: who waits in the ordinary lane, and since when.
    private int waitingCallers;
    private int waitingPatiently;
    private long firstCallerAt;
    private long firstPatientAt;

    /// <summary>The most callers that shared a transaction of late; fades by an eighth with each.</summary>
    private int company;

    /// <param name="store">Used on the writer's thread only.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="healthChanged">Told the old and the new health and the cause, on any thread.</param>
    /// <param name="maintenanceFailed">Told about faults after a commit that concern no caller.</param>
    public SpoolWriter(
        ISpoolTransactions store, SpoolWriterOptions options, Action<SpoolHealth, SpoolHealth, Exception?> healthChanged, Action<Exception> maintenanceFailed)
    {
        this.store = store;
        this.options = options;
        patience = options.Patience;
        gathering = options.Gathering;
        this.healthChanged = healthChanged;
        this.maintenanceFailed = maintenanceFailed;
        urgent = new Lane(options.QueueLimit);
        ordinary = new Lane(options.QueueLimit);
        metrics = new SpoolMetrics(() => Queued, () => Health);
        thread = new Thread(Run) { Name = "spool-writer", IsBackground = true };
        thread.Start();
    }

    public SpoolHealth Health => (SpoolHealth)health;

    /// <inheritdoc cref="ISpool.Lag"/>
    public TimeSpan Lag => Volatile.Read(ref busySince) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Operations that wait.</summary>
    public int Queued
    {
        get
        {
            lock (gate) return urgent.Requests.Count + ordinary.Requests.Count;
        }
    }

    /// <summary>Waits for room, then for the commit. Only the wait for room can be cancelled.</summary>
    public ValueTask<CommitResult> CommitAsync(SpoolOperation operation, Precedence precedence, CancellationToken cancellationToken = default)
    {
        if (Health == SpoolHealth.Broken) return new ValueTask<CommitResult>(new CommitResult(CommitStatus.Unwritable, []));
        var lane = precedence.IsUrgent() && !operation.Patient ? urgent : ordinary;
        return lane.Room.Wait(0, cancellationToken) ? Enqueue(lane, operation) : WaitForRoomAsync(lane, operation, cancellationToken);
    }

    /// <summary>Runs other work between transactions, on the writer's thread.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            errands.Enqueue(() =>
            {
                try
                {
                    if (Health == SpoolHealth.Broken) throw new SpoolUnavailableException(SpoolHealth.Broken);
                    done.SetResult(work());
                }
                catch (SpoolFaultException fault)
                {
                    Report(fault);
                    done.SetException(new SpoolUnavailableException(HealthOf(fault.Fault), fault));
                }
                catch (Exception fault)
                {
                    done.SetException(fault);
                }
            });
            Monitor.Pulse(gate);
        }

        return done.Task;
    }

    /// <summary>As <see cref="RunAsync"/>, inside a transaction of its own.</summary>
    public Task<T> TransactAsync<T>(Func<T> work) => RunAsync(() =>
    {
        Settle();
        store.Begin();
        try
        {
            var result = work();
            store.Commit();
            return result;
        }
        catch
        {
            store.Rollback();
            throw;
        }
    });

    /// <summary>Finds out, between transactions, whether an unwritable volume takes writes again.</summary>
    public Task ProbeAsync() => RunAsync(() =>
    {
        if (Health == SpoolHealth.Ready) return true;
        Settle();
        store.Probe();
        Change(SpoolHealth.Ready, null);
        return true;
    });

    /// <summary>Records what somebody else met on the same volume.</summary>
    public void Report(SpoolFaultException fault)
    {
        if (fault.Fault != SpoolFault.Damaged) Change(HealthOf(fault.Fault), fault);
    }

    /// <summary>Commits what still waits, then ends the thread.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (stopping) return;
            stopping = true;
            Monitor.Pulse(gate);
        }

        thread.Join();
        metrics.Dispose();
    }

    private static SpoolHealth HealthOf(SpoolFault fault) => fault switch
    {
        SpoolFault.Full => SpoolHealth.Full,
        SpoolFault.Broken => SpoolHealth.Broken,
        _ => SpoolHealth.Unwritable,
    };

    private static CommitResult ResultOf(SpoolFault fault) => new(fault == SpoolFault.Full ? CommitStatus.Full : CommitStatus.Unwritable, []);

    private async ValueTask<CommitResult> WaitForRoomAsync(Lane lane, SpoolOperation operation, CancellationToken cancellationToken)
    {
        await lane.Room.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Enqueue(lane, operation).ConfigureAwait(false);
    }

    private ValueTask<CommitResult> Enqueue(Lane lane, SpoolOperation operation)
    {
        var request = Rent();
        ValueTask<CommitResult> task;
        try
        {
            request.Fill(operation);
            task = request.Task;
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(stopping, this);
                lane.Requests.Enqueue(request);
                if (lane == urgent || Arrived(operation)) Monitor.Pulse(gate);
            }
        }
        catch
        {
            lane.Room.Release();
            throw;
        }

        return task;
    }

    private void Run()
    {
        while (true)
        {
            Action? errand;
            var ended = false;
            lock (gate)
            {
                while (TimeToWait() is var time && time != TimeSpan.Zero)
                {
                    if (stopping && ordinary.Requests.Count == 0)
                    {
                        ended = true;
                        break;
                    }

                    Monitor.Wait(gate, time);
                }

                errands.TryDequeue(out errand);
                var octets = Take(urgent, 0);
                Take(ordinary, octets);
                Departed();
            }

            if (batch.Count > 0)
            {
                if (busySince is 0) Volatile.Write(ref busySince, Stopwatch.GetTimestamp());
                CommitBatch();
                batch.Clear();
            }

            errand?.Invoke();
            if (undecided.Count is 0) Volatile.Write(ref busySince, 0);
            if (ended)
            {
                SettleOrFail();
                return;
            }

            Maintain();
        }
    }

    /// <summary>Counts who came into the ordinary lane. True when the thread has to look again.</summary>
    private bool Arrived(SpoolOperation operation)
    {
        if (operation.Patient)
        {
            if (waitingPatiently++ == 0) firstPatientAt = Stopwatch.GetTimestamp();
            return (waitingPatiently == 1 && waitingCallers == 0) || ordinary.Requests.Count == options.BatchOperations;
        }

        if (waitingCallers++ == 0) firstCallerAt = Stopwatch.GetTimestamp();
        return waitingCallers == 1 || waitingCallers >= Wanted;
    }

    /// <summary>Counts those who stay behind a full transaction anew: they came first, and have waited long enough.</summary>
    private void Departed()
    {
        var callers = batch.Count(request => !request.Operation.Patient);
        company = Math.Max(callers, company - ((company + 7) / 8));
        waitingCallers = waitingPatiently = 0;
        firstCallerAt = firstPatientAt = 0;
        foreach (var request in ordinary.Requests)
        {
            if (request.Operation.Patient) waitingPatiently++;
            else waitingCallers++;
        }
    }

    /// <summary>Callers that make a transaction worth its fsync.</summary>
    private int Wanted => company < Company ? 1 : company * 3 / 4;

    /// <summary>Zero: go now. <see cref="Timeout.InfiniteTimeSpan"/>: there is nothing to do.</summary>
    private TimeSpan TimeToWait()
    {
        if (urgent.Requests.Count > 0 || errands.Count > 0) return TimeSpan.Zero;
        if (ordinary.Requests.Count == 0) return Timeout.InfiniteTimeSpan;
        if (stopping || waitingCallers >= Wanted || ordinary.Requests.Count >= options.BatchOperations) return TimeSpan.Zero;
        var caller = waitingCallers > 0 ? gathering - Stopwatch.GetElapsedTime(firstCallerAt) : TimeSpan.MaxValue;
        var patient = waitingPatiently > 0 ? patience - Stopwatch.GetElapsedTime(firstPatientAt) : TimeSpan.MaxValue;
        var time = caller < patient ? caller : patient;
        if (time <= TimeSpan.Zero) return TimeSpan.Zero;
        // The monitor counts whole milliseconds and takes a part of one for none.
        return time < ShortestWait ? ShortestWait : time;
    }

    private long Take(Lane lane, long octets)
    {
        var taken = 0;
        while (batch.Count < options.BatchOperations && lane.Requests.TryPeek(out var next))
        {
            if (batch.Count > 0 && octets + next.Weight > options.BatchOctets) break;
            octets += next.Weight;
            batch.Add(lane.Requests.Dequeue());
            taken++;
        }

        if (taken > 0) lane.Room.Release(taken);
        return octets;
    }

    /// <summary>Whoever waits for the undecided transaction hears how it ended before anything else is written.</summary>
    private void Settle()
    {
        if (undecided.Count == 0) return;
        try
        {
            store.Settle();
        }
        catch (SpoolFaultException fault) when (fault.Fault is SpoolFault.Undecided)
        {
            // Of those before; what comes now is not in it.
            throw new SpoolFaultException(SpoolFault.Unwritable, fault.Message, fault);
        }

        foreach (var request in undecided) request.Complete(request.Result);
        undecided.Clear();
    }

    /// <summary>Who can't hear how it ended, because this ends, finds out at the next start.</summary>
    private void SettleOrFail()
    {
        try
        {
            Settle();
        }
        catch (Exception fault)
        {
            foreach (var request in undecided) request.Fail(new SpoolUnavailableException(SpoolHealth.Unwritable, fault));
        }
    }

    private void CommitBatch()
    {
        if (Health == SpoolHealth.Ready && TryTogether()) return;
        OneByOne();
    }

    private bool TryTogether()
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            store.Begin();
            foreach (var request in batch) store.Apply(request);
            store.Commit();
        }
        catch (Exception fault)
        {
            store.Rollback();
            if (fault is not SpoolFaultException known) return false;
            if (known.Fault is SpoolFault.Broken or SpoolFault.Undecided) Report(known);
            if (known.Fault is not SpoolFault.Undecided) return false;
            undecided.AddRange(batch);
            return true;
        }

        metrics.Committed(Stopwatch.GetElapsedTime(start), batch.Count);
        foreach (var request in batch) request.Complete(request.Result);
        return true;
    }

    /// <summary>
    /// On a full or failing volume the first operation is the probe; once changes of state fail too nothing more of this
    /// batch is tried, so that a full volume costs a few attempts and not hundreds.
    /// </summary>
    private void OneByOne()
    {
        SpoolFault? acceptFault = null, changeFault = null;
        foreach (var request in batch)
        {
            var accepts = request.Operation.Accept.Length > 0;
            if (Health == SpoolHealth.Broken || (changeFault ?? (accepts ? acceptFault : null)) is not null)
            {
                request.Complete(ResultOf(changeFault ?? acceptFault ?? SpoolFault.Broken));
                continue;
            }

            var start = Stopwatch.GetTimestamp();
            try
            {
                Settle();
                store.Begin();
                store.Apply(request);
                store.Commit();
            }
            catch (SpoolFaultException fault)
            {
                store.Rollback();
                Report(fault);
                if (fault.Fault is SpoolFault.Undecided)
                {
                    undecided.Add(request);
                    continue;
                }

                if (fault.Fault != SpoolFault.Damaged)
                {
                    if (accepts) acceptFault = fault.Fault;
                    else changeFault = fault.Fault;
                }

                request.Complete(ResultOf(fault.Fault));
                continue;
            }
            catch (Exception fault)
            {
                store.Rollback();
                request.Fail(fault);
                continue;
            }

            metrics.Committed(Stopwatch.GetElapsedTime(start), 1);
            // On a full volume a small change may fit where a message does not: only an accepted message proves room.
            if (Health == SpoolHealth.Unwritable || (Health == SpoolHealth.Full && accepts && request.Result.IsCommitted)) Change(SpoolHealth.Ready, null);
            request.Complete(request.Result);
        }
    }

    private void Maintain()
    {
        if (Health == SpoolHealth.Broken) return;
        try
        {
            store.Maintain();
        }
        catch (SpoolFaultException fault)
        {
            store.Rollback();
            Report(fault);
            maintenanceFailed(fault);
        }
        catch (Exception fault)
        {
            store.Rollback();
            maintenanceFailed(fault);
        }
    }

    private void Change(SpoolHealth to, Exception? cause)
    {
        while (true)
        {
            var from = health;
            if (from == (int)to || from == (int)SpoolHealth.Broken) return;
            if (Interlocked.CompareExchange(ref health, (int)to, from) != from) continue;
            healthChanged((SpoolHealth)from, to, cause);
            return;
        }
    }

    private SpoolRequest Rent()
    {
        lock (poolGate)
        {
            if (pool.TryPop(out var request)) return request;
        }

        return new SpoolRequest(GiveBack);
    }

    private void GiveBack(SpoolRequest request)
    {
        lock (poolGate)
        {
            if (pool.Count < MostPooledRequests) pool.Push(request);
        }
    }

    private sealed class Lane(int limit)
    {
        public Queue<SpoolRequest> Requests { get; } = new();

        /// <summary>Gives out places in the queue in the order of the calls.</summary>
        public SemaphoreSlim Room { get; } = new(limit, limit);
    }
}
