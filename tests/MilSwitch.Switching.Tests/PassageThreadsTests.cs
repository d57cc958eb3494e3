using System.Globalization;
using MilSwitch.Switching.Boundaries;

namespace MilSwitch.Switching.Tests;

[Collection(AloneCollection.Name)]
public sealed class PassageThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Runs_everything_and_no_more_at_a_time_than_there_are_threads()
    {
        var threads = new PassageThreads(2);
        using var go = new ManualResetEventSlim();
        using var begun = new CountdownEvent(2);
        var (order, now, most) = (new List<int>(), 0, 0);
        var all = Enumerable.Range(0, 20).Select(i => threads.RunAsync(() =>
        {
            lock (order)
            {
                order.Add(i);
                most = Math.Max(most, ++now);
            }

            if (i < 2) begun.Signal();
            go.Wait(Patience);
            lock (order) now--;
            return Task.FromResult(Thread.CurrentThread.IsThreadPoolThread);
        })).ToArray();

        Assert.True(begun.Wait(Patience));
        go.Set();
        Assert.All(await Task.WhenAll(all).WaitAsync(Patience), Assert.False);
        Assert.Equal(2, most);
        Assert.Equal(Enumerable.Range(0, 20), order.Order());
    }

    [Fact]
    public async Task Work_that_fails_fails_alone_and_work_that_waits_keeps_no_thread()
    {
        var threads = new PassageThreads(1);
        var source = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waits = threads.RunAsync(() => source.Task);
        await Assert.ThrowsAsync<InvalidOperationException>(() => threads.RunAsync<int>(() => throw new InvalidOperationException()).WaitAsync(Patience));
        Assert.Equal(3, await threads.RunAsync(() => Task.FromResult(3)).WaitAsync(Patience));
        source.SetResult(2);
        Assert.Equal(2, await waits.WaitAsync(Patience));
    }

    [Fact]
    public async Task Gives_way_to_the_rest_of_the_process()
    {
        var before = Niceness();
        Assert.True(await new PassageThreads(1).RunAsync(() => Task.FromResult(Niceness())).WaitAsync(Patience) > before);
        Assert.Equal(before, await Task.Run(Niceness));
    }

    // proc(5): field 19 of stat; the name before it may have blanks in it.
    private static int Niceness()
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], CultureInfo.InvariantCulture);
    }
}
