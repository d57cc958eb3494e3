using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Checks.Lanes;

/// <summary>How much is checked at once and how long a check may take. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record LaneRules
{
    /// <summary>
    /// From the order to the verdict, waiting included, for each level from Deferred to Override; 100 ms to 1 h. Default 120, 60, 30,
    /// 15, 5 and 5 s. What takes longer is Undecided: the message is held, and its level tells how soon a person must see that.
    /// </summary>
    public ImmutableArray<TimeSpan> Deadlines
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(value.Length, PrecedenceExtensions.Count);
            foreach (var deadline in value) Bounds.Within(deadline, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
            field = value;
        }
    } = [.. new[] { 120, 60, 30, 15, 5, 5 }.Select(s => TimeSpan.FromSeconds(s))];

    /// <summary>Messages that one check looks at at once, 1 to 256. Default 4.</summary>
    public int Places { get; init => field = Bounds.Within(value, 1, 256); } = 4;

    /// <summary>How many of these are kept for Immediate and above; fewer than there are, 0 to 255. Default 1.</summary>
    public int UrgentPlaces { get; init => field = Bounds.Within(value, 0, 255); } = 1;

    /// <summary>Messages that may wait for one check, 0 to 100,000; more are Undecided at once. Default 1,000.</summary>
    public int MostWaiting { get; init => field = Bounds.Within(value, 0, 100_000); } = 1_000;

    /// <summary>What is inconsistent in it; null: nothing.</summary>
    public string? Problem => UrgentPlaces >= Places ? "the places for urgent messages are all there are" : null;

    /// <summary>The deadline of a level.</summary>
    public TimeSpan DeadlineOf(Precedence precedence) => Deadlines[(int)precedence];
}
