using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Operations;
using MilSwitch.Switching.Watching;

namespace MilSwitch.Switching;

/// <summary>What a node does now and then: notices that it is ready, ends rules, looks for alarms, forgets what is old.</summary>
internal sealed partial class Housekeeping(SwitchRuntime runtime, SwitchControl control, RuleKeeper rules, AlarmWatch alarms, NodePicture picture, ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!control.Observe()) await Task.Delay(Beat, runtime.Time, stoppingToken).ConfigureAwait(false);
        var recorded = await RecordStartAsync(stoppingToken).ConfigureAwait(false);
        var pruned = runtime.Now;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), runtime.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            // A full store must not keep a node from starting: what it could not record then is recorded when it can.
            if (!recorded) recorded = await RecordStartAsync(stoppingToken).ConfigureAwait(false);
            await rules.ExpireAsync(stoppingToken).ConfigureAwait(false);
            await runtime.ChannelCounting.LookAsync(runtime.Configuration.CountedChannels, stoppingToken).ConfigureAwait(false);
            alarms.Look();
            picture.Count();
            if (runtime.Now - pruned < PruneEvery) continue;
            pruned = runtime.Now;
            await PruneAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    private Task<bool> RecordStartAsync(CancellationToken cancellationToken) =>
        runtime.AuditAsync(AuditKind.NodeStarted, $"node {runtime.Configuration.Node}, run {runtime.Spool.Run}", null, cancellationToken);

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        var configuration = runtime.Configuration;
        try
        {
            var count = await runtime.Spool.PruneAsync(
                runtime.Now - configuration.Retention.Messages, runtime.Now - configuration.Duplicates.Window, cancellationToken).ConfigureAwait(false);
            if (count > 0) LogPruned(count);
        }
        catch (SpoolUnavailableException fault)
        {
            LogPruneFailed(fault);
        }
    }

    [LoggerMessage(3201, LogLevel.Information, "{Count} finished messages were forgotten")]
    private partial void LogPruned(int count);

    [LoggerMessage(3202, LogLevel.Warning, "Old records could not be removed now")]
    private partial void LogPruneFailed(Exception fault);
}
