using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Switching.Alarms;

/// <summary>
/// Once a second makes records out of the conditions that stand on this node, keeps them in the store, and has people told of
/// those that nobody acknowledges. What the store does not take is kept in memory until it does. Thread-safe.
/// </summary>
internal sealed partial class AlarmKeeper(SwitchRuntime runtime, NodeWatch watch, ILogger<AlarmKeeper> logger, IAlarmNotifiers? notifiers = null) : BackgroundService
{
    private const int MostExchanges = 5;

    /// <summary>Records of alarms that are over, of this node.</summary>
    private const int MostFinished = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>For the store, in one look: who has to be told is told in spite of it.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<string, Kept> kept = new(StringComparer.Ordinal);
    private readonly AlarmFlood flood = new();
    private readonly ConcurrentDictionary<string, Alarm> failing = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> telling = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(AlarmEscalation Step, ImmutableArray<string> Keys, bool Ends)> failed = new();
    private ImmutableHashSet<string> rolled = [];
    private bool loaded;
    private DateTimeOffset pruned;

    /// <summary>This alarm stands here and is rolled into one with others.</summary>
    public bool IsRolled(string id) => Volatile.Read(ref rolled).Contains(id);

    /// <summary>What is known here, for when the store does not answer.</summary>
    public async Task<IReadOnlyList<(string Key, AlarmRecord Record, bool IsStored)>> OwnAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return [.. kept.Select(k => (k.Key, k.Value.Record, k.Value.Stored is not null && !k.Value.IsDirty))];
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>A person's step, on a record of whichever node.</summary>
    /// <returns>Null: it changed nothing, or there is no such record.</returns>
    /// <exception cref="SpoolUnavailableException">The store did not take it; it is not done.</exception>
    public async Task<AlarmRecord?> ChangeAsync(string key, Func<AlarmRecord, AlarmRecord> step, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var tries = 0; tries < MostExchanges; tries++)
            {
                var stored = await runtime.Spool.ReadDocumentAsync(AlarmDocuments.Kind, key, cancellationToken).ConfigureAwait(false);
                var known = kept.GetValueOrDefault(key);
                var record = known is { IsDirty: true } or { Stored: null } ? known.Record : stored is null ? null : AlarmDocuments.Read(stored);
                if (record is null || step(record) is var next && ReferenceEquals(next, record)) return null;
                var json = AlarmDocuments.Write(next);
                if (!await runtime.Spool.ExchangeDocumentAsync(AlarmDocuments.Kind, key, stored, json, cancellationToken).ConfigureAwait(false)) continue;
                if (known is not null) kept[key] = new Kept(next, json, false);
                return next;
            }

