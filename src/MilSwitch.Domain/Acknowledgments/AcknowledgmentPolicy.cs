using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>Follows one message to one recipient; pure. The same input again changes nothing.</summary>
public static class AcknowledgmentPolicy
{
    /// <summary>What follows from something that happened.</summary>
    /// <param name="state">So far.</param>
    /// <param name="input">What happened.</param>
    /// <param name="deadlines">For its level.</param>
    public static AcknowledgmentStep After(Acknowledgment state, AcknowledgmentInput input, AcknowledgmentDeadlines deadlines)
    {
        var next = Note(state, input);
        var deadline = deadlines[state.Precedence];
        if (next.SettledAt is null && next.Missing is ExpectedEvidence.None) next = next with { SettledAt = input.At };
        next = next with { Alarms = Alarms(state, next, deadline, input.At) };
        var alternate = next is { ActionPoint: not null, AlternateDueAt: null, SettledAt: null } && (next.RefusedAt is not null || Passed(next.SentAt, deadline.Alternate, input.At));
        if (alternate) next = next with { AlternateDueAt = input.At };
        return new AcknowledgmentStep(next, next.Alarms & ~state.Alarms, state.Alarms & ~next.Alarms, alternate);
    }

    /// <summary>When time by itself brings something about; null: never.</summary>
    public static DateTimeOffset? NextDue(Acknowledgment state, AcknowledgmentDeadlines deadlines)
    {
        if (state.SettledAt is not null) return null;
        var deadline = deadlines[state.Precedence];
        DateTimeOffset? due = null;
        if (state.Missing.HasFlag(ExpectedEvidence.Report) && !state.Alarms.HasFlag(AcknowledgmentAlarms.ReportMissing)) Sooner(deadline.Report);
        if (AwaitsReader(state) && !state.Alarms.HasFlag(AcknowledgmentAlarms.ReceiptMissing)) Sooner(deadline.Receipt);
        if (state is { ActionPoint: not null, AlternateDueAt: null }) Sooner(deadline.Alternate);
        return due;

        void Sooner(TimeSpan? after)
        {
            if (after is { } span && (due is null || state.SentAt + span < due)) due = state.SentAt + span;
        }
    }

    // Each fact has a place of its own, and the first of its kind stays.
    private static Acknowledgment Note(Acknowledgment state, AcknowledgmentInput input) => input switch
    {
        AcknowledgmentInput.HandedOn => state with { AcceptedAt = state.AcceptedAt ?? input.At },
        AcknowledgmentInput.Reported { Action: ReportAction.Delivered or ReportAction.Expanded } => Arrived(state with { DeliveredAt = state.DeliveredAt ?? input.At }),
        AcknowledgmentInput.Reported { Action: ReportAction.Relayed } => state with { AcceptedAt = state.AcceptedAt ?? input.At },
        AcknowledgmentInput.Reported { Action: ReportAction.Failed } when state.DeliveredAt is null => Refused(state, "not delivered", input.At),
        AcknowledgmentInput.Disposed { Disposition: DispositionType.Displayed or DispositionType.Processed } => Arrived(state with { DisposedAt = state.DisposedAt ?? input.At }),
        AcknowledgmentInput.Disposed { Disposition: DispositionType.Deleted or DispositionType.Denied or DispositionType.Failed } when state is { DisposedAt: null, VerifiedAt: null } =>
            Refused(state, "not read", input.At),
        AcknowledgmentInput.Receipted { IsGood: true } => Arrived(state with { VerifiedAt = state.VerifiedAt ?? input.At, InvalidReceiptAt = null }),
        // Anybody can send something that is no receipt: a person should look, and nothing is concluded about the message.
        AcknowledgmentInput.Receipted when state is { VerifiedAt: null } => state with { InvalidReceiptAt = state.InvalidReceiptAt ?? input.At },
        AcknowledgmentInput.AlternateSent => state with { AlternateSentAt = state.AlternateSentAt ?? input.At },
        AcknowledgmentInput.Settled => state with { SettledAt = state.SettledAt ?? input.At },
        _ => state,
    };

    private static Acknowledgment Arrived(Acknowledgment state) => state with { RefusedAt = null, Refusal = "" };

    private static Acknowledgment Refused(Acknowledgment state, string why, DateTimeOffset at) =>
        state.RefusedAt is null ? state with { RefusedAt = at, Refusal = why } : state;

    // An alarm that stands ends by what came, never by time.
    private static AcknowledgmentAlarms Alarms(Acknowledgment before, Acknowledgment now, AcknowledgmentDeadline deadline, DateTimeOffset at)
    {
        if (now.SettledAt is not null) return AcknowledgmentAlarms.None;
        var alarms = now.RefusedAt is null ? AcknowledgmentAlarms.None : AcknowledgmentAlarms.Refused;
        if (now.InvalidReceiptAt is not null) alarms |= AcknowledgmentAlarms.ReceiptInvalid;
        if (now.Missing.HasFlag(ExpectedEvidence.Report) && (before.Alarms.HasFlag(AcknowledgmentAlarms.ReportMissing) || Passed(now.SentAt, deadline.Report, at)))
            alarms |= AcknowledgmentAlarms.ReportMissing;
        if (AwaitsReader(now) && (before.Alarms.HasFlag(AcknowledgmentAlarms.ReceiptMissing) || Passed(now.SentAt, deadline.Receipt, at))) alarms |= AcknowledgmentAlarms.ReceiptMissing;
        return alarms;
    }

    private static bool AwaitsReader(Acknowledgment state) => (state.Missing & (ExpectedEvidence.Disposition | ExpectedEvidence.Receipt)) is not ExpectedEvidence.None;

    private static bool Passed(DateTimeOffset sent, TimeSpan? after, DateTimeOffset at) => after is { } span && at - sent >= span;
}
