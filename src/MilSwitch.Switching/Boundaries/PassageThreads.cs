using System.Runtime.InteropServices;

namespace MilSwitch.Switching.Boundaries;

/// <summary>
/// Threads of their own for the work of passages that are not urgent. With keys in memory one of them takes a processor for
/// milliseconds; in the pool, which has a thread for each processor, whatever an urgent message needs next would stand behind all
/// of them. They give way to the rest of the process as well: a thread of the pool that wakes up for an urgent message takes the
/// processor from them at once, and does not wait for the end of their turn. A thread begins when there is work and ends when
/// there is none. Thread-safe.
/// </summary>
/// <param name="most">Threads at one time; what finds none waits in its order.</param>
internal sealed class PassageThreads(int most) : TaskScheduler
{
    /// <summary>A quarter to a third of a processor when everything else wants it whole; all of it when nothing does.</summary>
    private const int Niceness = 5;

    private readonly Lock gate = new();
    private readonly Queue<Task> work = new();
    private int running;

    public override int MaximumConcurrencyLevel => most;

    /// <summary>Runs work up to its first wait here.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> passage) => Task.Factory.StartNew(passage, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    protected override void QueueTask(Task task)
    {
        lock (gate)
        {
            work.Enqueue(task);
            if (running == most) return;
            running++;
        }

        new Thread(Work) { IsBackground = true, Name = "passage" }.UnsafeStart();
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (gate) return work.ToArray();
    }

    [DllImport("libc", EntryPoint = "nice")]
    private static extern int GiveWay(int increment);

    private void Work()
    {
        // Linux takes it for the thread that asks, and nobody is refused being nicer.
        if (OperatingSystem.IsLinux()) _ = GiveWay(Niceness);
        while (true)
        {
            Task? task;
            lock (gate)
            {
                if (!work.TryDequeue(out task))
                {
                    running--;
                    return;
                }
            }

            TryExecuteTask(task);
        }
    }
}
