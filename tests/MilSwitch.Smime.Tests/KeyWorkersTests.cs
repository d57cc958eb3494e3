using System.Collections.Concurrent;
using System.Globalization;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Tests;

public sealed class KeyWorkersTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly KeyWorkers workers = new(1);
    private readonly ManualResetEventSlim go = new();
    private readonly ConcurrentQueue<string> order = new();

    [Fact]
    public async Task Urgent_work_waits_for_no_lower_work_and_each_has_threads_of_its_own()
    {
        var routine = await HoldAsync(Precedence.Routine);
        Assert.Equal("key", await DoAsync(Precedence.Flash, () => Thread.CurrentThread.Name!).WaitAsync(Patience));
        Assert.False(routine.IsCompleted);
        go.Set();
        Assert.False(await routine.WaitAsync(Patience));
    }

    [Fact]
    public async Task Urgent_work_is_served_strictly_by_level_and_other_work_by_weight()
    {
        Task[] held = [await HoldAsync(Precedence.Immediate), await HoldAsync(Precedence.Priority)];
        List<Task> all = [.. held];
        foreach (var level in new[] { Precedence.Immediate, Precedence.Flash, Precedence.Immediate, Precedence.Override, Precedence.Deferred, Precedence.Routine, Precedence.Priority })
            all.Add(await QueueAsync(level, () => Noted(level.ToString())));
        go.Set();
        await Task.WhenAll(all).WaitAsync(Patience);
        Assert.Equal(["Override", "Flash", "Immediate", "Immediate"], order.Where(o => Enum.Parse<Precedence>(o).IsUrgent()));
        Assert.Equal(["Priority", "Routine", "Deferred"], order.Where(o => !Enum.Parse<Precedence>(o).IsUrgent()));
    }

    [Fact]
    public async Task Who_asks_on_a_thread_of_its_own_does_it_there()
    {
        await HoldAsync(Precedence.Routine);
        var own = await Task.Factory.StartNew(
            async () => (Environment.CurrentManagedThreadId, await workers.DoAsync(Precedence.Routine, () => ValueTask.FromResult(Environment.CurrentManagedThreadId), default)),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap().WaitAsync(Patience);
        Assert.Equal(own.Item1, own.Item2);
    }

    [Fact]
    public async Task Lower_work_gives_way_to_the_rest_of_the_process()
    {
        var mine = Niceness();
        Assert.True(await DoAsync(Precedence.Priority, Niceness).WaitAsync(Patience) > mine);
        Assert.Equal(mine, await DoAsync(Precedence.Immediate, Niceness).WaitAsync(Patience));
    }

    [Fact]
    public async Task What_is_not_waited_for_any_more_is_not_done()
    {
        await HoldAsync(Precedence.Routine);
        using var gaveUp = new CancellationTokenSource();
        var waits = await QueueAsync(Precedence.Routine, () => Noted("never"), gaveUp.Token);
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits.WaitAsync(Patience));
        go.Set();
        await DoAsync(Precedence.Routine, () => Noted("later")).WaitAsync(Patience);
        Assert.Equal(["later"], order);
    }

    [Fact]
    public async Task An_operation_that_fails_fails_alone()
    {
        await Assert.ThrowsAsync<NotSupportedException>(() => DoAsync<int>(Precedence.Flash, () => throw new NotSupportedException()).WaitAsync(Patience));
        Assert.Equal(3, await DoAsync(Precedence.Flash, () => 3).WaitAsync(Patience));
    }

    [Fact]
    public async Task No_more_wait_than_have_room()
    {
        await HoldAsync(Precedence.Routine);
        var refused = await Task.Run(async () =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                var next = workers.DoAsync(Precedence.Routine, () => ValueTask.FromResult(0), default);
                if (next.IsFaulted) return (i, await Assert.ThrowsAsync<KeyUnavailableException>(() => next.AsTask()));
            }

            return (10_000, null!);
        }).WaitAsync(Patience);
        Assert.Equal(4096, refused.Item1);
        Assert.Contains("4096 operations wait", refused.Item2.Message, StringComparison.Ordinal);
        // Urgent work has room of its own.
        Assert.Equal(1, await DoAsync(Precedence.Override, () => 1).WaitAsync(Patience));
    }

    [Fact]
    public async Task What_waits_at_the_end_is_done_and_so_is_what_comes_behind_it()
    {
        var held = await HoldAsync(Precedence.Routine);
        var waits = await QueueAsync(Precedence.Routine, () => 1);
        workers.Dispose();
        go.Set();
        await held.WaitAsync(Patience);
        Assert.Equal(1, await waits.WaitAsync(Patience));
        Assert.Equal(2, await DoAsync(Precedence.Routine, () => 2).WaitAsync(Patience));
    }

    public void Dispose()
    {
        go.Set();
        workers.Dispose();
        go.Dispose();
    }

    // Keeps the one thread of that level until it may go on; says whether it was one of the pool.
    private async Task<Task<bool>> HoldAsync(Precedence level)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = DoAsync(level, () =>
        {
            begun.SetResult();
            go.Wait(Patience);
            return Thread.CurrentThread.IsThreadPoolThread;
        });
        await begun.Task.WaitAsync(Patience);
        return held;
    }

    private async Task<T> DoAsync<T>(Precedence level, Func<T> operation) => await await QueueAsync(level, operation);

    // It waits when this returns; from a thread of the pool.
    private Task<Task<T>> QueueAsync<T>(Precedence level, Func<T> operation, CancellationToken cancellationToken = default) =>
        Task.Run(() => Task.FromResult(workers.DoAsync(level, () => ValueTask.FromResult(operation()), cancellationToken).AsTask()));

    private string Noted(string what)
    {
        order.Enqueue(what);
        return what;
    }

    // proc(5): field 19 of stat; the name before it may have blanks in it.
    private static int Niceness()
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], CultureInfo.InvariantCulture);
    }
}
