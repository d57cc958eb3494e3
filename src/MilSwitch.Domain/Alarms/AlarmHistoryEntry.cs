namespace MilSwitch.Domain.Alarms;

/// <summary>One line of the history of all alarms.</summary>
public sealed record AlarmHistoryEntry(string Node, string Id, AlarmSeverity Severity, AlarmHappening Happening);
