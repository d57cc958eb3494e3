using MilSwitch.Domain.Alarms;

namespace MilSwitch.Domain.Operations;

/// <summary>Something that somebody should look at, for as long as it lasts.</summary>
/// <param name="Id">The same for as long as it stands: <c>KIND</c> or <c>KIND:SUBJECT</c>, a kind of <see cref="AlarmCatalogue"/>.</param>
/// <param name="Text">For people.</param>
/// <param name="Since">When it was first noticed.</param>
public sealed record Alarm(string Id, string Text, DateTimeOffset Since)
{
    /// <summary>Null: that of its kind.</summary>
    public AlarmSeverity? Severity { get; init; }
}
