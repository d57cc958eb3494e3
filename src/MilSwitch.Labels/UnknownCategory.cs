namespace MilSwitch.Labels;

/// <summary>A category in a syntax that is not known: kept octet by octet, and never satisfied by a clearance.</summary>
/// <param name="Syntax">Object identifier of the syntax, dotted.</param>
/// <param name="Value">One encoded element.</param>
public sealed record UnknownCategory(string Syntax, ReadOnlyMemory<byte> Value) : LabelCategory
{
    public bool Equals(UnknownCategory? other) => other is not null && Syntax == other.Syntax && Value.Span.SequenceEqual(other.Value.Span);

    public override int GetHashCode() => HashCode.Combine(Syntax, Value.Length);
}
