using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Tests.Alarms;

public sealed class AlarmRecordTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AlarmChatter Chatter = new();

    [Fact]
    public void A_condition_that_comes_waits_for_somebody_who_sees_it()
    {
        var raised = Raised();
        Assert.Equal((AlarmState.Unacknowledged, AlarmSeverity.High, 1), (raised.State, raised.Severity, raised.Occurrences));
        var seen = raised.Acknowledge("ops", "on it", Now.AddMinutes(1));
        Assert.Equal((AlarmState.Acknowledged, "ops", "on it"), (seen.State, seen.AcknowledgedBy, seen.Note));
        Assert.Equal(AlarmState.Normal, Look(seen, false, 2).State);
        Assert.Equal([AlarmAct.Raised, AlarmAct.Acknowledged, AlarmAct.Cleared], Look(seen, false, 2).History.Select(h => h.Act));
    }

    [Fact]
    public void What_went_before_anybody_saw_it_waits_to_be_seen()
    {
        var returned = Look(Raised(), false, 1);
        Assert.Equal((AlarmState.Returned, false, true), (returned.State, returned.Stands, returned.IsOpen));
        Assert.Equal(AlarmState.Normal, returned.Acknowledge("ops", null, Now.AddMinutes(2)).State);
        var again = Look(returned, true, 3);
        // Escalation goes on from the first time.
        Assert.Equal((AlarmState.Unacknowledged, Now, Now.AddMinutes(3), 2), (again.State, again.WaitsSince, again.RaisedAt, again.Occurrences));
    }

    [Fact]
    public void What_becomes_worse_has_to_be_seen_anew()
    {
        var seen = Raised("certificate:tls", AlarmSeverity.Medium).Acknowledge("ops", null, Now);
        var same = Observe(seen, new Alarm(seen.Id, "text", Now) { Severity = AlarmSeverity.Medium }, 1);
        var worse = Observe(seen, new Alarm(seen.Id, "text", Now) { Severity = AlarmSeverity.High }, 1);
        Assert.Equal(AlarmState.Acknowledged, same.State);
        Assert.Equal((AlarmState.Unacknowledged, AlarmSeverity.High), (worse.State, worse.Severity));
        Assert.Equal(AlarmState.Unacknowledged, Observe(worse, new Alarm(seen.Id, "text", Now) { Severity = AlarmSeverity.Low }, 2).State);
    }

    [Fact]
    public void What_is_put_aside_comes_back_by_itself_and_after_a_day_at_the_latest()
    {
        var aside = Raised().Shelve(new AlarmShelf(Now.AddDays(3), "chief", "works"), Now);
        Assert.Equal(Now.AddDays(1), aside.Shelf!.Until);
        Assert.True(aside.IsShelved(Now.AddHours(23)));
        Assert.False(aside.IsShelved(Now.AddDays(1)));
        Assert.Null(AlarmRecord.Observe(aside, "n1", "link:a", Condition(), Chatter, Now.AddDays(1))!.Shelf);
        Assert.False(aside.Unshelve("chief", "done", Now.AddHours(1)).IsShelved(Now.AddHours(1)));
        Assert.Same(aside, aside.Unshelve("chief", "too late", Now.AddDays(2)));
    }

    [Fact]
    public void What_comes_and_goes_is_taken_for_standing_until_it_is_quiet()
    {
        AlarmRecord record = Raised();
        for (var second = 1; second < 2 * Chatter.Count; second++) record = Observe(record, second % 2 is 0 ? Condition() : null, second / 60.0);
        Assert.True(record.IsChattering);
        Assert.Contains(record.History, h => h.Act is AlarmAct.Latched);
        var lines = record.History.Length;
        for (var second = 10; second < 100; second++) record = Observe(record, second % 2 is 0 ? Condition() : null, second / 60.0);
        Assert.Equal((true, lines), (record.Stands, record.History.Length));
        Assert.True(record.Occurrences > 40, $"{record.Occurrences}");
        Assert.True(Observe(record, null, 3).Stands);
        Assert.False(Observe(Observe(record, null, 3), null, 9).Stands);
    }

    [Fact]
    public void Survives_the_store()
    {
        var record = Raised().Acknowledge("ops", "on it", Now).Shelve(new AlarmShelf(Now.AddHours(1), "chief", "works"), Now).Notify(new AlarmEscalation("pager", TimeSpan.FromMinutes(2)), false, Now);
        var read = AlarmDocuments.Read(AlarmDocuments.Write(record))!;
        Assert.True(read.DiffersOnlyForTheMoment(record));
        Assert.Equal((record.Text, record.Occurrences, record.WaitsSince), (read.Text, read.Occurrences, read.WaitsSince));
        Assert.Null(AlarmDocuments.Read("nonsense"));
        Assert.NotEqual(AlarmDocuments.IdOf("n1", "link:a"), AlarmDocuments.IdOf("n2", "link:a"));
        Assert.Equal(AlarmDocuments.IdOf("n1", "node:n3"), AlarmDocuments.IdOf("n2", "node:n3"));
    }

    // Whatever happens in whatever order: what stands is open, what nobody saw is not forgotten, and nothing grows without bound.
    [Property(MaxTest = 300)]
    public Property Holds_in_every_order_of_events() => Prop.ForAll(Gen.Choose(0, 5).ListOf(80).ToArbitrary(), events =>
    {
        AlarmRecord? record = null;
        var (at, unseen) = (Now, false);
        foreach (var what in events)
        {
            at = at.AddSeconds(20);
            var before = record;
            record = what switch
            {
                0 or 1 => AlarmRecord.Observe(record, "n1", "link:a", Condition(), Chatter, at),
                2 or 3 => AlarmRecord.Observe(record, "n1", "link:a", null, Chatter, at),
                4 => record?.Acknowledge("ops", null, at),
                _ => record?.Shelve(new AlarmShelf(at.AddMinutes(1), "chief", "x"), at),
            };
            if (record is null) continue;
            if (what is 0 or 1 && before is not { Stands: true }) unseen = true;
            if (what is 4) unseen = false;
            if (what is 0 or 1 != record.Stands && what is 0 or 1) return false;
            if (record.IsOpen != (record.Stands || unseen) || (unseen && !record.IsOpen)) return false;
            if (record.Stands && record.ClearedAt is not null) return false;
            if (record.History.Length > AlarmRecord.MostHistory || record.Raises.Length > Chatter.Count) return false;
        }

        return true;
    });

    private static Alarm Condition(string id = "link:a") => new(id, "link down: a", Now);

    private static AlarmRecord Raised(string id = "link:a", AlarmSeverity? severity = null) => AlarmRecord.Observe(null, "n1", id, Condition(id) with { Severity = severity }, Chatter, Now)!;

    private static AlarmRecord Look(AlarmRecord record, bool stands, int minutes) => Observe(record, stands ? Condition() : null, minutes);

    private static AlarmRecord Observe(AlarmRecord record, Alarm? condition, double minutes) => AlarmRecord.Observe(record, record.Node, record.Id, condition, Chatter, Now.AddMinutes(minutes))!;
}
