using System.Collections.Immutable;

namespace MilSwitch.Domain.Checking;

/// <summary>What a check found.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Outcome">What becomes of the message.</param>
/// <param name="Findings">For the operator and the trail, each a short sentence without content of the message; at least one unless it passed.</param>
public sealed record CheckVerdict(string Check, CheckOutcome Outcome, ImmutableArray<string> Findings);

public enum CheckOutcome : byte
{
    /// <summary>Nothing stands against it.</summary>
    Passed = 0,

    /// <summary>The check could not decide: away, slow, or a content it can't look into. Held, never passed.</summary>
    Undecided = 1,

    /// <summary>Held for a person who may release it.</summary>
    Suspicious = 2,

    /// <summary>Held for a person; releasing it as it is needs a second one.</summary>
    Blocked = 3,
}
