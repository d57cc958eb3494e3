namespace MilSwitch.Domain.Statistics;

/// <summary>Of what a row of the statistics tells.</summary>
public enum StatisticsBy : byte
{
    /// <summary>The level at which the recipient's copy travelled.</summary>
    Precedence,

    /// <summary>The host that took it, or was asked last.</summary>
    Hop,
}
