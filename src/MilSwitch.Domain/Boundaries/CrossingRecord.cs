using System.Collections.Immutable;

namespace MilSwitch.Domain.Boundaries;

/// <summary>One passage of a message through a boundary: every decision with its inputs, in the order in which they were made. Immutable.</summary>
/// <param name="Boundary">Its name.</param>
/// <param name="From">The security domain the message was in.</param>
/// <param name="To">The one its recipients are in.</param>
/// <param name="At">When.</param>
/// <param name="Recipients">Whom it was about: their numbers in the envelope.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Decisions">Up to and with the one that ended it.</param>
/// <param name="Released">Id of the message that crossed; empty: none did.</param>
public sealed record CrossingRecord(
    string Boundary, string From, string To, DateTimeOffset At, ImmutableArray<int> Recipients, StepOutcome Outcome, ImmutableArray<StepDecision> Decisions, string Released);
