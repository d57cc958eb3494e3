using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>Something that happened to a message that is tracked. Only what is believed is told (<see cref="ReportPolicyAtBoundary"/>). One case.</summary>
/// <param name="At">When.</param>
public abstract record AcknowledgmentInput(DateTimeOffset At)
{
    /// <summary>The next hop answered 250.</summary>
    public sealed record HandedOn(DateTimeOffset At) : AcknowledgmentInput(At);

    /// <summary>A delivery report.</summary>
    /// <param name="Action">What it says.</param>
    public sealed record Reported(ReportAction Action, DateTimeOffset At) : AcknowledgmentInput(At);

    /// <summary>A disposition notification.</summary>
    /// <param name="Disposition">What it says.</param>
    public sealed record Disposed(DispositionType Disposition, DateTimeOffset At) : AcknowledgmentInput(At);

    /// <summary>A signed receipt was compared with what was sent.</summary>
    /// <param name="IsGood">It verifies, and its signer is who was asked.</param>
    public sealed record Receipted(bool IsGood, DateTimeOffset At) : AcknowledgmentInput(At);

    /// <summary>Time passed.</summary>
    public sealed record Reached(DateTimeOffset At) : AcknowledgmentInput(At);

    /// <summary>The copy to the action point is committed.</summary>
    public sealed record AlternateSent(DateTimeOffset At) : AcknowledgmentInput(At);

    /// <summary>A person ends the waiting.</summary>
    public sealed record Settled(DateTimeOffset At) : AcknowledgmentInput(At);
}
