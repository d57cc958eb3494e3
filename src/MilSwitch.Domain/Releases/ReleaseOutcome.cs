namespace MilSwitch.Domain.Releases;

/// <summary>What comes of somebody's word at the desk. One case.</summary>
public abstract record ReleaseOutcome
{
    private ReleaseOutcome()
    {
    }

    /// <summary>It does not count.</summary>
    public sealed record Refused(string Reason) : ReleaseOutcome;

    /// <summary>It was counted before: the same evidence came again.</summary>
    public sealed record Known : ReleaseOutcome
    {
        public static Known It { get; } = new();
    }

    /// <summary>It counts.</summary>
    /// <param name="Progress">With it.</param>
    /// <param name="IsComplete">Nobody else has to.</param>
    public sealed record Counted(ReleaseProgress Progress, bool IsComplete) : ReleaseOutcome;
}
