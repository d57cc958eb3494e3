using System.Collections.Concurrent;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Host.Submission;
using MilSwitch.Switching;

namespace MilSwitch.Host.Folders;

/// <summary>Looks into the folders of the configuration in force, each at its interval, one after the other.</summary>
internal sealed class FolderWatch(ConfigurationHolder configuration, SubmissionDesk desk, ISpool spool, ISwitchControl control, TimeProvider time, FolderLog log) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, Alarm> alarms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> due = new(StringComparer.Ordinal);
    private readonly HashSet<WatchedFolder> swept = [];

    /// <summary>Folders that can't be used.</summary>
    public IEnumerable<Alarm> Alarms => alarms.Values;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await control.WhenReady.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Beat, time);
        do await LookAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        var current = configuration.Current;
        foreach (var gone in alarms.Keys.Where(name => current.Folders.All(f => f.Name != name))) alarms.TryRemove(gone, out _);
        foreach (var folder in current.Folders)
        {
            var now = time.GetUtcNow();
            if (stoppingToken.IsCancellationRequested || (due.TryGetValue(folder.Name, out var then) && now < then)) continue;
            due[folder.Name] = now + folder.Interval;
            try
            {
                var ledger = new FolderLedger(spool, current.Switch.Node);
                if (!swept.Contains(folder))
                {
                    await ledger.SweepAsync(folder, stoppingToken);
                    swept.Add(folder);
                }

                await new FolderRound(desk, ledger, current.Switch.HostName, time, log).RunAsync(folder, stoppingToken);
                alarms.TryRemove(folder.Name, out _);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // What was left between two steps is found at the next look; an entry that stayed behind by the sweep before it.
                swept.Remove(folder);
                if (alarms.TryAdd(folder.Name, new Alarm($"folder:{folder.Name}", $"folder {folder.Name} can't be used: {fault.Message}", now))) log.Unusable(folder.Name, fault.Message);
            }
        }
    }
}
