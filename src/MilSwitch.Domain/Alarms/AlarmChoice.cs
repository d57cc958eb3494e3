namespace MilSwitch.Domain.Alarms;

/// <summary>The alarms that an act is about.</summary>
/// <param name="Id">As <see cref="Operations.Alarm.Id"/>.</param>
/// <param name="Node">On this node only; null: on every node that has it.</param>
/// <param name="Similar">All others of its kind as well.</param>
public sealed record AlarmChoice(string Id, string? Node = null, bool Similar = false)
{
    /// <summary>Whether it is meant.</summary>
    public bool Means(AlarmRecord record) =>
        (Node is null || Node == record.Node) && (Similar ? AlarmCatalogue.NameOf(Id) == AlarmCatalogue.NameOf(record.Id) : Id == record.Id);
}
