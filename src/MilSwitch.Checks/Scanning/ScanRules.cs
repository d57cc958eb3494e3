using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Scanning;

/// <summary>What is shown to a scanner, and what follows. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record ScanRules
{
    public ReadingRules Reading { get; init; } = new();

    /// <summary>
    /// Every decoded part is shown besides the whole message: scanners read MIME in ways of their own and may miss one. Default true.
    /// </summary>
    public bool ScansParts { get; init; } = true;

    /// <summary>What becomes of a message in which something is found: <see cref="CheckOutcome.Suspicious"/> or <see cref="CheckOutcome.Blocked"/>, the default.</summary>
    public CheckOutcome Outcome { get; init => field = Bounds.Holding(value); } = CheckOutcome.Blocked;
}
