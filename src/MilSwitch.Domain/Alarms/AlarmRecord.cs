using System.Collections.Immutable;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Alarms;

/// <summary>
/// What is known of one alarm on one node, from its first occurrence on. Immutable; every step is a function of the record,
/// of what is observed or ordered, and of the time, and gives the same object back when it changes nothing.
/// </summary>
public sealed record AlarmRecord
{
    /// <summary>Lines of history that are kept of one alarm.</summary>
    public const int MostHistory = 20;

    /// <summary>A text or note is cut behind so many characters.</summary>
    public const int LongestText = 1_000;

    private const int MostNotices = 50;

    /// <summary>The node on which it stands.</summary>
    public required string Node { get; init; }

    /// <summary>As <see cref="Alarm.Id"/>.</summary>
    public required string Id { get; init; }

    /// <summary>For people, as of the last change.</summary>
    public required string Text { get; init; }

    /// <summary>Of this occurrence.</summary>
    public required AlarmSeverity Severity { get; init; }

    /// <summary>Where it is now.</summary>
    public AlarmState State { get; init; }

    /// <summary>When the last occurrence began.</summary>
    public DateTimeOffset RaisedAt { get; init; }

    /// <summary>Since when somebody should have said to have seen it; escalation counts from here.</summary>
    public DateTimeOffset WaitsSince { get; init; }

    /// <summary>When the last occurrence ended; null: it stands.</summary>
    public DateTimeOffset? ClearedAt { get; init; }

    /// <summary>When a person said to have seen it; null: nobody did.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>Who that was.</summary>
    public string? AcknowledgedBy { get; init; }

    /// <summary>What they said to it.</summary>
    public string? Note { get; init; }

    /// <summary>It was put aside; counts only until its time (<see cref="IsShelved"/>).</summary>
    public AlarmShelf? Shelf { get; init; }

    /// <summary>How often it was raised.</summary>
    public int Occurrences { get; init; }

    /// <summary>It came and went so often that it is taken for standing.</summary>
    public bool IsChattering { get; init; }

    /// <summary>While it chatters: the condition is away since then; null: it is there.</summary>
    public DateTimeOffset? QuietSince { get; init; }

