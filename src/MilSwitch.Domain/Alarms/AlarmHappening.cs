namespace MilSwitch.Domain.Alarms;

/// <summary>One line of an alarm's history.</summary>
/// <param name="At">When.</param>
/// <param name="Act">What.</param>
/// <param name="By">The person, or the notifier that was told; null: the switch.</param>
/// <param name="Note">The alarm's text when it was raised, else the person's reason or note.</param>
public sealed record AlarmHappening(DateTimeOffset At, AlarmAct Act, string? By, string Note);
