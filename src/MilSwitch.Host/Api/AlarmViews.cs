using MilSwitch.Domain.Alarms;

namespace MilSwitch.Host.Api;

/// <param name="Id"><c>KIND</c> or <c>KIND:SUBJECT</c>.</param>
/// <param name="Text">For people.</param>
/// <param name="Since">When the present occurrence began.</param>
/// <param name="Node">Where it stands.</param>
/// <param name="Kind">What stands before the colon of <paramref name="Id"/>.</param>
/// <param name="Severity">critical, high, medium or low.</param>
/// <param name="State">unacknowledged, acknowledged, returned (it does not stand any more, and nobody has seen it) or normal.</param>
/// <param name="ClearedAt">When it ended; null: it stands.</param>
/// <param name="AcknowledgedAt">When somebody said to have seen it.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="Note">What they said to it.</param>
/// <param name="Occurrences">How often it was raised.</param>
/// <param name="Chattering">It comes and goes so often that it is taken for standing.</param>
/// <param name="Suppressed">It is rolled into the flood alarm of its kind.</param>
/// <param name="ShelvedUntil">It is put aside until then; null: it is not.</param>
/// <param name="ShelvedBy">By whom.</param>
/// <param name="ShelvedBecause">Why.</param>
/// <param name="Runbook">Page of the documentation that says what to do; null: there is none.</param>
public sealed record AlarmView(
    string Id, string Text, DateTimeOffset Since, string Node, string Kind, string Severity, string State, DateTimeOffset? ClearedAt, DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy,
    string? Note, int Occurrences, bool Chattering, bool Suppressed, DateTimeOffset? ShelvedUntil, string? ShelvedBy, string? ShelvedBecause, string? Runbook)
{
    public static AlarmView Of(AlarmEntry entry)
    {
        var (r, shelf) = (entry.Record, entry.IsShelved ? entry.Record.Shelf : null);
        return new AlarmView(
            r.Id, r.Text, r.RaisedAt, r.Node, AlarmCatalogue.NameOf(r.Id), Words.Of(r.Severity), Words.Of(r.State), r.ClearedAt, r.AcknowledgedAt, r.AcknowledgedBy, r.Note, r.Occurrences,
            r.IsChattering, entry.IsSuppressed, shelf?.Until, shelf?.By, shelf?.Reason, entry.Kind?.Runbook);
    }
}

/// <param name="At">When.</param>
/// <param name="Node">Where the alarm stands.</param>
/// <param name="Id">The alarm.</param>
/// <param name="Severity">Of its last occurrence.</param>
/// <param name="Act">raised, cleared, acknowledged, shelved, unshelved, latched or notified.</param>
/// <param name="By">The person, or the notifier that was told; null: the switch.</param>
/// <param name="Note">The alarm's text when it was raised, else the person's reason or note.</param>
public sealed record AlarmHappeningView(DateTimeOffset At, string Node, string Id, string Severity, string Act, string? By, string Note)
{
    public static AlarmHappeningView Of(AlarmHistoryEntry e) => new(e.Happening.At, e.Node, e.Id, Words.Of(e.Severity), Words.Of(e.Happening.Act), e.Happening.By, e.Happening.Note);
}

/// <param name="Note">For the others.</param>
/// <param name="Node">On this node only; on all when absent.</param>
/// <param name="Similar">All alarms of its kind.</param>
public sealed record AcknowledgeAlarmRequest(string? Note, string? Node, bool Similar = false);

/// <param name="Reason">Why.</param>
/// <param name="For">How long, such as <c>2h</c>; 24 hours at most.</param>
/// <param name="Node">On this node only; on all when absent.</param>
/// <param name="Similar">All alarms of its kind.</param>
public sealed record ShelveAlarmRequest(string? Reason, string? For, string? Node, bool Similar = false);

/// <param name="Reason">Why.</param>
/// <param name="Node">On this node only; on all when absent.</param>
/// <param name="Similar">All alarms of its kind.</param>
public sealed record UnshelveAlarmRequest(string? Reason, string? Node, bool Similar = false);

/// <param name="Notifier">Its name.</param>
/// <param name="Reason">Why.</param>
public sealed record TestNotifierRequest(string? Notifier, string? Reason);

/// <param name="Notifier">Its name.</param>
/// <param name="Told">It did its work.</param>
/// <param name="Fault">Why not; null: it did.</param>
public sealed record TestedNotifierView(string Notifier, bool Told, string? Fault);
