namespace MilSwitch.Domain.Statistics;

/// <summary>Which messages are counted: those accepted from one time on and before another.</summary>
public sealed record StatisticsQuery(DateTimeOffset Since, DateTimeOffset Until, StatisticsBy By);
