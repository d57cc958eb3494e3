using System.Collections.Concurrent;
using MilSwitch.Checks.Scanning;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Alarms;

/// <summary>Asks every scanner now and then whether it is there, so that this is known before mail waits for it. Thread-safe.</summary>
internal sealed class ScannerWatch(ConfigurationHolder configuration, TimeProvider time) : BackgroundService
{
    /// <summary>One that is busy is not away.</summary>
    private const int FaultsInARow = 2;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, (int Faults, Alarm Alarm)> silent = new(StringComparer.Ordinal);

    /// <summary>Of those that do not answer.</summary>
    public IEnumerable<Alarm> Alarms => silent.Values.Where(s => s.Faults >= FaultsInARow).Select(s => s.Alarm);

    /// <summary>Asks each once.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var scanners = configuration.Current.Scanners;
        foreach (var gone in silent.Keys.Where(n => scanners.All(s => s.Name != n))) silent.TryRemove(gone, out _);
        await Task.WhenAll(scanners.Select(LookAsync));

        async Task LookAsync(ScanCheck scanner)
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            if (await scanner.ProbeAsync(either.Token) is not { } fault)
            {
                silent.TryRemove(scanner.Name, out _);
                return;
            }

            var text = $"check {scanner.Name}: {fault}; what it has to look at is held";
            silent.AddOrUpdate(
                scanner.Name, name => (1, new Alarm($"checker:{name}", text, time.GetUtcNow())), (_, known) => (known.Faults + 1, known.Alarm with { Text = text }));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do await LookAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
