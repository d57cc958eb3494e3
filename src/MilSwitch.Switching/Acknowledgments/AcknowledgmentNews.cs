using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Switching.Acknowledgments;

/// <summary>Tells those who watch what became durable about acknowledgments, and counts what is overdue. One owner.</summary>
internal sealed class AcknowledgmentNews(SwitchRuntime runtime)
{
    private readonly int[] overdue = new int[PrecedenceExtensions.Count];

    /// <summary>These are followed from now on.</summary>
    public void Known(ImmutableArray<Acknowledgment> recipients)
    {
        foreach (var recipient in recipients) Count(recipient, AcknowledgmentAlarms.None, recipient.Alarms);
        runtime.Acknowledgments.Publish([.. overdue]);
    }

    public void Happened(ImmutableArray<AcknowledgmentStep> steps)
    {
        if (steps.IsEmpty) return;
        foreach (var step in steps) Tell(step);
        runtime.Acknowledgments.Publish([.. overdue]);
    }

    /// <summary>No copy can be made for the action point.</summary>
    public void Stuck(Acknowledgment about) => Event("acknowledgment.stuck", about, "no copy can be made for the action point");

    private void Tell(AcknowledgmentStep step)
    {
        Count(step.State, step.Cleared, step.Raised);
        foreach (var alarm in Enum.GetValues<AcknowledgmentAlarms>())
        {
            if (alarm is AcknowledgmentAlarms.None) continue;
            if (step.Raised.HasFlag(alarm)) Event("acknowledgment.overdue", step.State, Words(alarm));
            if (step.Cleared.HasFlag(alarm)) Event("acknowledgment.cleared", step.State, Words(alarm));
        }

        if (step.AlternateDue) Event("acknowledgment.alternate", step.State, "the action point takes over");
        if (step.State.SettledAt is not null) Event("acknowledgment.settled", step.State, "");
    }

    private void Count(Acknowledgment recipient, AcknowledgmentAlarms cleared, AcknowledgmentAlarms raised)
    {
        var before = (recipient.Alarms | cleared) & ~raised;
        overdue[(int)recipient.Precedence] += (recipient.Alarms is AcknowledgmentAlarms.None ? 0 : 1) - (before is AcknowledgmentAlarms.None ? 0 : 1);
    }

    private void Event(string type, Acknowledgment about, string detail)
    {
        if (runtime.Events.IsHeard)
            runtime.Events.Publish(new SwitchEvent(runtime.Now, type) { Message = about.Message, Recipient = about.Recipient, Precedence = about.Precedence, Detail = detail });
    }

    private static string Words(AcknowledgmentAlarms alarm) => alarm switch
    {
        AcknowledgmentAlarms.ReportMissing => "no delivery report in time",
        AcknowledgmentAlarms.ReceiptMissing => "no receipt in time",
        AcknowledgmentAlarms.Refused => "not delivered, or not read",
        AcknowledgmentAlarms.ReceiptInvalid => "a receipt does not verify",
        _ => "",
    };
}
