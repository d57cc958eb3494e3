namespace MilSwitch.Domain.Operations;

/// <summary>This person may not do it. Nothing was done.</summary>
public sealed class NotPermittedException(OperatorRight right) : Exception($"Not permitted: {right}.")
{
    /// <summary>What was missing.</summary>
    public OperatorRight Right { get; } = right;
}
