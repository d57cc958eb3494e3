namespace MilSwitch.Domain.Alarms;

/// <summary>That a step of escalation was taken for the present occurrence.</summary>
/// <param name="Step">Which (<see cref="AlarmEscalation.Key"/>).</param>
/// <param name="At">When it was taken last.</param>
/// <param name="Times">How often.</param>
/// <param name="Failed">The last time in vain.</param>
public sealed record AlarmNotice(string Step, DateTimeOffset At, int Times, bool Failed);
