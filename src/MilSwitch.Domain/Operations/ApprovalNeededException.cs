namespace MilSwitch.Domain.Operations;

/// <summary>Another person has to approve it; it is recorded, and not done yet.</summary>
public sealed class ApprovalNeededException(Proposal proposal) : Exception("Another person has to approve it.")
{
    /// <summary>What was recorded.</summary>
    public Proposal Proposal { get; } = proposal;
}
