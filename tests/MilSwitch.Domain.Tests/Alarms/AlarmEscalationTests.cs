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

    private static AlarmRecord Raised(string id) => AlarmRecord.Observe(null, "n1", id, new Alarm(id, "text", Now), new AlarmChatter(), Now)!;
}
