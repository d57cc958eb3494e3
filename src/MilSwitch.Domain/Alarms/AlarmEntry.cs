namespace MilSwitch.Domain.Alarms;

/// <summary>One line of the list of alarms.</summary>
/// <param name="Record">What is known of it; its text is the one of this moment where the condition is there.</param>
/// <param name="IsSuppressed">It stands, and is rolled into the <c>flood</c> alarm of its kind.</param>
/// <param name="IsShelved">It is put aside at this moment.</param>
public sealed record AlarmEntry(AlarmRecord Record, bool IsSuppressed, bool IsShelved)
{
    /// <summary>Its kind; null: there is none of this name.</summary>
    public AlarmKind? Kind => AlarmCatalogue.Find(Record.Id);
}
