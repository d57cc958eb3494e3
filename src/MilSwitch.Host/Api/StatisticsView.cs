using MilSwitch.Domain.Statistics;

namespace MilSwitch.Host.Api;

/// <summary>Time in switch.</summary>
/// <param name="Since">Messages accepted from here on…</param>
/// <param name="Until">…and before this are counted.</param>
/// <param name="By">precedence or hop.</param>
/// <param name="Complete">False: there are more than one question counts; these are the newest.</param>
/// <param name="Messages">That were counted.</param>
/// <param name="Rows">Levels, the highest first; or hops by their names.</param>
public sealed record StatisticsView(DateTimeOffset Since, DateTimeOffset Until, string By, bool Complete, long Messages, IReadOnlyList<StatisticsRowView> Rows)
{
    public static StatisticsView Of(SwitchStatistics s) =>
        new(s.Query.Since, s.Query.Until, Words.Of(s.Query.By), s.IsComplete, s.Messages, [.. s.Rows.Select(StatisticsRowView.Of)]);
}

/// <summary>One group of recipients. Times in seconds; those of shares are at most 1 % too long.</summary>
/// <param name="Key">The level, or host and port.</param>
/// <param name="Delivered">Recipients whose copy a next hop took.</param>
/// <param name="Median">As long as this, or less, half of them took; null: there is none.</param>
/// <param name="NinetyPercent">Nine of ten.</param>
/// <param name="NinetyNinePercent">99 of a hundred.</param>
/// <param name="Worst">All of them.</param>
/// <param name="SpeedOfService">What is asked of the level; null: nothing, or there are several levels.</param>
/// <param name="Within">The share, 0 to 1, that was within the speed of service of its level; null: nothing is asked.</param>
/// <param name="Failed">Given up.</param>
/// <param name="Waiting">Neither.</param>
public sealed record StatisticsRowView(
    string Key, long Delivered, double? Median, double? NinetyPercent, double? NinetyNinePercent, double? Worst, double? SpeedOfService, double? Within, long Failed, long Waiting)
{
    public static StatisticsRowView Of(StatisticsRow row)
    {
        return new StatisticsRowView(
            row.Key, row.Delivered, Seconds(row.Median), Seconds(row.NinetyPercent), Seconds(row.NinetyNinePercent), Seconds(row.Worst), row.SpeedOfService?.TotalSeconds, row.Within, row.Failed, row.Waiting);

        double? Seconds(TimeSpan span) => row.Delivered is 0 ? null : Math.Round(span.TotalSeconds, 3);
    }
}
