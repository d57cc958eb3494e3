using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Tests;

[Trait("Threat", "F5")]
public sealed class BrokenStoreTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_node_whose_store_is_broken_is_not_alive()
    {
        var spool = FakeSpool.Create(SpoolHealth.Full);
        await using var node = await TestNode.StartAsync(spool: spool);
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(HttpMethod.Get, "/health/live", null, origin: node.Metrics)).StatusCode);
        FakeSpool.Turn(spool, SpoolHealth.Broken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await node.SendAsync(HttpMethod.Get, "/health/live", null, origin: node.Metrics)).StatusCode);
    }

    [Fact]
    public async Task A_failed_sync_stops_the_node_and_ends_it_when_the_stop_takes_long()
    {
        var spool = FakeSpool.Create(SpoolHealth.Unwritable);
        using var lifetime = new Lifetime();
        using var log = new ListLog();
        using var loggers = LoggerFactory.Create(b => b.AddProvider(log));
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = new BrokenStoreWatch(
            spool, lifetime, TimeProvider.System, TimeSpan.FromMilliseconds(300), () => ended.TrySetResult(), loggers.CreateLogger<BrokenStoreWatch>());
        await watch.StartAsync(default);
        Assert.False(lifetime.ApplicationStopping.IsCancellationRequested);

        FakeSpool.Turn(spool, SpoolHealth.Broken);

        await lifetime.Stopped.WaitAsync(Patience);
        await ended.Task.WaitAsync(Patience);
        Assert.Contains("A sync of the store failed", log.All, StringComparison.Ordinal);
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource stopping = new();
        private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => stopping.Token;

        public CancellationToken ApplicationStopped => default;

        public Task Stopped => stopped.Task;

        public void StopApplication()
        {
            stopping.Cancel();
            stopped.TrySetResult();
        }

        public void Dispose() => stopping.Dispose();
    }
}
