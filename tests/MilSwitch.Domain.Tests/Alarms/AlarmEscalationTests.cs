using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Tests.Alarms;

public sealed class AlarmEscalationTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AlarmEscalation Step = new("pager", TimeSpan.FromMinutes(2)) { Repeat = TimeSpan.FromMinutes(10), Most = 3, From = AlarmSeverity.High };

    [Fact]
    public void Is_due_when_nobody_saw_it_for_long_enough_and_again_until_somebody_does()
    {
        var alarm = Raised("link:a");
        Assert.False(Step.IsDue(alarm, Now.AddMinutes(1)));
        Assert.True(Step.IsDue(alarm, Now.AddMinutes(2)));
        alarm = alarm.Notify(Step, false, Now.AddMinutes(2));
        Assert.False(Step.IsDue(alarm, Now.AddMinutes(11)));
        Assert.True(Step.IsDue(alarm, Now.AddMinutes(12)));
        Assert.False(Step.IsDue(alarm.Acknowledge("ops", null, Now.AddMinutes(12)), Now.AddMinutes(12)));
        alarm = alarm.Notify(Step, false, Now.AddMinutes(12)).Notify(Step, false, Now.AddMinutes(22));
        Assert.False(Step.IsDue(alarm, Now.AddMinutes(60)));
        Assert.Equal("pager", alarm.History[^1].By);
    }

    [Fact]
    public void What_failed_is_tried_again_soon_and_does_not_count()
    {
        var alarm = Raised("link:a").Notify(Step with { Repeat = null }, true, Now.AddMinutes(2));
        Assert.False(Step.IsDue(alarm, Now.AddMinutes(2.5)));
        Assert.True(Step.IsDue(alarm, Now.AddMinutes(3)));
        Assert.Equal(0, alarm.Notices[0].Times);
    }

    [Fact]
    public void Whoever_was_told_is_told_of_the_end_once_and_nobody_else_is()
    {
        var told = Raised("link:a").Notify(Step, false, Now.AddMinutes(2));
        Assert.False(Step.IsEndDue(told, Now.AddMinutes(3)));
        var over = Gone(told, 4);
        Assert.True(Step.IsEndDue(over, Now.AddMinutes(4)));
        Assert.False((Step with { TellsEnd = false }).IsEndDue(over, Now.AddMinutes(4)));
        Assert.False((Step with { After = TimeSpan.Zero }).IsEndDue(over, Now.AddMinutes(4)));
        Assert.False(Step.IsEndDue(over, Now.AddMinutes(64)));
        Assert.False(Step.IsEndDue(Gone(Raised("link:a"), 4), Now.AddMinutes(4)));
        Assert.True(Step.IsEndDue(Gone(told.Acknowledge("ops", null, Now.AddMinutes(3)), 4), Now.AddMinutes(4)));
        over = over.NotifyEnd(Step, false, Now.AddMinutes(4));
        Assert.False(Step.IsEndDue(over, Now.AddMinutes(5)));
        Assert.Equal("over", over.History[^1].Note);
        // It comes back, and they had heard that it was over.
        Assert.True(Step.IsDue(AlarmRecord.Observe(over, "n1", "link:a", new Alarm("link:a", "text", Now), new AlarmChatter(), Now.AddMinutes(6))!, Now.AddMinutes(6)));
    }

    [Fact]
    public void An_end_that_could_not_be_told_is_tried_again_and_one_of_what_nobody_heard_is_not_told()
    {
        var over = Gone(Raised("link:a").Notify(Step, false, Now.AddMinutes(2)), 4).NotifyEnd(Step, false, Now.AddMinutes(4)).NotifyEnd(Step, true, Now.AddMinutes(4));
        Assert.False(Step.IsEndDue(over, Now.AddMinutes(4.5)));
        Assert.True(Step.IsEndDue(over, Now.AddMinutes(5)));
        var inVain = Raised("link:a").Notify(Step, false, Now.AddMinutes(2)).Notify(Step, true, Now.AddMinutes(2));
        Assert.False(Step.IsEndDue(Gone(inVain, 4), Now.AddMinutes(10)));
    }

    [Fact]
    public void Whoever_was_told_before_it_became_worse_is_told_of_the_end_in_any_case()
    {
        var told = Raised("link:a").Notify(Step, false, Now.AddMinutes(2));
        var worse = AlarmRecord.Observe(told, "n1", "link:a", new Alarm("link:a", "worse", Now) { Severity = AlarmSeverity.Critical }, new AlarmChatter(), Now.AddMinutes(3))!;
        Assert.False(Step.IsDue(worse, Now.AddMinutes(4)));
        Assert.True(Step.IsDue(worse, Now.AddMinutes(5)));
        Assert.True(Step.IsEndDue(Gone(worse, 4), Now.AddMinutes(4)));
    }

    [Theory]
    [InlineData("link:a", "", true)]
    [InlineData("link:a", "link", true)]
    [InlineData("link:a", "token", false)]
    [InlineData("delayed:flash", "", true)]
    [InlineData("delayed:routine", "", false)]
    [InlineData("notifier:pager", "", false)]
    [InlineData("notifier:mail", "", true)]
    public void Is_for_its_kinds_and_severities_and_never_about_itself(string id, string kind, bool due) =>
        Assert.Equal(due, (Step with { Kinds = kind.Length is 0 ? [] : [kind] }).IsDue(Raised(id), Now.AddHours(1)));

    [Fact]
    public void Nobody_is_told_of_what_is_put_aside() =>
        Assert.False(Step.IsDue(Raised("link:a").Shelve(new AlarmShelf(Now.AddHours(2), "chief", "x"), Now), Now.AddHours(1)));

    [Theory]
    [InlineData("delayed:override", AlarmSeverity.Critical)]
    [InlineData("delayed:flash", AlarmSeverity.Critical)]
    [InlineData("delayed:immediate", AlarmSeverity.High)]
    [InlineData("unattended:priority", AlarmSeverity.Medium)]
    [InlineData("speed:deferred", AlarmSeverity.Low)]
    [InlineData("split", AlarmSeverity.Critical)]
    public void Severity_is_of_the_kind_and_the_level(string id, AlarmSeverity severity) => Assert.Equal(severity, AlarmCatalogue.SeverityOf(id));

    private static AlarmRecord Gone(AlarmRecord record, double after) => AlarmRecord.Observe(record, record.Node, record.Id, null, new AlarmChatter(), Now.AddMinutes(after))!;

    private static AlarmRecord Raised(string id) => AlarmRecord.Observe(null, "n1", id, new Alarm(id, "text", Now), new AlarmChatter(), Now)!;
}
