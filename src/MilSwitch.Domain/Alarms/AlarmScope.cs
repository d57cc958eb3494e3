namespace MilSwitch.Domain.Alarms;

/// <summary>Which alarms are asked for.</summary>
public enum AlarmScope : byte
{
    /// <summary>Those that stand and are not put aside.</summary>
    Standing,

    /// <summary>Also those that returned and that nobody has seen.</summary>
    Open,

    /// <summary>Those that are put aside.</summary>
    Shelved,

    /// <summary>All of these, and what floods suppress.</summary>
    All,
}
