using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Schemas;

/// <summary>What of the XML in a message is judged, and what follows. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record SchemaRules
{
    public ReadingRules Reading { get; init; } = new();

    /// <summary>Octets of a file that is judged, 1 KiB to 1 GiB; a larger one is held. Default 25 MiB.</summary>
    public long LargestFile { get; init => field = Bounds.Within(value, 1 << 10, 1L << 30); } = 25L << 20;

    /// <summary>Elements inside each other, 1 to 200. Default 100.</summary>
    public int Depth { get; init => field = Bounds.Within(value, 1, 200); } = 100;

    /// <summary>A message without XML is one of those that the check is for: it must have some. Default false.</summary>
    public bool IsRequired { get; init; }

    /// <summary>What becomes of a message whose XML follows none of the schemas: <see cref="CheckOutcome.Suspicious"/> or <see cref="CheckOutcome.Blocked"/>, the default.</summary>
    public CheckOutcome Outcome { get; init => field = Bounds.Holding(value); } = CheckOutcome.Blocked;
}
