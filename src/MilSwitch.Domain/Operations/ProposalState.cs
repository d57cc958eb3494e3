namespace MilSwitch.Domain.Operations;

/// <summary>Where a proposal stands.</summary>
public enum ProposalState : byte
{
    /// <summary>Another person has to decide.</summary>
    Open,

    /// <summary>It was approved, and done or tried.</summary>
    Approved,

    Rejected,

    /// <summary>Nobody decided in time.</summary>
    Expired,
}
