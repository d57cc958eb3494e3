using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Tests;

[Trait("Feature", "L-01")]
[Trait("Threat", "S13")]
public sealed class ReportPolicyTests
{
    private static readonly ReversePath Sender = new(Mailbox.Parse("a@example.com"));

    [Theory]
    [InlineData(NotifyOptions.Unspecified, true, true, false)]
    [InlineData(NotifyOptions.Never, false, false, false)]
    [InlineData(NotifyOptions.Success, false, false, true)]
    [InlineData(NotifyOptions.Failure, true, false, false)]
    [InlineData(NotifyOptions.Delay, false, true, false)]
    [InlineData(NotifyOptions.Success | NotifyOptions.Failure | NotifyOptions.Delay, true, true, true)]
    public void Reports_what_was_asked_for(NotifyOptions notify, bool failed, bool delayed, bool succeeded)
    {
        Assert.Equal(failed, ReportPolicy.IsDue(Sender, notify, ReportAction.Failed));
        Assert.Equal(delayed, ReportPolicy.IsDue(Sender, notify, ReportAction.Delayed));
        Assert.Equal(succeeded, ReportPolicy.IsDue(Sender, notify, ReportAction.Delivered));
        Assert.Equal(succeeded, ReportPolicy.IsDue(Sender, notify, ReportAction.Relayed));
        Assert.Equal(succeeded, ReportPolicy.IsDue(Sender, notify, ReportAction.Expanded));
    }

    [Fact]
    public void Never_reports_to_a_null_reverse_path()
    {
        for (var notify = 0; notify < 16; notify++)
        {
            foreach (var action in Enum.GetValues<ReportAction>()) Assert.False(ReportPolicy.IsDue(ReversePath.Null, (NotifyOptions)notify, action));
            Assert.False(Relaying(ReversePath.Null, (NotifyOptions)notify, trace: true, hopReports: false));
        }
    }

    [Theory]
    [InlineData(NotifyOptions.Success, false, false, true)]
    [InlineData(NotifyOptions.Success, false, true, false)]
    [InlineData(NotifyOptions.Unspecified, false, false, false)]
    [InlineData(NotifyOptions.Failure, false, false, false)]
    [InlineData(NotifyOptions.Unspecified, true, true, true)]
    [InlineData(NotifyOptions.Never, true, false, false)]
    [Trait("Feature", "A-11")]
    public void Reports_relaying_where_the_trail_would_end_or_the_trace_was_asked_for(NotifyOptions notify, bool trace, bool hopReports, bool due) =>
        Assert.Equal(due, Relaying(Sender, notify, trace, hopReports));

    private static bool Relaying(ReversePath sender, NotifyOptions notify, bool trace, bool hopReports)
    {
        var recipient = new Recipient(Mailbox.Parse("b@example.org")) { Notify = notify };
        var envelope = new Envelope
        {
            ReversePath = sender, Recipients = [recipient], ArrivedAt = DateTimeOffset.UnixEpoch, Origin = new Origin { Listener = "relay" },
            DeliverBy = trace ? new DeliverBy(DateTimeOffset.UnixEpoch.AddHours(1), DeliverByMode.Notify, Trace: true) : null,
        };
        return ReportPolicy.RelayingIsReported(envelope, recipient, hopReports, deadlineDropped: false);
    }
}
