using System.Collections.Concurrent;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// Threads of their own for calls that block for as long as a disk likes. On the pool, which has no more threads than there
/// are processors, a few of them would keep everybody else waiting. Thread-safe.
/// </summary>
internal sealed class DiskThreads : IDisposable
{
    private readonly BlockingCollection<Action> work = [];

    /// <param name="count">Calls that may block at the same time; others wait for their turn.</param>
    public DiskThreads(int count)
    {
        for (var i = 0; i < count; i++) new Thread(Run) { Name = "disk", IsBackground = true }.Start();
    }

    /// <summary>Ends, or fails with the call's exception, when the call has returned.</summary>
    public Task RunAsync(Action call)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                call();
                done.SetResult();
            }
            catch (Exception fault)
            {
                done.SetException(fault);
            }
        });
        return done.Task;
    }

    /// <summary>Takes nothing more; what waits is still done.</summary>
    public void Dispose() => work.CompleteAdding();

    private void Run()
    {
        foreach (var call in work.GetConsumingEnumerable()) call();
    }
}
