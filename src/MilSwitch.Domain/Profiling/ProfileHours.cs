using System.Collections.Immutable;

namespace MilSwitch.Domain.Profiling;

/// <summary>A time of the week, in Zulu. Immutable.</summary>
/// <param name="Days">Those on which it begins; empty: all.</param>
/// <param name="From">When it begins.</param>
/// <param name="Until">The first moment after it; not later than <paramref name="From"/>: on the next day.</param>
public sealed record ProfileHours(ImmutableArray<DayOfWeek> Days, TimeOnly From, TimeOnly Until)
{
    /// <summary>A moment is in it.</summary>
    public bool Contains(DateTimeOffset at)
    {
        var zulu = at.UtcDateTime;
        var time = TimeOnly.FromDateTime(zulu);
        if (From < Until) return time >= From && time < Until && IsOn(zulu.DayOfWeek);
        // Over midnight: the hours after it are of the day before.
        return (time >= From && IsOn(zulu.DayOfWeek)) || (time < Until && IsOn((DayOfWeek)(((int)zulu.DayOfWeek + 6) % 7)));
    }

    private bool IsOn(DayOfWeek day) => Days.IsEmpty || Days.Contains(day);
}
