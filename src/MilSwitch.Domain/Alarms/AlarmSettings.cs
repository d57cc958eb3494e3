using System.Collections.Immutable;

namespace MilSwitch.Domain.Alarms;

/// <summary>When alarms are raised, and who is told of them.</summary>
public sealed record AlarmSettings
{
    /// <summary>Further new alarms of one kind within a minute are rolled into one.</summary>
    public int FloodPerMinute { get; init; } = 10;

    /// <summary>When an alarm that comes and goes is taken for standing.</summary>
    public AlarmChatter Chatter { get; init; } = new();

    /// <summary>Speed of service is looked at over this time.</summary>
    public TimeSpan SpeedWindow { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Percent of a level that has to be delivered within its alarm time; 0: nobody looks.</summary>
    public int SpeedTarget { get; init; } = 95;

    /// <summary>With fewer in the window nothing is said.</summary>
    public int SpeedMinimum { get; init; } = 10;

    /// <summary>The queue has to grow for so long.</summary>
    public TimeSpan GrowthWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>And to have at least so many messages.</summary>
    public int GrowthMinimum { get; init; } = 500;

    /// <summary>For how long a held message of each level may wait for a person, indexed by level; null: as long as it likes.</summary>
    public ImmutableArray<TimeSpan?> Unattended { get; init; } =
        [null, TimeSpan.FromHours(4), TimeSpan.FromMinutes(45), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(1)];

    /// <summary>The store may be at one write for so long.</summary>
    public TimeSpan StoreLatency { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>At its present growth the volume may not be full before so long; zero: nobody looks.</summary>
    public TimeSpan SpaceGrowth { get; init; } = TimeSpan.FromHours(12);

    /// <summary>A token may be lost so often in an hour.</summary>
    public int TokenErrors { get; init; } = 3;

    /// <summary>Certificates are told of so long before they end; again, with a higher severity, seven days and one day before.</summary>
    public TimeSpan Certificates { get; init; } = TimeSpan.FromDays(30);

    /// <summary>So many messages inside the program may find nobody in ten minutes.</summary>
    public int DeadLetters { get; init; } = 1_000;

    /// <summary>Who is told, and when.</summary>
    public ImmutableArray<AlarmEscalation> Escalations { get; init; } = [];
}
