using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>What is known of a message's arrival at one recipient beyond a boundary, and what is still awaited. No grade includes another.</summary>
/// <param name="Message">Id of the copy that left.</param>
/// <param name="Recipient">Address.</param>
/// <param name="Precedence">The recipient's level, of which the deadlines are.</param>
/// <param name="SentAt">From when deadlines count.</param>
/// <param name="Expected">What was asked for: report, disposition, receipt.</param>
/// <param name="Missing">Of that, what has not come.</param>
/// <param name="Grades">Those that were reached, and when: gateway-accepted, domain-delivered, recipient-verified.</param>
/// <param name="DisposedAt">A disposition notification that is believed came; it is no grade.</param>
/// <param name="RefusedAt">Something says that it did not arrive, or will not be read.</param>
/// <param name="Refusal">Why, in a word.</param>
/// <param name="InvalidReceiptAt">Something came as its receipt that is none.</param>
/// <param name="ReportDeadline">Without a report that is awaited an alarm stands from then on; null: none does.</param>
/// <param name="ReceiptDeadline">Likewise without a receipt or disposition notification.</param>
/// <param name="Alarms">Those that stand: report-missing, receipt-missing, refused, receipt-invalid.</param>
/// <param name="ActionPoint">Who takes over; null: nobody.</param>
/// <param name="ActionPointDeadline">When that happens, if anything is missing then.</param>
/// <param name="AlternateDueAt">It is to happen since then.</param>
/// <param name="AlternateSentAt">The copy to the action point is on its way since then.</param>
/// <param name="SettledAt">Nothing more is awaited since then.</param>
public sealed record AcknowledgmentView(
    string Message, string Recipient, string Precedence, DateTimeOffset SentAt, IReadOnlyList<string> Expected, IReadOnlyList<string> Missing, IReadOnlyList<ReachedGradeView> Grades,
    DateTimeOffset? DisposedAt, DateTimeOffset? RefusedAt, string? Refusal, DateTimeOffset? InvalidReceiptAt, DateTimeOffset? ReportDeadline, DateTimeOffset? ReceiptDeadline,
    IReadOnlyList<string> Alarms, string? ActionPoint, DateTimeOffset? ActionPointDeadline, DateTimeOffset? AlternateDueAt, DateTimeOffset? AlternateSentAt, DateTimeOffset? SettledAt)
{
    public static AcknowledgmentView Of(AwaitedAnswer answer)
    {
        var (state, address, deadline) = answer;
        var reader = state.Expected & (ExpectedEvidence.Disposition | ExpectedEvidence.Receipt);
        return new AcknowledgmentView(
            state.Message.ToString(), address, Words.Of(state.Precedence), state.SentAt, Words.OfEach(state.Expected), Words.OfEach(state.Missing),
            [
                .. new[] { (AcknowledgmentGrade.GatewayAccepted, state.AcceptedAt), (AcknowledgmentGrade.DomainDelivered, state.DeliveredAt), (AcknowledgmentGrade.RecipientVerified, state.VerifiedAt) }
                    .Where(g => g.Item2 is not null).Select(g => new ReachedGradeView(g.Item1.Keyword(), g.Item2!.Value)),
            ],
            state.DisposedAt, state.RefusedAt, state.Refusal.Length > 0 ? state.Refusal : null, state.InvalidReceiptAt,
            state.Expected.HasFlag(ExpectedEvidence.Report) ? state.SentAt + deadline.Report : null, reader is ExpectedEvidence.None ? null : state.SentAt + deadline.Receipt,
            Words.OfEach(state.Alarms), state.ActionPoint, state.ActionPoint is null ? null : state.SentAt + deadline.Alternate, state.AlternateDueAt, state.AlternateSentAt, state.SettledAt);
    }
}

/// <summary>How far it is known that a message arrived.</summary>
/// <param name="Grade">gateway-accepted, domain-delivered or recipient-verified.</param>
/// <param name="At">Since when.</param>
public sealed record ReachedGradeView(string Grade, DateTimeOffset At);
