using MilSwitch.Domain.Auditing;

namespace MilSwitch.Host.Auditing;

/// <summary>
/// Finds times in trails without an index, which every commit would pay for: within a trail times rise with the numbers, but
/// for steps of the clock, so that halving finds them.
/// </summary>
internal static class TrailTimes
{
    /// <summary>So far a clock may have stepped.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    /// <summary>The numbers between which all records of a stretch of time are; null: there can be none.</summary>
    /// <param name="store">The trails.</param>
    /// <param name="trail">Which one.</param>
    /// <param name="from">At this time or later; null: from the beginning.</param>
    /// <param name="until">Before this time; null: to the end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<(long First, long Below)?> FindAsync(IAuditStore store, AuditTrail trail, DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        if (trail.Head is not { } head) return null;
        var first = (trail.Anchor?.Sequence ?? 0) + 1;
        var below = head.Sequence + 1;
        if (first >= below) return null;
        if (from is { } lower && lower > DateTimeOffset.MinValue + Slack) first = await NotBeforeAsync(first, below, lower - Slack);
        if (until is { } upper && upper < DateTimeOffset.MaxValue - Slack) below = await NotBeforeAsync(first, below, upper + Slack);
        return first < below ? (first, below) : null;

        async ValueTask<long> NotBeforeAsync(long low, long high, DateTimeOffset at)
        {
            var wanted = at.ToUnixTimeMilliseconds();
            while (low < high)
            {
                var middle = low + ((high - low) / 2);
                // What is missing, or gone meanwhile, is taken for old.
                if (await store.ReadTrailAsync(trail.Number, middle - 1, 1, cancellationToken) is [var record] && record.At >= wanted) high = middle;
                else low = middle + 1;
            }

            return low;
        }
    }
}
