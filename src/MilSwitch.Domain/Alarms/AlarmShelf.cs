namespace MilSwitch.Domain.Alarms;

/// <summary>An alarm was put aside by a person. It comes back by itself.</summary>
/// <param name="Until">Then.</param>
/// <param name="By">Who did it.</param>
/// <param name="Reason">Why.</param>
public sealed record AlarmShelf(DateTimeOffset Until, string By, string Reason)
{
    /// <summary>No alarm is away for longer.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromHours(24);
}
