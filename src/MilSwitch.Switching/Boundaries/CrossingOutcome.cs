using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries;

/// <summary>What came of a passage. One case.</summary>
/// <param name="Passage">With every decision that was made.</param>
internal abstract record CrossingOutcome(Passage Passage)
{
    /// <summary>It may cross.</summary>
    public sealed record Released(ReleasedMessage Message) : CrossingOutcome(Message.Passage);

    /// <summary>The last decision ended it.</summary>
    /// <param name="Passage">As above.</param>
    /// <param name="Recipients">Whom that is about; the others are tried again without them.</param>
    public sealed record Ended(Passage Passage, ImmutableArray<int> Recipients) : CrossingOutcome(Passage)
    {
        public StepDecision Decision => Passage.Decisions[^1];
    }
}
