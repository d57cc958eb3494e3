using System.Collections.Immutable;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Operations;

/// <summary>What became of a <see cref="HoldingOrder"/>. Immutable.</summary>
/// <param name="Outcome">In a word.</param>
/// <param name="Text">For the person who gave it.</param>
public sealed record HoldingResult(HoldingOutcome Outcome, string Text)
{
    /// <summary>Persons who have to agree.</summary>
    public int Needed { get; init; } = 1;

    /// <summary>Persons who do, this one included.</summary>
    public ImmutableArray<string> Given { get; init; } = [];

    /// <summary>The message that takes the corrected one's place; null: none does.</summary>
    public MessageId? Made { get; init; }
}

public enum HoldingOutcome : byte
{
    /// <summary>It is done.</summary>
    Done = 0,

    /// <summary>It is recorded; further persons have to agree before it is done.</summary>
    ApprovalNeeded = 1,

    /// <summary>There is no such message.</summary>
    NotFound = 2,

    /// <summary>The message is not in a state for it, or this person may not.</summary>
    Conflict = 3,

    /// <summary>What was asked for can't be done with this message.</summary>
    Refused = 4,

    /// <summary>The switch could not do it now.</summary>
    Failed = 5,
}
