using System.Collections.Immutable;

namespace MilSwitch.Domain.Boundaries;

/// <summary>What one step of a boundary decided about a message, with what it decided by. Immutable.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="Outcome">What follows.</param>
/// <param name="Reasons">Short sentences for the operator, without content of the message; at least one unless it goes on.</param>
public sealed record StepDecision(string Step, StepOutcome Outcome, ImmutableArray<string> Reasons)
{
    /// <summary>What was known and asked for, as names and values; no content of the message.</summary>
    public ImmutableArray<DecisionInput> Inputs { get; init; } = [];

    /// <summary>Persons who have to approve before it goes on in spite of <see cref="StepOutcome.Hold"/>; 0: nobody can.</summary>
    public int Approvals { get; init; }

    /// <summary>Who approved, when it went on for that reason.</summary>
    public ImmutableArray<string> ApprovedBy { get; init; } = [];
}

/// <summary>One thing that a decision rests on.</summary>
public readonly record struct DecisionInput(string Name, string Value);

public enum StepOutcome : byte
{
    /// <summary>The message goes on.</summary>
    Go = 0,

    /// <summary>There was nothing to do.</summary>
    Skip = 1,

    /// <summary>It waits for a person.</summary>
    Hold = 2,

    /// <summary>It goes back to its originator, who is told nothing of the reason.</summary>
    Return = 3,

    /// <summary>Something that is needed is away: tried again by the retry curve of its level.</summary>
    Later = 4,
}
