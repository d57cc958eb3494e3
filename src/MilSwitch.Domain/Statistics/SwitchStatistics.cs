using System.Collections.Immutable;

namespace MilSwitch.Domain.Statistics;

/// <summary>What the store knows about the time that messages spent here.</summary>
/// <param name="Query">What was asked for.</param>
/// <param name="Messages">Messages that were counted.</param>
/// <param name="IsComplete">False: there are more; the newest were counted.</param>
/// <param name="Rows">Levels: the highest first; hops: in the order of their names.</param>
public sealed record SwitchStatistics(StatisticsQuery Query, long Messages, bool IsComplete, ImmutableArray<StatisticsRow> Rows);
