namespace MilSwitch.Domain.Alarms;

/// <summary>Something that happened to an alarm.</summary>
public enum AlarmAct : byte
{
    /// <summary>The condition came.</summary>
    Raised,

    /// <summary>The condition went.</summary>
    Cleared,

    /// <summary>A person has seen it.</summary>
    Acknowledged,

    /// <summary>A person put it aside.</summary>
    Shelved,

    /// <summary>A person took it back before its time.</summary>
    Unshelved,

    /// <summary>It comes and goes so often that it is taken for standing.</summary>
    Latched,

    /// <summary>A notifier was told.</summary>
    Notified,
}
