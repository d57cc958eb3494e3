namespace MilSwitch.Domain.Operations;

/// <summary>This person may not do it. Nothing was done.</summary>
public sealed class NotPermittedException(OperatorRight right) : Exception($"Not permitted: {right}.")
{
    /// <summary>What was in the way although the person has the right, as the end of a sentence; null: the right was missing.</summary>
    public string? Because { get; init; }

    /// <summary>What was missing.</summary>
    public OperatorRight Right { get; } = right;
}
