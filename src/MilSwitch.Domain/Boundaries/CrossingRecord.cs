using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Labelling;

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
    string Boundary, string From, string To, DateTimeOffset At, ImmutableArray<int> Recipients, StepOutcome Outcome, ImmutableArray<StepDecision> Decisions, string Released)
{
    /// <summary>The label by which it was judged there; null: it had none, or it was not looked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageLabel? Label { get; init; }

    /// <summary>The one of the latest passage that found one, oldest first; null: none did.</summary>
    public static MessageLabel? LabelOf(ImmutableArray<CrossingRecord> passages) => passages.LastOrDefault(p => p.Label is not null)?.Label;
}
