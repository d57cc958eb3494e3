using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;
using static MilSwitch.Domain.Acknowledgments.AcknowledgmentAlarms;

namespace MilSwitch.Domain.Tests.Acknowledgments;

[Trait("Feature", "L-04")]
[Trait("Feature", "L-05")]
public sealed class AcknowledgmentPolicyTests
{
    private static readonly DateTimeOffset Sent = new(2026, 3, 4, 5, 0, 0, TimeSpan.Zero);
    private static readonly AcknowledgmentDeadlines Deadlines = AcknowledgmentDeadlines.Default;

    private static Acknowledgment Flash(ExpectedEvidence expected, string? actionPoint = null) =>
        new(MessageId.Create(1, 1, 0), 0, Precedence.Flash, Sent, expected) { ActionPoint = actionPoint };

    [Theory]
    [InlineData(Precedence.Override, 3, 5)]
    [InlineData(Precedence.Flash, 10, 15)]
    [InlineData(Precedence.Immediate, 30, 45)]
    [InlineData(Precedence.Priority, 180, 240)]
    [InlineData(Precedence.Routine, 360, 1440)]
    public void Waits_as_long_as_the_level_may_take(Precedence level, int reportMinutes, int receiptMinutes)
    {
        var state = Flash(ExpectedEvidence.Report | ExpectedEvidence.Receipt) with { Precedence = level };
        Assert.Equal(Sent.AddMinutes(reportMinutes), AcknowledgmentPolicy.NextDue(state, Deadlines));
        Assert.Equal(None, Reach(state, TimeSpan.FromMinutes(reportMinutes) - TimeSpan.FromTicks(1)).Raised);
        var late = Reach(state, TimeSpan.FromMinutes(reportMinutes));
        Assert.Equal(ReportMissing, late.Raised);
        Assert.Equal(Sent.AddMinutes(receiptMinutes), AcknowledgmentPolicy.NextDue(late.State, Deadlines));
        var later = Reach(late.State, TimeSpan.FromMinutes(receiptMinutes));
        Assert.Equal(ReceiptMissing, later.Raised);
        Assert.Null(AcknowledgmentPolicy.NextDue(later.State, Deadlines));
        Assert.Equal(None, Reach(later.State, TimeSpan.FromDays(9)).Raised);
    }

    [Fact]
    public void Deferred_mail_has_no_deadline_for_receipts()
    {
        var state = Flash(ExpectedEvidence.Disposition, "duty@unit.example") with { Precedence = Precedence.Deferred };
        Assert.Null(AcknowledgmentPolicy.NextDue(state, Deadlines));
        var step = Reach(state, TimeSpan.FromDays(30));
        Assert.Equal(None, step.Raised);
        Assert.False(step.AlternateDue);
    }

    [Fact]
    public void Ends_an_alarm_by_what_was_missing_and_settles()
    {
        var late = Reach(Flash(ExpectedEvidence.Report), TimeSpan.FromMinutes(11));
        Assert.Equal(ReportMissing, late.State.Alarms);
        var done = Then(late.State, new AcknowledgmentInput.Reported(ReportAction.Delivered, Sent.AddMinutes(12)));
        Assert.Equal(ReportMissing, done.Cleared);
        Assert.Equal(Sent.AddMinutes(12), done.State.SettledAt);
        Assert.Equal(None, done.State.Alarms);
    }

    [Fact]
    [Trait("Feature", "L-09")]
    public void Never_concludes_one_grade_from_another()
    {
        var state = Flash(ExpectedEvidence.Report | ExpectedEvidence.Disposition | ExpectedEvidence.Receipt);
        var accepted = Then(state, new AcknowledgmentInput.HandedOn(Sent.AddSeconds(1))).State;
        AssertGrades(accepted, AcknowledgmentGrade.GatewayAccepted);
        AssertGrades(Then(state, new AcknowledgmentInput.Reported(ReportAction.Relayed, Sent.AddSeconds(1))).State, AcknowledgmentGrade.GatewayAccepted);
        AssertGrades(Then(state, new AcknowledgmentInput.Reported(ReportAction.Delivered, Sent.AddSeconds(1))).State, AcknowledgmentGrade.DomainDelivered);
        AssertGrades(Then(state, new AcknowledgmentInput.Disposed(DispositionType.Displayed, Sent.AddSeconds(1))).State);
        AssertGrades(Then(state, new AcknowledgmentInput.Receipted(true, Sent.AddSeconds(1))).State, AcknowledgmentGrade.RecipientVerified);
        AssertGrades(Then(state, new AcknowledgmentInput.Receipted(false, Sent.AddSeconds(1))).State);

        // A receipt does not stand in for the report that was asked for as well.
        Assert.Equal(ExpectedEvidence.Report | ExpectedEvidence.Disposition, Then(state, new AcknowledgmentInput.Receipted(true, Sent.AddSeconds(1))).State.Missing);
        Assert.Equal(["gateway-accepted", "domain-delivered", "recipient-verified"], Enum.GetValues<AcknowledgmentGrade>().Select(g => g.Keyword()));
    }

