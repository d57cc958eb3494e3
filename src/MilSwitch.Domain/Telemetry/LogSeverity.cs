namespace MilSwitch.Domain.Telemetry;

/// <summary>How much is logged, the most first.</summary>
public enum LogSeverity : byte
{
    Trace,
    Debug,
    Information,
    Warning,
    Error,
    Critical,
}
