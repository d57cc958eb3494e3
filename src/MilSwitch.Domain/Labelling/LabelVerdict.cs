namespace MilSwitch.Domain.Labelling;

/// <summary>Whether a copy of a message may go to a recipient over a link.</summary>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Reason">Which rule, what was needed and what was there, for the operator; empty when it may go.</param>
public readonly record struct LabelVerdict(LabelOutcome Outcome, string Reason)
{
    public static LabelVerdict Go => new(LabelOutcome.Go, "");

    public bool Goes => Outcome == LabelOutcome.Go;
}

public enum LabelOutcome : byte
{
    Go = 0,

    /// <summary>Kept until somebody acts.</summary>
    Hold = 1,

    /// <summary>Back to the originator, who is told nothing of the reason.</summary>
    Return = 2,
}
