namespace MilSwitch.Domain.Clustering;

/// <summary>One start of one node.</summary>
/// <param name="Name">The node's name, the same over all its starts.</param>
/// <param name="Incarnation">The number that the store gave this start (<see cref="Spool.ISpool.Run"/>): a later start has a higher one.</param>
public readonly record struct NodeIdentity(string Name, long Incarnation)
{
    /// <summary><c>name#incarnation</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name}#{Incarnation}");
}
