using System.Collections.Concurrent;
using System.Globalization;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Keys;
using MilSwitch.Storage;
using MilSwitch.Switching;

namespace MilSwitch.Host.Auditing;

/// <summary>
/// Keeps the audit trail of a node provable: makes checkpoints, ships them, walks along the trail now and then, and forgets
/// what is older than retention only with a checkpoint that says so. Thread-safe.
/// </summary>
internal sealed partial class AuditKeeper(
    ISpool spool, IAuditStore store, AuditSigner signer, ConfigurationHolder configuration, Func<ISwitchControl> control, IClusterStore? cluster, TimeProvider time, ILogger<AuditKeeper> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromHours(1);
    private static readonly TimeSpan SlicePause = TimeSpan.FromMilliseconds(25);

    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim walking = new(1, 1);
    private readonly SemaphoreSlim ticking = new(1, 1);
    private readonly ConcurrentDictionary<string, Alarm> alarms = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, AuditFault> broken = new();
    private readonly string node = configuration.Current.Switch.Node;
    private CheckpointShipment? shipment;
    private Task working = Task.CompletedTask;
    private bool started;

    /// <summary>Where checkpoints are written.</summary>
    public CheckpointBook Book { get; } = new(spool, store, signer, configuration.Current.Switch.Node, time);

    /// <summary>What somebody should look at: <c>audit-chain:TRAIL</c>, <c>audit-checkpoint</c>, <c>audit-ship</c>.</summary>
    public IEnumerable<Alarm> Alarms => alarms.Values;

    /// <summary>What the last whole walk of this node found; null: there was none yet.</summary>
    public AuditReport? LastCheck { get; private set; }

    private AuditConfiguration Settings => configuration.Current.Audit;

    private TimeSpan Retention => Settings.Retention ?? configuration.Current.Switch.Retention.Messages;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Retention < AuditConfiguration.RecommendedRetention) LogShort(Retention.TotalDays);
        working = Task.Run(() => WorkAsync(stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>After everything else that writes has stopped: the last checkpoint speaks for all of it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await working;
        if (started) await CheckpointAsync(store.OwnTrail, AuditCheckpointKind.Stop, cancellationToken);
        await ShipAsync(cancellationToken);
    }

    /// <summary>Makes a checkpoint of this node's trail; false: it could not, and an alarm says why.</summary>
    public async ValueTask<bool> CheckpointAsync(int trail, AuditCheckpointKind kind, CancellationToken cancellationToken)
    {
        if (broken.ContainsKey(trail)) return false;
        try
        {
            await Book.WriteAsync(trail, kind, null, cancellationToken);
            Clear("audit-checkpoint");
            return true;
        }
        catch (Exception fault) when (IsExpected(fault))
        {
            await FailedAsync(fault);
            return false;
        }
    }

    /// <summary>Walks along trails of a store that is written meanwhile; nothing is pruned while it does.</summary>
    public async ValueTask<AuditReport> WalkAsync(Func<AuditVerifier> verifier, CancellationToken cancellationToken)
    {
        await walking.WaitAsync(cancellationToken);
        try
        {
            var report = await verifier().VerifyAsync(cancellationToken);
            // Another node may have pruned under the walk: what is wrong is wrong twice.
            if (!report.IsIntact) report = await verifier().VerifyAsync(cancellationToken);
            foreach (var trail in report.Trails)
            {
                if (trail.Fault is { } fault) await BrokenAsync(trail.Trail, fault);
                else if (broken.TryRemove(trail.Trail, out _)) Clear(ChainAlarm(trail.Trail));
            }

            return report;
        }
        finally
        {
            walking.Release();
        }
    }

    public void Dispose()
    {
        stopping.Dispose();
        walking.Dispose();
        ticking.Dispose();
        Book.Dispose();
    }

    /// <summary>One round, for tests as well.</summary>
    internal async ValueTask TickAsync(CancellationToken cancellationToken)
    {
        await ticking.WaitAsync(cancellationToken);
        try
        {
            var kind = started ? AuditCheckpointKind.Interval : AuditCheckpointKind.Start;
            if (await CheckpointAsync(store.OwnTrail, kind, cancellationToken)) started = true;
            await ShipAsync(cancellationToken);
        }
        finally
        {
            ticking.Release();
        }
    }

    /// <summary>Forgets what is older than retention.</summary>
    internal async ValueTask PruneAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await MayAsync("audit-prune", cancellationToken)) return;
            await walking.WaitAsync(cancellationToken);
            try
            {
                foreach (var trail in await store.TrailsAsync(cancellationToken)) await PruneAsync(trail.Number, time.GetUtcNow() - Retention, cancellationToken);
            }
            finally
            {
                walking.Release();
            }
        }
        catch (Exception fault) when (IsExpected(fault))
        {
            await FailedAsync(fault);
        }
    }

    /// <summary>A walk of the node's own: all trails by one node of a cluster, the others look at their own.</summary>
    internal async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var own = store.OwnTrail;
            var all = await MayAsync("audit-check", cancellationToken);
            LastCheck = await WalkAsync(
                () => new AuditVerifier(store)
                {
                    Only = trail => all || trail == own,
                    Judge = AuditJudge.Unanchored(time), JudgesNewestOnly = true,
                    // A few megabytes a second: mail goes first.
                    Pace = async (_, token) => await Task.Delay(SlicePause, time, token),
                },
                cancellationToken);
            LogChecked(LastCheck.Records, LastCheck.Trails.Length);
        }
        catch (SpoolUnavailableException fault)
        {
            LogFailed(fault);
        }
    }

    private static bool IsExpected(Exception fault) => fault is SpoolUnavailableException or KeyUnavailableException or BrokenTrailException;

    private static string ChainAlarm(int trail) => string.Create(CultureInfo.InvariantCulture, $"audit-chain:{trail}");

    // Two rounds: a walk along a long trail takes its time, and checkpoints must go on meanwhile.
    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            await control().WhenReady.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        var pruned = time.GetUtcNow();
        var looked = DateTimeOffset.MinValue;
        await Task.WhenAll(AgainAsync(TickAsync, cancellationToken), AgainAsync(LookAfterAsync, cancellationToken));

        async ValueTask LookAfterAsync(CancellationToken token)
        {
            var now = time.GetUtcNow();
            if (now - looked >= Settings.Check)
            {
                looked = now;
                await FinishOthersAsync(token);
                await CheckAsync(token);
            }

            // Often enough that what is kept beyond its time is a small part of it, and no more proofs than that.
            if (now - pruned < PruneEvery(Retention)) return;
            pruned = now;
            await PruneAsync(token);
        }
    }

    private async Task AgainAsync(Func<CancellationToken, ValueTask> round, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await round(cancellationToken);
                await Task.Delay(Settings.Checkpoint, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end.
        }
        catch (Exception fault)
        {
            // The switch goes on; that nothing is proved any more must not stay unseen.
            LogFailed(fault);
            // By a name of its own: the other round goes on, and would take it back.
            Raise("audit-checkpoint:rounds", "The audit trail is not looked after any more; restart the node, and report what its log says");
        }
    }

    private static TimeSpan PruneEvery(TimeSpan retention) => TimeSpan.FromTicks(Math.Clamp(retention.Ticks / 50, TimeSpan.FromMinutes(10).Ticks, TimeSpan.FromHours(6).Ticks));

    // Trails of starts that ended without a last word.
    private async ValueTask FinishOthersAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await MayAsync("audit-check", cancellationToken)) return;
            foreach (var trail in await store.TrailsAsync(cancellationToken))
            {
                if (trail.Number != store.OwnTrail && trail.Head is not null) await CheckpointAsync(trail.Number, AuditCheckpointKind.Interval, cancellationToken);
            }
        }
        catch (SpoolUnavailableException fault)
        {
            LogFailed(fault);
        }
    }

    private async ValueTask PruneAsync(int trail, DateTimeOffset before, CancellationToken cancellationToken)
    {
        // What is broken is evidence.
        if (broken.ContainsKey(trail) || await store.FindOldAsync(trail, before, cancellationToken) is not { } last) return;
        if (await store.ReadTrailAsync(trail, 0, 1, cancellationToken) is not [var first]) return;
        var detail = string.Create(CultureInfo.InvariantCulture, $"trail {trail}: records {first.Sequence} to {last.Sequence}, older than {before.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");
        if (!await control().RecordAsync(AuditKind.AuditPruned, detail, null)) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
        var pruned = new AuditPruning(first.Sequence, last.Sequence, last.Hash, before, await PassedAsync(trail, last.Sequence, cancellationToken));
        if (await Book.WriteAsync(trail, AuditCheckpointKind.Prune, pruned, cancellationToken) is null) return;
        var count = await store.CutTrailAsync(trail, last, cancellationToken);
        if (pruned.Checkpoints is { } gone) await Book.ForgetAsync(gone, cancellationToken);
        LogPruned(count, trail);
    }

    // The last checkpoint that speaks for nothing but what goes; null: there is none.
    private async ValueTask<AuditCheckpointLink?> PassedAsync(int trail, long until, CancellationToken cancellationToken)
    {
        if (await Book.RangeAsync(trail, cancellationToken) is not { } range) return null;
        var behind = await Book.CoveringAsync(trail, until + 1, cancellationToken) is { } covering ? covering.Number : range.Last + 1;
        // The last one stays, so that later trails can name it.
        var number = Math.Min(behind, range.Last) - 1;
        return number >= range.First && await Book.ReadAsync(trail, number, cancellationToken) is { } found ? new AuditCheckpointLink(trail, number, AuditCheckpoint.DigestOf(found.Kept.Body)) : null;
    }

    private async ValueTask ShipAsync(CancellationToken cancellationToken)
    {
        if (Settings.Ship is not { } folder)
        {
            Clear("audit-ship");
            return;
        }

        shipment ??= new CheckpointShipment(spool, Book, node);
        try
        {
            foreach (var trail in await store.TrailsAsync(cancellationToken)) await shipment.ShipAsync(folder, trail.Number, cancellationToken);
            Clear("audit-ship");
        }
        catch (Exception fault) when (fault is IOException or SpoolUnavailableException)
        {
            LogFailed(fault);
            if (fault is IOException) Raise("audit-ship", $"Checkpoints of the audit trail can't be shipped: {fault.Message}");
        }
    }

    private async ValueTask<bool> MayAsync(string lease, CancellationToken cancellationToken) =>
        cluster is null || await cluster.AcquireLeaseAsync(lease, string.Create(CultureInfo.InvariantCulture, $"{node}/{spool.Run}"), LeaseTime, cancellationToken);

    private async ValueTask FailedAsync(Exception fault)
    {
        LogFailed(fault);
        switch (fault)
        {
            case BrokenTrailException found:
                await BrokenAsync(found.Trail, new AuditFault(AuditFaultKind.TailCut, found.Sequence, found.Message));
                break;
            case KeyUnavailableException:
                Raise("audit-checkpoint", "The key that signs checkpoints of the audit trail can't be used: none are made, and nothing is pruned");
                break;
            default:
                // The store has an alarm of its own.
                break;
        }
    }

    private async ValueTask BrokenAsync(int trail, AuditFault fault)
    {
        var isNews = broken.TryAdd(trail, fault);
        Raise(ChainAlarm(trail), string.Create(CultureInfo.InvariantCulture, $"The audit trail {trail} is not what was written, from {fault.Sequence} on: {fault.Text}"));
        if (!isNews) return;
        LogBroken(trail, fault.Sequence, fault.Text);
        await control().RecordAsync(AuditKind.AuditBroken, string.Create(CultureInfo.InvariantCulture, $"trail {trail}, {fault.Sequence}: {fault.Text}"), null);
    }

    private void Raise(string id, string text) => alarms.AddOrUpdate(id, _ => new Alarm(id, text, time.GetUtcNow()), (_, standing) => standing.Text == text ? standing : standing with { Text = text });

    private void Clear(string id) => alarms.TryRemove(id, out _);

    [LoggerMessage(5951, LogLevel.Information, "{Count} records of audit trail {Trail} were older than retention and were forgotten")]
    private partial void LogPruned(long count, int trail);

    [LoggerMessage(5952, LogLevel.Critical, "The audit trail {Trail} is not what was written, from {Sequence} on: {Text}")]
    private partial void LogBroken(int trail, long sequence, string text);

    [LoggerMessage(5953, LogLevel.Warning, "The audit trail could not be looked after now")]
    private partial void LogFailed(Exception fault);

    [LoggerMessage(5954, LogLevel.Information, "{Count} records of {Trails} audit trails were checked")]
    private partial void LogChecked(long count, int trails);

    [LoggerMessage(5955, LogLevel.Warning, "Audit records are kept for {Days} days; ten or more are recommended")]
    private partial void LogShort(double days);
}
