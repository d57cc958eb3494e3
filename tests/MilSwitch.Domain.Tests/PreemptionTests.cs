using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Tests;

[Trait("Feature", "C-05")]
public sealed class PreemptionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(Precedence.Deferred)]
    [InlineData(Precedence.Routine)]
    [InlineData(Precedence.Priority)]
    public void Nobody_hears_of_lower_mail_that_waits(Precedence level) =>
        Assert.Null(Preemption.Pressure(level, PrecedenceTable.Default, Now));

    [Theory]
    [InlineData(Precedence.Immediate)]
    [InlineData(Precedence.Flash)]
    [InlineData(Precedence.Override)]
    public void Urgent_mail_that_waits_is_to_leave_within_a_quarter_of_its_alarm_time(Precedence level)
    {
        var alarm = PrecedenceTable.Default[level].Alarm ?? TimeSpan.FromMinutes(8);
        var waiting = Preemption.Pressure(level, PrecedenceTable.Default, Now)!.Value;
        Assert.Equal((level, Now + (alarm / 4)), (waiting.Precedence, waiting.Deadline));
    }

    [Fact]
    public void Only_a_lower_and_longer_transfer_that_takes_too_long_gives_way()
    {
        var waiting = Preemption.Pressure(Precedence.Flash, PrecedenceTable.Default, Now)!.Value;
        var slow = new RunningTransfer(Precedence.Routine, 10 << 20, 1000);
        Assert.True(Preemption.GivesWay(slow, waiting, Now));
        Assert.False(Preemption.GivesWay(slow with { Precedence = Precedence.Flash }, waiting, Now));
        Assert.False(Preemption.GivesWay(slow with { Remaining = 16 << 10 }, waiting, Now));
        Assert.False(Preemption.GivesWay(slow with { OctetsPerSecond = 100_000_000 }, waiting, Now));
    }
}
