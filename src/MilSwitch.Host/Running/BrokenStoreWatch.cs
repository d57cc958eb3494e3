using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Running;

/// <summary>
/// Ends a node whose store is broken. After a failed sync nobody in this process knows what is on the disk; a start reads it
/// again, and whoever supervises the node makes one. Sessions hear 421 first, but not for longer than the grace.
/// </summary>
internal sealed partial class BrokenStoreWatch(
    ISpool spool, IHostApplicationLifetime lifetime, TimeProvider time, TimeSpan grace, Action end, ILogger<BrokenStoreWatch> logger) : BackgroundService
{
    /// <summary>How long sessions have to hear 421.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private ITimer? deadline;

    public override void Dispose()
    {
        deadline?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, time);
        while (spool.Health != SpoolHealth.Broken)
        {
            if (!await timer.WaitForNextTickAsync(stoppingToken)) return;
        }

        Ending();
        deadline = time.CreateTimer(static state => ((Action)state!)(), end, grace, Timeout.InfiniteTimeSpan);
        lifetime.StopApplication();
    }

    [LoggerMessage(5201, LogLevel.Critical, "A sync of the store failed: this node ends now with exit code 74, to be started afresh")]
    private partial void Ending();
}