    /// <summary>When it was raised of late; as many as chattering asks for.</summary>
    public ImmutableArray<DateTimeOffset> Raises { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Steps of escalation that were taken for this occurrence.</summary>
    public ImmutableArray<AlarmNotice> Notices { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Oldest first, <see cref="MostHistory"/> at most.</summary>
    public ImmutableArray<AlarmHappening> History { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Its condition is there, or is taken for it.</summary>
    public bool Stands => State is AlarmState.Unacknowledged or AlarmState.Acknowledged;

    /// <summary>Somebody has to look at it: it stands, or nobody has seen that it did.</summary>
    public bool IsOpen => State is not AlarmState.Normal;

    /// <summary>It is put aside at this time.</summary>
    public bool IsShelved(DateTimeOffset now) => Shelf is { } shelf && shelf.Until > now;

    /// <summary>The record after a look at its condition.</summary>
    /// <param name="known">Null: none yet.</param>
    /// <param name="node">Where it stands.</param>
    /// <param name="id">The alarm.</param>
    /// <param name="standing">The condition; null: it is not there.</param>
    /// <param name="chatter">What counts as chattering.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null: there was none and is none.</returns>
    public static AlarmRecord? Observe(AlarmRecord? known, string node, string id, Alarm? standing, AlarmChatter chatter, DateTimeOffset now)
    {
        if (known is null)
        {
            if (standing is null) return null;
            known = new AlarmRecord { Node = node, Id = id, Text = "", Severity = SeverityOf(standing) };
        }

        if (known.Shelf is { } shelf && shelf.Until <= now) known = known with { Shelf = null };
        return standing is null ? known.Absent(chatter, now) : known.Present(standing, chatter, now);
    }

    /// <summary>A person has seen it. The same record: there is nothing to be seen.</summary>
    public AlarmRecord Acknowledge(string who, string? note, DateTimeOffset now) => State is AlarmState.Unacknowledged or AlarmState.Returned
        ? (this with
        {
            State = State is AlarmState.Returned ? AlarmState.Normal : AlarmState.Acknowledged, AcknowledgedAt = now, AcknowledgedBy = who, Note = Cut(note),
        }).With(now, AlarmAct.Acknowledged, who, note ?? "")
        : this;

    /// <summary>A person puts it aside, also when it does not stand at the moment.</summary>
    /// <param name="shelf">Not longer than <see cref="AlarmShelf.Longest"/> from now; longer is cut.</param>
    /// <param name="now">The time.</param>
    public AlarmRecord Shelve(AlarmShelf shelf, DateTimeOffset now)
    {
        var until = shelf.Until > now + AlarmShelf.Longest ? now + AlarmShelf.Longest : shelf.Until;
        return until <= now ? this : (this with { Shelf = shelf with { Until = until, Reason = Cut(shelf.Reason)! } }).With(now, AlarmAct.Shelved, shelf.By, shelf.Reason);
    }

    /// <summary>A person takes it back. The same record: it is not aside.</summary>
    public AlarmRecord Unshelve(string who, string reason, DateTimeOffset now) =>
        IsShelved(now) ? (this with { Shelf = null }).With(now, AlarmAct.Unshelved, who, reason) : this;

    /// <summary>A step of escalation is taken, or failed after it was.</summary>
    public AlarmRecord Notify(AlarmEscalation step, bool failed, DateTimeOffset now)
    {
        var before = Notices.FirstOrDefault(n => n.Step == step.Key) ?? new AlarmNotice(step.Key, now, 0, true);
        // It was counted before it was tried.
        var times = before.Times + (!failed ? 1 : before is { Failed: false, Times: > 0 } ? -1 : 0);
        var next = With(before with { At = now, Times = times, Failed = failed });
        return failed ? next : next.With(now, AlarmAct.Notified, step.Notifier, "");
    }

    /// <summary>A step of escalation tells that it is over, or failed after it was to.</summary>
    public AlarmRecord NotifyEnd(AlarmEscalation step, bool failed, DateTimeOffset now)
    {
        if (Notices.FirstOrDefault(n => n.Step == step.Key) is not { } before) return this;
        var next = With(before with { At = now, Failed = failed, Over = !failed });
        return failed ? next : next.With(now, AlarmAct.Notified, step.Notifier, "over");
    }

    /// <summary>Only what need not be durable differs: the text of the moment, and how a chattering condition is just now.</summary>
    public bool DiffersOnlyForTheMoment(AlarmRecord other) =>
        State == other.State && Severity == other.Severity && RaisedAt == other.RaisedAt && Shelf == other.Shelf && IsChattering == other.IsChattering
        && ClearedAt == other.ClearedAt && AcknowledgedAt == other.AcknowledgedAt && Notices.SequenceEqual(other.Notices) && History.SequenceEqual(other.History);

    /// <summary>What its id says, or the alarm itself.</summary>
    public static AlarmSeverity SeverityOf(Alarm alarm) => alarm.Severity ?? AlarmCatalogue.SeverityOf(alarm.Id);

    private AlarmRecord Present(Alarm standing, AlarmChatter chatter, DateTimeOffset now)
    {
        var (text, severity) = (Cut(standing.Text)!, SeverityOf(standing));
        if (Stands && QuietSince is not null) return this with { QuietSince = null, Text = text, Occurrences = Occurrences + 1, Raises = RaisesWith(chatter, now) };
        if (Stands)
        {
            // What became worse has to be seen anew.
            if (severity > Severity)
            {
                return (this with { Text = text, Severity = severity, State = AlarmState.Unacknowledged, WaitsSince = now, AcknowledgedAt = null, AcknowledgedBy = null, Note = null, Notices = Anew })
                    .With(now, AlarmAct.Raised, null, text);
            }

            return text == Text && severity == Severity ? this : this with { Text = text, Severity = severity };
        }

        // One that returned and was not seen waits since its first time, and whoever was told of it is not told again at once, unless they heard that it was over.
        var waiting = State is AlarmState.Returned && severity <= Severity;
        var raises = RaisesWith(chatter, now);
        var latched = raises.Length >= chatter.Count;
        var next = (this with
        {
            Text = text, Severity = severity, State = AlarmState.Unacknowledged, RaisedAt = now, WaitsSince = waiting ? WaitsSince : now, ClearedAt = null,
            AcknowledgedAt = null, AcknowledgedBy = null, Note = null, Notices = waiting ? [.. Notices.Where(n => !n.Over)] : [], Occurrences = Occurrences + 1, Raises = raises,
            IsChattering = latched, QuietSince = null,
        }).With(now, AlarmAct.Raised, null, text);
        return latched ? next.With(now, AlarmAct.Latched, null, "") : next;
    }

    private AlarmRecord Absent(AlarmChatter chatter, DateTimeOffset now)
    {
        if (!Stands) return this;
        if (IsChattering && QuietSince is null) return this with { QuietSince = now };
        if (IsChattering && now - QuietSince < chatter.Quiet) return this;
        return (this with
        {
            State = State is AlarmState.Acknowledged ? AlarmState.Normal : AlarmState.Returned, ClearedAt = now, IsChattering = false, QuietSince = null,
            Raises = IsChattering ? [] : Raises,
        }).With(now, AlarmAct.Cleared, null, "");
    }

    private ImmutableArray<DateTimeOffset> RaisesWith(AlarmChatter chatter, DateTimeOffset now) => [.. Raises.Where(r => now - r < chatter.Within).TakeLast(Math.Max(0, chatter.Count - 1)), now];

    // Whoever was told is told anew, and of the end in any case.
    private ImmutableArray<AlarmNotice> Anew => [.. Notices.Where(n => n.IsTold).Select(n => n with { Times = 0, Failed = false, Earlier = true })];

    private AlarmRecord With(AlarmNotice notice) => this with { Notices = [.. Notices.Where(n => n.Step != notice.Step).TakeLast(MostNotices - 1), notice] };

    private AlarmRecord With(DateTimeOffset now, AlarmAct act, string? by, string note) =>
        this with { History = [.. History.TakeLast(MostHistory - 1), new AlarmHappening(now, act, by, Cut(note)!)] };

    private static string? Cut(string? text) => text is { Length: > LongestText } ? text[..LongestText] : text;
}
