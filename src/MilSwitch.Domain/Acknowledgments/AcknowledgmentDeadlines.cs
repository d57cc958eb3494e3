using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>How long is waited at each level. Immutable; the defaults keep inside the speeds of service of the public doctrine.</summary>
public sealed record AcknowledgmentDeadlines
{
    /// <summary>One entry a level, indexed by the level's number.</summary>
    public required ImmutableArray<AcknowledgmentDeadline> Levels { get; init; }

    public AcknowledgmentDeadline this[Precedence precedence] => Levels[(int)precedence];

    public static AcknowledgmentDeadlines Default { get; } = new()
    {
        Levels =
        [
            new AcknowledgmentDeadline(TimeSpan.FromHours(48), null, null),
            Of(TimeSpan.FromHours(6), TimeSpan.FromHours(24)),
            Of(TimeSpan.FromHours(3), TimeSpan.FromHours(4)),
            Of(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(45)),
            Of(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15)),
            Of(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(5)),
        ],
    };

    private static AcknowledgmentDeadline Of(TimeSpan report, TimeSpan receipt) => new(report, receipt, receipt);
}

/// <summary>Of one level; null: no alarm, no copy.</summary>
/// <param name="Report">Until the delivery report.</param>
/// <param name="Receipt">Until the receipt and the disposition notification.</param>
/// <param name="Alternate">Until the action point takes over, if there is one and anything is missing.</param>
public sealed record AcknowledgmentDeadline(TimeSpan? Report, TimeSpan? Receipt, TimeSpan? Alternate);
