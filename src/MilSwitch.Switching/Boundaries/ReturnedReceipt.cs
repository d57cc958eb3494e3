using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Boundaries;

/// <summary>Something that came to the address at which a boundary awaits receipts for its copies, and what is known of it. Immutable.</summary>
/// <param name="Passage">With the decisions about it.</param>
internal sealed record ReturnedReceipt(Passage Passage)
{
    /// <summary>Name of the step that decides.</summary>
    public const string Step = "receipt";

    /// <summary>For which copy it says it is.</summary>
    public ClaimedReceipt Claim { get; init; }

    /// <summary>The copy; null: there is none, or nobody was asked.</summary>
    public StoredMessage? Sent { get; init; }

    /// <summary>What the copy was made from; null likewise.</summary>
    public StoredMessage? Original { get; init; }

    /// <summary>What was asked for; null likewise.</summary>
    public ReceiptAsked? Asked { get; init; }

    public ReceiptJudgement? Judgement { get; init; }

    /// <summary>Whose it is: the number in the copy's envelope; −1 unless it is good.</summary>
    public int Recipient { get; init; } = -1;

    /// <summary>For the originator; null: there is none.</summary>
    public OriginatorReceipt? Answer { get; init; }

    /// <summary>Why there is none.</summary>
    public DepartureOutcome? Failed { get; init; }

    /// <summary>The originator was given this one before.</summary>
    public bool IsAgain => Recipient >= 0 && Asked!.Given.Contains(new ReceiptGiven(Recipient, Grade));

    /// <summary>A gateway beyond says less than originators hear of.</summary>
    public bool IsUnheard { get; init; }

    /// <summary>What it proves when it is good.</summary>
    public AcknowledgmentGrade Grade => Judgement?.Grade ?? AcknowledgmentGrade.RecipientVerified;

    /// <summary>It names a copy that was sent, and is no receipt for it.</summary>
    public bool IsFalse => Judgement is { State: ReceiptState.Bad };

    /// <summary>Pure.</summary>
    public StepDecision Decide()
    {
        if (Claim.State is ReceiptState.Unavailable) return Ruling.Later(Step, Claim.Reason);
        if (Claim.State is not ReceiptState.Good) return Ruling.Hold(Step, 0, Claim.Reason);
        if (Sent is null || Asked is null || Original is null) return Ruling.Hold(Step, 0, "it is for no message for which a receipt is awaited from there");
        (string, string)[] inputs = [("copy", Sent.Id.ToString()), ("original", Original.Id.ToString())];
        return this switch
        {
            { Judgement: { State: ReceiptState.Unavailable, Reason: var away } } => Ruling.Later(Step, away),
            { Judgement: not { State: ReceiptState.Good } } => Ruling.Hold(Step, 0, $"it is not to be believed: {Judgement?.Reason}", inputs),
            { IsAgain: true } => Ruling.Skip(Step, "the originator was given it before") with { Inputs = Ruling.Go(Step, inputs).Inputs },
            { IsUnheard: true } => Ruling.Skip(Step, $"it says {Grade.Keyword()}, of which originators hear nothing here") with { Inputs = Ruling.Go(Step, inputs).Inputs },
            { Failed: DepartureOutcome.Unavailable waits } => Ruling.Later(Step, waits.Reason),
            { Failed: DepartureOutcome.Impossible never } => Ruling.Hold(Step, 0, never.Reason, inputs),
            { Answer: null } => Ruling.Hold(Step, 0, "no receipt was made for the originator", inputs),
            _ => Ruling.Go(Step, [.. inputs, ("recipient", Judgement!.Recipient), ("grade", Grade.Keyword()), .. Judgement.Gateway.Length > 0 ? [("gateway", Judgement.Gateway)] : Array.Empty<(string, string)>()]),
        };
    }

    /// <summary>What it tells those who wait for an answer; a gateway's word for its domain is what that domain's report would be.</summary>
    /// <param name="now">The time.</param>
    public AcknowledgmentInput Acknowledges(DateTimeOffset now) => Grade switch
    {
        AcknowledgmentGrade.GatewayAccepted => new AcknowledgmentInput.Reported(ReportAction.Relayed, now),
        AcknowledgmentGrade.DomainDelivered => new AcknowledgmentInput.Reported(ReportAction.Delivered, now),
        _ => new AcknowledgmentInput.Receipted(true, now),
    };
}
