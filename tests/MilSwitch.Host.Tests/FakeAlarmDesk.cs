using System.Collections.Immutable;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Tests;

/// <summary>Alarms of the fake switch, and what was ordered.</summary>
public sealed class FakeAlarmDesk(FakeOperatorActions actions) : IAlarmDesk
{
    public IReadOnlyList<string> Notifiers => ["pager"];

    /// <summary>Beside those of the switch.</summary>
    public List<AlarmRecord> Records { get; } = [];

    public List<string> Ordered { get; } = [];

    public async ValueTask<IReadOnlyList<AlarmEntry>> ListAsync(AlarmScope scope, CancellationToken cancellationToken) =>
    [
        .. (await actions.AlarmsOfAllAsync(cancellationToken)).Select(a => Entry(new AlarmRecord
        {
            Node = a.Node, Id = a.Alarm.Id, Text = a.Alarm.Text, Severity = AlarmRecord.SeverityOf(a.Alarm), State = AlarmState.Unacknowledged, RaisedAt = a.Alarm.Since,
        })),
        .. Records.Where(r => scope is not AlarmScope.Standing || r.Stands).Select(Entry),
    ];

    public ValueTask<ImmutableArray<AlarmEntry>?> AcknowledgeAsync(AlarmChoice choice, string? note, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.AcknowledgeAlarms);
        return Act($"acknowledge {choice} {note} {who.Name}", choice, r => r.Acknowledge(who.Name, note, FakeOperatorActions.Start));
    }

    public ValueTask<ImmutableArray<AlarmEntry>?> ShelveAsync(AlarmChoice choice, TimeSpan time, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ShelveAlarms);
        return Act($"shelve {choice} {time} {reason} {who.Name}", choice, r => r.Shelve(new AlarmShelf(FakeOperatorActions.Start + time, who.Name, reason), FakeOperatorActions.Start));
    }

    public ValueTask<ImmutableArray<AlarmEntry>?> UnshelveAsync(AlarmChoice choice, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ShelveAlarms);
        return Act($"unshelve {choice} {reason} {who.Name}", choice, r => r.Unshelve(who.Name, reason, FakeOperatorActions.Start));
    }

    public ValueTask<IReadOnlyList<AlarmHistoryEntry>> HistoryAsync(string? id, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<AlarmHistoryEntry>>([.. Records.Where(r => id is null || r.Id == id).SelectMany(r => r.History.Select(h => new AlarmHistoryEntry(r.Node, r.Id, r.Severity, h))).Take(limit)]);

    public ValueTask<(bool IsKnown, string? Fault)> TestAsync(string notifier, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        Ordered.Add($"test {notifier} {reason} {who.Name}");
        return ValueTask.FromResult((Notifiers.Contains(notifier), (string?)null));
    }

    private static AlarmEntry Entry(AlarmRecord record) => new(record, false, record.IsShelved(FakeOperatorActions.Start));

    private ValueTask<ImmutableArray<AlarmEntry>?> Act(string what, AlarmChoice choice, Func<AlarmRecord, AlarmRecord> step)
    {
        Ordered.Add(what);
        var meant = Records.Where(choice.Means).ToArray();
        if (meant.Length is 0) return ValueTask.FromResult<ImmutableArray<AlarmEntry>?>(null);
        foreach (var record in meant) Records[Records.IndexOf(record)] = step(record);
        return ValueTask.FromResult<ImmutableArray<AlarmEntry>?>([.. Records.Where(choice.Means).Select(Entry)]);
    }
}
