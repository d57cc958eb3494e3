namespace MilSwitch.Domain.Alarms;

/// <summary>When an alarm that comes and goes is taken for standing.</summary>
public sealed record AlarmChatter
{
    /// <summary>So many times.</summary>
    public int Count { get; init; } = 5;

    /// <summary>Within this time.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>It is over when the condition stayed away for so long.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMinutes(5);
}