            throw new SpoolUnavailableException(SpoolHealth.Unwritable);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>One look.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var now = runtime.Now;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(StorePatience);
            var store = new Store(patience.Token, cancellationToken);
            if (!loaded) loaded = await store.TryAsync(LoadAsync).ConfigureAwait(false);
            var settings = runtime.Configuration.Alarms;
            Dictionary<string, (string Node, Alarm Alarm)> standing = new(StringComparer.Ordinal);
            foreach (var (node, alarm) in Shown(now, settings)) standing.TryAdd(AlarmDocuments.IdOf(node, alarm.Id), (node, alarm));
            foreach (var (key, (node, alarm)) in standing) await StepAsync(key, known => AlarmRecord.Observe(known, node, alarm.Id, alarm, settings.Chatter, now), store).ConfigureAwait(false);
            foreach (var (key, one) in kept.Where(k => !standing.ContainsKey(k.Key) && IsMine(k.Value.Record)).ToArray())
                await StepAsync(key, known => AlarmRecord.Observe(known, one.Record.Node, one.Record.Id, null, settings.Chatter, now), store).ConfigureAwait(false);
            await EscalateAsync(settings, store, now).ConfigureAwait(false);
            if (loaded && now - pruned >= PruneEvery && await store.TryAsync(token => PruneAsync(now, token)).ConfigureAwait(false)) pruned = now;
        }
        finally
        {
            gate.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, runtime.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await LookAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // The next look may fare better; alarms must not end with the first fault.
                LogFailed(fault);
            }
        }
    }

    private bool IsMine(AlarmRecord record) =>
        AlarmCatalogue.Find(record.Id) is { IsOfCluster: true } ? watch.Leads : record.Node == runtime.Configuration.Node;

    private IEnumerable<(string Node, Alarm Alarm)> Shown(DateTimeOffset now, AlarmSettings settings)
    {
        var node = runtime.Configuration.Node;
        var own = watch.Alarms.Concat(failing.Values).Where(a => AlarmCatalogue.Find(a.Id) is not { IsOfCluster: true }).DistinctBy(a => a.Id).ToArray();
        var shown = flood.Sift(own, a => kept.TryGetValue(AlarmDocuments.IdOf(node, a.Id), out var known) && known.Record.Stands, settings.FloodPerMinute, now);
        Volatile.Write(ref rolled, [.. own.Where(a => flood.IsRolled(a.Id)).Select(a => a.Id)]);
        return shown.Select(a => (node, a)).Concat(watch.Leads ? watch.OfCluster().Select(a => (a.Node, a.Alarm)) : []);
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var document in await runtime.Spool.ListDocumentsAsync(AlarmDocuments.Kind, cancellationToken).ConfigureAwait(false))
        {
            // What was observed before the store answered counts beside what was known before this start.
            if (AlarmDocuments.Read(document.Json) is { } record && (record.Node == runtime.Configuration.Node || AlarmCatalogue.Find(record.Id) is { IsOfCluster: true }))
                kept[document.Id] = new Kept(record, document.Json, false);
        }
    }

    // The step is taken again on what the store has, should somebody have acted on the record meanwhile.
    private async Task<AlarmRecord?> StepAsync(string key, Func<AlarmRecord?, AlarmRecord?> step, Store store)
    {
        var known = kept.GetValueOrDefault(key);
        var next = step(known?.Record);
        if (next is null) return null;
        if (known is { IsDirty: false } && (ReferenceEquals(next, known.Record) || next.DiffersOnlyForTheMoment(known.Record)))
        {
            kept[key] = known with { Record = next };
            return next;
        }

        var before = known?.Record;
        kept[key] = new Kept(next, known?.Stored, true);
        if (loaded) await store.TryAsync(SaveAsync).ConfigureAwait(false);
        Tell(before, kept[key].Record);
        return kept[key].Record;

        async Task SaveAsync(CancellationToken cancellationToken)
        {
            var expected = known?.Stored;
            for (var tries = 0; tries < MostExchanges; tries++)
            {
                var json = AlarmDocuments.Write(next);
                if (await runtime.Spool.ExchangeDocumentAsync(AlarmDocuments.Kind, key, expected, json, cancellationToken).ConfigureAwait(false))
                {
                    kept[key] = new Kept(next, json, false);
                    return;
                }

                expected = await runtime.Spool.ReadDocumentAsync(AlarmDocuments.Kind, key, cancellationToken).ConfigureAwait(false);
                next = step(expected is null ? known?.Record : AlarmDocuments.Read(expected)) ?? next;
            }
        }
    }

    // Those of the switch itself and of the configuration are told by who looks for them.
    private void Tell(AlarmRecord? before, AlarmRecord after)
    {
        if (watch.IsToldElsewhere(after.Id)) return;
        var type = before is not { Stands: true } && after.Stands ? "alarm.raised" : before is { Stands: true } && !after.Stands ? "alarm.cleared" : null;
        if (type is not null) runtime.Events.Publish(new SwitchEvent(runtime.Now, type) { Subject = after.Id, Detail = after.Text });
    }

    private async Task EscalateAsync(AlarmSettings settings, Store store, DateTimeOffset now)
    {
        while (failed.TryDequeue(out var one))
        {
            foreach (var key in one.Keys) await StepAsync(key, r => one.Ends ? r?.NotifyEnd(one.Step, failed: true, now) : r?.Notify(one.Step, failed: true, now), store).ConfigureAwait(false);
        }

        if (notifiers is null) return;
        foreach (var name in failing.Keys.Where(f => !notifiers.Names.Contains(f))) failing.TryRemove(name, out _);
        foreach (var step in settings.Escalations)
        {
            if (telling.TryGetValue(step.Notifier, out var task) && !task.IsCompleted) continue;
            var due = kept.Where(k => IsMine(k.Value.Record) && (step.IsDue(k.Value.Record, now) || step.IsEndDue(k.Value.Record, now))).OrderByDescending(k => k.Value.Record.Stands)
                .ThenByDescending(k => k.Value.Record.Severity).ThenBy(k => k.Value.Record.RaisedAt).Select(k => k.Key).Take(AlarmNotification.Most).ToArray();
            if (due.Length is 0 || !notifiers.Names.Contains(step.Notifier) || !notifiers.Admit(step.Notifier, now)) continue;
            var (raised, ended) = (ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<string>());
            foreach (var key in due)
            {
                // Marked before it is told: of several nodes one tells, and a restart tells nothing twice.
                ImmutableArray<string>.Builder? told = null;
                await StepAsync(key, Mark, store).ConfigureAwait(false);
                told?.Add(key);

                AlarmRecord? Mark(AlarmRecord? record)
                {
                    told = record is null ? null : step.IsDue(record, now) ? raised : step.IsEndDue(record, now) ? ended : null;
                    return told is null ? record : told == raised ? record!.Notify(step, failed: false, now) : record!.NotifyEnd(step, failed: false, now);
                }
            }

            if (raised.Count + ended.Count is 0) continue;
            var notification = new AlarmNotification(runtime.Configuration.Node, now, [.. raised.Concat(ended).Select(k => kept[k].Record)]);
            telling[step.Notifier] = TellAsync(step, notification, raised.ToImmutable(), ended.ToImmutable());
        }
    }

    private async Task TellAsync(AlarmEscalation step, AlarmNotification notification, ImmutableArray<string> raised, ImmutableArray<string> ended)
    {
        if (await NotifyAsync(step.Notifier, notification).ConfigureAwait(false) is null) return;
        failed.Enqueue((step, raised, false));
        failed.Enqueue((step, ended, true));
    }

    /// <summary>Tells, and has an alarm while that does not work. Never throws.</summary>
    /// <returns>Null: it did.</returns>
    public async Task<string?> NotifyAsync(string notifier, AlarmNotification notification)
    {
        string? fault;
        try
        {
            fault = await notifiers!.NotifyAsync(notifier, notification, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            LogNotTold(notifier, thrown);
            fault = "internal fault";
        }

        if (fault is null)
        {
            failing.TryRemove(notifier, out _);
            return null;
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"nobody can be told of alarms by {notifier}: {fault}");
        failing.AddOrUpdate(notifier, n => new Alarm($"{AlarmCatalogue.Notifier}:{n}", text, runtime.Now), (_, known) => known with { Text = text });
        return fault;
    }

    private async Task PruneAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var finished = kept.Where(k => IsMine(k.Value.Record) && !k.Value.Record.IsOpen && !k.Value.Record.IsShelved(now)).OrderByDescending(k => k.Value.Record.ClearedAt).ToArray();
        foreach (var (key, one) in finished.Where((k, i) => i >= MostFinished || now - (k.Value.Record.ClearedAt ?? now) > KeptFor))
        {
            if (await runtime.Spool.ExchangeDocumentAsync(AlarmDocuments.Kind, key, one.Stored, null, cancellationToken).ConfigureAwait(false)) kept.Remove(key);
        }

        if (!watch.Leads || !watch.KnowsAll) return;
        // What stood on a node that is no more can't be seen to end.
        foreach (var document in await runtime.Spool.ListDocumentsAsync(AlarmDocuments.Kind, cancellationToken).ConfigureAwait(false))
        {
            if (AlarmDocuments.Read(document.Json) is not { IsOpen: true } record || watch.IsMember(record.Node) || AlarmCatalogue.Find(record.Id) is { IsOfCluster: true }) continue;
            if (now - record.RaisedAt < PruneEvery) continue;
            var over = AlarmRecord.Observe(record with { IsChattering = false }, record.Node, record.Id, null, runtime.Configuration.Alarms.Chatter, now)!;
            await runtime.Spool.ExchangeDocumentAsync(AlarmDocuments.Kind, document.Id, document.Json, AlarmDocuments.Write(over), cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(3401, LogLevel.Error, "The alarms could not be looked at")]
    private partial void LogFailed(Exception fault);

    [LoggerMessage(3402, LogLevel.Error, "Notifier {Notifier} failed")]
    private partial void LogNotTold(string notifier, Exception fault);

    /// <param name="Record">As it is here.</param>
    /// <param name="Stored">What the store has, as far as is known; null: nothing.</param>
    /// <param name="IsDirty">The store has not taken it yet.</param>
    private sealed record Kept(AlarmRecord Record, string? Stored, bool IsDirty);

    /// <summary>The store during one look: after the first refusal it is left alone until the next.</summary>
    private sealed class Store(CancellationToken patience, CancellationToken stopping)
    {
        private bool refused;

        public async Task<bool> TryAsync(Func<CancellationToken, Task> call)
        {
            if (refused) return false;
            try
            {
                await call(patience).ConfigureAwait(false);
                return true;
            }
            catch (Exception fault) when (fault is SpoolUnavailableException || (fault is OperationCanceledException && !stopping.IsCancellationRequested))
            {
                refused = true;
                return false;
            }
        }
    }
}