    [Fact]
    [Trait("Feature", "L-06")]
    public void Lets_the_action_point_take_over_once()
    {
        var state = Flash(ExpectedEvidence.Receipt, "duty@unit.example");
        var due = Reach(state, TimeSpan.FromMinutes(15));
        Assert.True(due.AlternateDue);
        Assert.Equal(ReceiptMissing, due.Raised);
        Assert.False(Reach(due.State, TimeSpan.FromMinutes(16)).AlternateDue);
        var sent = Then(due.State, new AcknowledgmentInput.AlternateSent(Sent.AddMinutes(16)));
        Assert.Equal(Sent.AddMinutes(16), sent.State.AlternateSentAt);
        Assert.Equal(ReceiptMissing, sent.State.Alarms);
        Assert.False(Reach(Flash(ExpectedEvidence.Receipt), TimeSpan.FromMinutes(15)).AlternateDue);
    }

    [Fact]
    [Trait("Feature", "L-06")]
    public void Does_not_wait_for_the_deadline_when_it_will_not_arrive()
    {
        var failed = Then(Flash(ExpectedEvidence.Receipt, "duty@unit.example"), new AcknowledgmentInput.Reported(ReportAction.Failed, Sent.AddMinutes(1)));
        Assert.True(failed.AlternateDue);
        Assert.Equal(Refused, failed.Raised);
        Assert.Equal("not delivered", failed.State.Refusal);
        var unread = Then(Flash(ExpectedEvidence.Disposition, "duty@unit.example"), new AcknowledgmentInput.Disposed(DispositionType.Deleted, Sent.AddMinutes(1)));
        Assert.True(unread.AlternateDue);
    }

    [Fact]
    [Trait("Threat", "C13")]
    public void A_receipt_that_does_not_verify_alarms_and_moves_nothing()
    {
        var step = Then(Flash(ExpectedEvidence.Receipt, "duty@unit.example"), new AcknowledgmentInput.Receipted(false, Sent.AddMinutes(1)));
        Assert.Equal(ReceiptInvalid, step.Raised);
        Assert.False(step.AlternateDue);
        Assert.Equal(ExpectedEvidence.Receipt, step.State.Missing);
        Assert.Equal(ReceiptInvalid, Then(step.State, new AcknowledgmentInput.Receipted(true, Sent.AddMinutes(2))).Cleared);
    }

    [Fact]
    public void A_person_can_end_the_waiting()
    {
        var late = Reach(Flash(ExpectedEvidence.Report | ExpectedEvidence.Receipt, "duty@unit.example"), TimeSpan.FromMinutes(12)).State;
        var settled = Then(late, new AcknowledgmentInput.Settled(Sent.AddMinutes(13)));
        Assert.Equal(ReportMissing, settled.Cleared);
        Assert.Null(AcknowledgmentPolicy.NextDue(settled.State, Deadlines));
        Assert.False(Reach(settled.State, TimeSpan.FromHours(1)).AlternateDue);
    }

    [Fact]
    public void The_same_again_changes_nothing()
    {
        AcknowledgmentInput[] inputs =
        [
            new AcknowledgmentInput.HandedOn(Sent.AddSeconds(1)), new AcknowledgmentInput.Reported(ReportAction.Failed, Sent.AddSeconds(2)),
            new AcknowledgmentInput.Reported(ReportAction.Delivered, Sent.AddSeconds(3)), new AcknowledgmentInput.Disposed(DispositionType.Displayed, Sent.AddSeconds(4)),
            new AcknowledgmentInput.Receipted(true, Sent.AddSeconds(5)), new AcknowledgmentInput.Reached(Sent.AddHours(2)),
        ];
        foreach (var input in inputs)
        {
            var once = Then(Flash(ExpectedEvidence.Report | ExpectedEvidence.Receipt | ExpectedEvidence.Disposition, "duty@unit.example"), input).State;
            var again = Then(once, input);
            Assert.Equal(once, again.State);
            Assert.False(again.AlternateDue);
            Assert.Equal(None, again.Raised | again.Cleared);
        }
    }

    [Fact]
    public void Is_the_same_after_it_was_stored()
    {
        var state = Reach(Flash(ExpectedEvidence.Report | ExpectedEvidence.Receipt, "duty@unit.example"), TimeSpan.FromMinutes(20)).State;
        ImmutableArray<Acknowledgment> recipients = [state, state with { Recipient = 3, Precedence = Precedence.Deferred, DisposedAt = Sent, Refusal = "not read", RefusedAt = Sent }];
        var document = AcknowledgmentDocuments.Write(state.Message, recipients);
        Assert.Equal((AcknowledgmentDocuments.Kind, state.Message.ToString()), (document.Kind, document.Id));
        Assert.Equal(recipients.AsEnumerable(), AcknowledgmentDocuments.Read(document.Json));
    }

    private static void AssertGrades(Acknowledgment state, params AcknowledgmentGrade[] grades) => Assert.Equal(grades, Enum.GetValues<AcknowledgmentGrade>().Where(state.Has));

    private static AcknowledgmentStep Reach(Acknowledgment state, TimeSpan after) => Then(state, new AcknowledgmentInput.Reached(Sent + after));

    private static AcknowledgmentStep Then(Acknowledgment state, AcknowledgmentInput input) => AcknowledgmentPolicy.After(state, input, Deadlines);
}
