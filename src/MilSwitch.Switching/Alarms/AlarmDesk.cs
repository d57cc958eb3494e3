using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Switching.Alarms;

/// <summary>The alarms of all nodes: what stands there now, and what the store knows of it.</summary>
internal sealed class AlarmDesk(SwitchRuntime runtime, NodeWatch watch, AlarmKeeper keeper, IAlarmNotifiers? notifiers = null) : IAlarmDesk
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim reading = new(1, 1);
    private (long At, ImmutableArray<AlarmEntry> All)? last;

    public IReadOnlyList<string> Notifiers => notifiers?.Names ?? [];

    public async ValueTask<IReadOnlyList<AlarmEntry>> ListAsync(AlarmScope scope, CancellationToken cancellationToken)
    {
        var all = await AllAsync(cancellationToken).ConfigureAwait(false);
        return [.. all.Where(Belongs)];

        bool Belongs(AlarmEntry entry) => scope switch
        {
            AlarmScope.Standing => entry is { IsShelved: false, IsSuppressed: false, Record.Stands: true },
            AlarmScope.Open => entry is { IsShelved: false, IsSuppressed: false, Record.IsOpen: true },
            AlarmScope.Shelved => entry.IsShelved,
            _ => entry.IsShelved || entry.Record.IsOpen,
        };
    }

    public ValueTask<ImmutableArray<AlarmEntry>?> AcknowledgeAsync(AlarmChoice choice, string? note, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.AcknowledgeAlarms);
        return ActAsync(
            choice, AuditKind.AlarmAcknowledged, note ?? "", who, "alarm.acknowledged", r => r.IsOpen && r.State is not AlarmState.Acknowledged, r => r.Acknowledge(who.Name, note, runtime.Now), cancellationToken);
    }

    public ValueTask<ImmutableArray<AlarmEntry>?> ShelveAsync(AlarmChoice choice, TimeSpan time, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ShelveAlarms);
        var until = runtime.Now + (time < AlarmShelf.Longest ? time : AlarmShelf.Longest);
        return ActAsync(
            choice, AuditKind.AlarmShelved, string.Create(CultureInfo.InvariantCulture, $"until {until:yyyy-MM-ddTHH:mm:ssZ}: {reason}"), who, "alarm.shelved",
            r => r.Severity is not AlarmSeverity.Critical || who.Roles.HasFlag(OperatorRoles.Supervisor) ? true : throw new NotPermittedException(OperatorRight.ShelveAlarms),
            r => r.Shelve(new AlarmShelf(until, who.Name, reason), runtime.Now), cancellationToken);
    }

    public ValueTask<ImmutableArray<AlarmEntry>?> UnshelveAsync(AlarmChoice choice, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ShelveAlarms);
        return ActAsync(choice, AuditKind.AlarmUnshelved, reason, who, "alarm.unshelved", r => r.IsShelved(runtime.Now), r => r.Unshelve(who.Name, reason, runtime.Now), cancellationToken);
    }

    public async ValueTask<IReadOnlyList<AlarmHistoryEntry>> HistoryAsync(string? id, int limit, CancellationToken cancellationToken)
    {
        var records = await RecordsAsync(cancellationToken).ConfigureAwait(false);
        return
        [
            .. records.Values.Where(r => id is null || r.Id == id).SelectMany(r => r.History.Select(h => new AlarmHistoryEntry(r.Node, r.Id, r.Severity, h)))
                .OrderByDescending(h => h.Happening.At).ThenBy(h => h.Node, StringComparer.Ordinal).ThenBy(h => h.Id, StringComparer.Ordinal).Take(limit),
        ];
    }

    public async ValueTask<(bool IsKnown, string? Fault)> TestAsync(string notifier, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.AcknowledgeAlarms);
        if (notifiers is null || !notifiers.Names.Contains(notifier)) return (false, null);
        await runtime.RecordAsync(AuditKind.AlarmTested, $"{notifier}: {reason}", who.Name, cancellationToken).ConfigureAwait(false);
        if (!notifiers.Admit(notifier, runtime.Now)) return (true, "it told of so much within the last hour that it has to wait");
        return (true, await keeper.NotifyAsync(notifier, new AlarmNotification(runtime.Configuration.Node, runtime.Now, []) { IsTest = true }).ConfigureAwait(false));
    }

    // One at a time reads; the others get what it found.
    private async Task<ImmutableArray<AlarmEntry>> AllAsync(CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (last is { } known && runtime.Time.GetElapsedTime(known.At) < Fresh) return known.All;
            var at = runtime.Time.GetTimestamp();
            var all = await ReadAsync(cancellationToken).ConfigureAwait(false);
            last = (at, all);
            return all;
        }
        finally
        {
            reading.Release();
        }
    }

    private async Task<ImmutableArray<AlarmEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        var live = await watch.AlarmsOfAllAsync(cancellationToken).ConfigureAwait(false);
        var records = await RecordsAsync(cancellationToken).ConfigureAwait(false);
        var now = runtime.Now;
        var entries = new List<AlarmEntry>();
        foreach (var (node, alarm) in live)
        {
            var key = AlarmDocuments.IdOf(node, alarm.Id);
            if (records.Remove(key, out var record) && record.Stands)
            {
                entries.Add(new AlarmEntry(record with { Text = alarm.Text }, false, record.IsShelved(now)));
                continue;
            }

            var rolled = node == runtime.Configuration.Node ? keeper.IsRolled(alarm.Id) : records.Values.Any(r => r.Stands && r.Node == node && r.Id == $"{AlarmCatalogue.Flood}:{AlarmCatalogue.NameOf(alarm.Id)}");
            // Younger than the keeper's last look, or rolled into one with others.
            var fresh = (record ?? new AlarmRecord { Node = node, Id = alarm.Id, Text = "", Severity = AlarmSeverity.Low }) with
            {
                Text = alarm.Text, Severity = AlarmRecord.SeverityOf(alarm), State = AlarmState.Unacknowledged, RaisedAt = alarm.Since, WaitsSince = alarm.Since, ClearedAt = null,
            };
            entries.Add(new AlarmEntry(fresh, rolled, fresh.IsShelved(now)));
        }

        entries.AddRange(records.Values.Where(r => r.IsOpen || r.IsShelved(now)).Select(r => new AlarmEntry(r, false, r.IsShelved(now))));
        return [.. entries.OrderBy(e => e.Record.RaisedAt).ThenBy(e => e.Record.Node, StringComparer.Ordinal).ThenBy(e => e.Record.Id, StringComparer.Ordinal)];
    }

    private async Task<Dictionary<string, AlarmRecord>> RecordsAsync(CancellationToken cancellationToken)
    {
        var records = new Dictionary<string, AlarmRecord>(StringComparer.Ordinal);
        try
        {
            foreach (var document in await runtime.Spool.ListDocumentsAsync(AlarmDocuments.Kind, cancellationToken).ConfigureAwait(false))
            {
                if (AlarmDocuments.Read(document.Json) is { } record) records[document.Id] = record;
            }
        }
        catch (SpoolUnavailableException)
        {
            // That the store is away is an alarm too: what is known here is shown.
        }

        foreach (var (key, record, isStored) in await keeper.OwnAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!isStored || !records.ContainsKey(key)) records[key] = record;
        }

        return records;
    }

    private async ValueTask<ImmutableArray<AlarmEntry>?> ActAsync(
        AlarmChoice choice, AuditKind kind, string detail, OperatorIdentity who, string told, Func<AlarmRecord, bool> applies, Func<AlarmRecord, AlarmRecord> step, CancellationToken cancellationToken)
    {
        var records = await RecordsAsync(cancellationToken).ConfigureAwait(false);
        var meant = records.Where(r => choice.Means(r.Value) && (r.Value.IsOpen || r.Value.IsShelved(runtime.Now))).ToArray();
        if (meant.Length is 0) return null;
        var done = ImmutableArray.CreateBuilder<AlarmEntry>();
        // All are judged before the first is touched.
        foreach (var (key, record) in meant.Where(m => applies(m.Value)).ToArray())
        {
            await runtime.RecordAsync(kind, $"{record.Id} on {record.Node} {detail}".TrimEnd(), who.Name, cancellationToken).ConfigureAwait(false);
            if (await keeper.ChangeAsync(key, step, cancellationToken).ConfigureAwait(false) is not { } next) continue;
            runtime.Events.Publish(new SwitchEvent(runtime.Now, told) { Subject = next.Id, Detail = detail, Actor = who.Name });
            done.Add(new AlarmEntry(next, false, next.IsShelved(runtime.Now)));
        }

        last = null;
        return done.ToImmutable();
    }
}
