namespace MilSwitch.Domain.Alarms;

/// <summary>How much an alarm matters, in rising order.</summary>
public enum AlarmSeverity : byte
{
    /// <summary>For the next round.</summary>
    Low,

    /// <summary>Within the watch.</summary>
    Medium,

    /// <summary>Soon: mail is late, or will be.</summary>
    High,

    /// <summary>Now: the most urgent mail is late, or none is taken.</summary>
    Critical,
}
