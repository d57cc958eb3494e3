namespace MilSwitch.Domain.Operations;

/// <summary>An alarm and the node on which it stands.</summary>
public sealed record NodeAlarm(string Node, Alarm Alarm);
