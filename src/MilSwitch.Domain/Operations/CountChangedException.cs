namespace MilSwitch.Domain.Operations;

/// <summary>An act would reach more messages than the person was shown. Nothing was done.</summary>
public sealed class CountChangedException(int expected, int count) : Exception("There are more messages than were confirmed.")
{
    /// <summary>How many were confirmed.</summary>
    public int Expected { get; } = expected;

    /// <summary>How many it would be now.</summary>
    public int Count { get; } = count;
}
