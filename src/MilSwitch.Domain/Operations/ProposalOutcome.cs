namespace MilSwitch.Domain.Operations;

/// <summary>The end of a decision about a proposal.</summary>
public enum ProposalOutcome : byte
{
    Done,

    NotFound,

    /// <summary>It is decided already, or too old.</summary>
    Conflict,

    /// <summary>Whoever made it can't approve it.</summary>
    SamePerson,

    /// <summary>It was approved, and could not be done.</summary>
    Failed,
}
