namespace MilSwitch.Domain.Statistics;

/// <summary>Time in switch of one group of recipients. Delays are at most 1 % too long, the worst is exact.</summary>
/// <param name="Key">The level's word, or the host.</param>
/// <param name="Delivered">Taken by a next hop.</param>
/// <param name="SpeedOfService">What the configuration asks of the level (<c>precedence.LEVEL.alarm</c>); null: nothing, or the group has several levels.</param>
/// <param name="Within">The share of those delivered that were within the speed of service of their level; null: none was delivered for which there is one.</param>
/// <param name="Failed">Given up, with or without a report.</param>
/// <param name="Waiting">Neither.</param>
public sealed record StatisticsRow(
    string Key, long Delivered, TimeSpan Median, TimeSpan NinetyPercent, TimeSpan NinetyNinePercent, TimeSpan Worst, TimeSpan? SpeedOfService, double? Within, long Failed, long Waiting);
