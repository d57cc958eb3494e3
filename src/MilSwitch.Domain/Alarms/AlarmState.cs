namespace MilSwitch.Domain.Alarms;

/// <summary>Where an alarm is between a condition and a person (ISA-18.2).</summary>
public enum AlarmState : byte
{
    /// <summary>It does not stand, and nobody has to know of it any more.</summary>
    Normal,

    /// <summary>It stands, and nobody has said to have seen it.</summary>
    Unacknowledged,

    /// <summary>It stands, and somebody has seen it.</summary>
    Acknowledged,

    /// <summary>It stood and does no more, and nobody has said to have seen it.</summary>
    Returned,
}
