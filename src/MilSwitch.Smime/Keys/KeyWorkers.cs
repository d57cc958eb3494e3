using System.Runtime.InteropServices;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Smime.Keys;

/// <summary>
/// Threads of their own for the operations of private keys in memory, as those on tokens have them. One operation takes a processor
/// for up to some milliseconds; in the pool, which has a thread for each processor, whatever a message needs next would stand behind
/// it. Override, Flash and Immediate have threads that nothing else uses, and are served strictly by level; lower levels share theirs
/// by weight (<see cref="LinkScheduler{T}"/>), and give way to the rest of the process. Threads begin with the first operation.
/// Thread-safe.
/// </summary>
public sealed class KeyWorkers : IDisposable
{
    /// <summary>Operations that may wait: urgent ones, and others, each.</summary>
    private const int MostWaiting = 4096;

    /// <summary>A quarter to a third of a processor when everything else wants it whole; all of it when nothing does.</summary>
    private const int Niceness = 5;

    private readonly Level[] levels;
    private readonly Lane urgent;
    private readonly Lane others;

    /// <param name="threads">For urgent operations, and for others, each.</param>
    public KeyWorkers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        (urgent, others) = (new Lane(threads, 0), new Lane(threads, Niceness));
        levels = [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(level => new Level((Precedence)level, ((Precedence)level).IsUrgent() ? urgent : others))];
    }

    /// <summary>
    /// Does an operation in its turn. Who asks on a thread of its own, and not on one of the pool, has nobody behind it and does it there.
    /// </summary>
    /// <param name="level">Whose work it is.</param>
    /// <param name="operation">Does not wait for anything.</param>
    /// <param name="cancellationToken">Gives up waiting; what has begun is done.</param>
    /// <exception cref="KeyUnavailableException">Too many wait.</exception>
    internal async ValueTask<T> DoAsync<T>(Precedence level, Func<ValueTask<T>> operation, CancellationToken cancellationToken)
    {
        if (!Thread.CurrentThread.IsThreadPoolThread) return await operation().ConfigureAwait(false);
        var scheduler = levels[(int)level];
        if (scheduler.IsFull) throw new KeyUnavailableException($"{MostWaiting} operations wait for keys in memory.");
        // Not StartNew: what it makes hears of a cancellation only in its turn.
        var task = new Task<Task<T>>(() => operation().AsTask(), cancellationToken, TaskCreationOptions.DenyChildAttach);
        try
        {
            task.Start(scheduler);
        }
        catch (InvalidOperationException) when (task.IsCanceled)
        {
            // Given up before it stood in the queue.
        }

        return await task.Unwrap().ConfigureAwait(false);
    }

    /// <summary>The threads end when they have done what waits.</summary>
    public void Dispose()
    {
        urgent.End();
        others.End();
    }

    /// <summary>What waits of some levels, and the threads that do it.</summary>
    private sealed class Lane(int threads, int niceness)
    {
        private readonly object gate = new();
        private readonly LinkScheduler<(Level Scheduler, Task Task)> queue = new(PrecedenceTable.Default);
        private long sequence;
        private int started;
        private int idle;
        private bool ended;

        public bool IsFull
        {
            get
            {
                lock (gate) return queue.Count >= MostWaiting;
            }
        }

        public void Add(Level scheduler, Task task)
        {
            lock (gate)
            {
                queue.Add(scheduler.Precedence, ++sequence, (scheduler, task));
                if (idle > 0)
                {
                    idle--;
                    Monitor.Pulse(gate);
                    return;
                }

                if (started == threads) return;
                started++;
            }

            new Thread(Work) { IsBackground = true, Name = "key" }.UnsafeStart();
        }

        public void End()
        {
            lock (gate)
            {
                (ended, idle) = (true, 0);
                Monitor.PulseAll(gate);
            }
        }

        // Linux takes it for the thread that asks, and nobody is refused being nicer.
        [DllImport("libc", EntryPoint = "nice")]
        private static extern int GiveWay(int increment);

        private void Work()
        {
            if (niceness > 0 && OperatingSystem.IsLinux()) _ = GiveWay(niceness);
            while (Next() is var (scheduler, task)) scheduler.Run(task);
        }

        private (Level Scheduler, Task Task)? Next()
        {
            lock (gate)
            {
                while (true)
                {
                    if (queue.TryTake(Precedence.Deferred, out var next, out _)) return next;
                    if (ended)
                    {
                        // What comes behind the end still finds somebody.
                        started--;
                        return null;
                    }

                    // Who wakes it counts it.
                    idle++;
                    Monitor.Wait(gate);
                }
            }
        }
    }

    private sealed class Level(Precedence precedence, Lane lane) : TaskScheduler
    {
        public Precedence Precedence => precedence;

        public bool IsFull => lane.IsFull;

        public void Run(Task task) => TryExecuteTask(task);

        protected override void QueueTask(Task task) => lane.Add(this, task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        // Asked when somebody gave up: a task that has not begun ends at once then, and does nothing when its turn comes. The runtime
        // decides in one step between that and beginning.
        protected override bool TryDequeue(Task task) => true;

        // Debuggers ask for it; the lane's order can't be read without taking it apart.
        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
