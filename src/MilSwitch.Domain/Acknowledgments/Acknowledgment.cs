using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>
/// What is known about the arrival of one message at one recipient, and what is still awaited. The times are facts of
/// different weight and stay apart: none is ever concluded from another. Immutable.
/// </summary>
/// <param name="Message">The message.</param>
/// <param name="Recipient">The recipient's index in its envelope.</param>
/// <param name="Precedence">The recipient's level.</param>
/// <param name="SentAt">From when deadlines count.</param>
/// <param name="Expected">What was asked for.</param>
public sealed record Acknowledgment(MessageId Message, int Recipient, Precedence Precedence, DateTimeOffset SentAt, ExpectedEvidence Expected)
{
    /// <summary>Who takes over when the recipient does not answer in time; null: nobody.</summary>
    public string? ActionPoint { get; init; }

    /// <summary>The next hop took it: <see cref="AcknowledgmentGrade.GatewayAccepted"/>.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>A believed delivery report: <see cref="AcknowledgmentGrade.DomainDelivered"/>.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>A believed disposition notification says that it was displayed or processed. It proves no person: it is no grade.</summary>
    public DateTimeOffset? DisposedAt { get; init; }

    /// <summary>A verified signed receipt: <see cref="AcknowledgmentGrade.RecipientVerified"/>.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>What came says that it did not arrive, or will not be read; null: nothing does.</summary>
    public DateTimeOffset? RefusedAt { get; init; }

    /// <summary>Why, in a word; empty: it is not refused.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>Something came as its receipt that is none.</summary>
    public DateTimeOffset? InvalidReceiptAt { get; init; }

    /// <summary>Alarms that stand.</summary>
    public AcknowledgmentAlarms Alarms { get; init; }

    /// <summary>A copy to the action point is due.</summary>
    public DateTimeOffset? AlternateDueAt { get; init; }

    /// <summary>It is on its way.</summary>
    public DateTimeOffset? AlternateSentAt { get; init; }

    /// <summary>Nothing more is awaited: everything came, or a person said so.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>What was asked for and has not come.</summary>
    public ExpectedEvidence Missing =>
        Expected & ~((DeliveredAt is null ? 0 : ExpectedEvidence.Report) | (DisposedAt is null ? 0 : ExpectedEvidence.Disposition) | (VerifiedAt is null ? 0 : ExpectedEvidence.Receipt));

    /// <summary>Has this very grade been reached? No grade includes another.</summary>
    public bool Has(AcknowledgmentGrade grade) => grade switch
    {
        AcknowledgmentGrade.GatewayAccepted => AcceptedAt is not null,
        AcknowledgmentGrade.DomainDelivered => DeliveredAt is not null,
        AcknowledgmentGrade.RecipientVerified => VerifiedAt is not null,
        _ => false,
    };
}
