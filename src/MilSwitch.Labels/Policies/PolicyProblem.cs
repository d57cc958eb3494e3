namespace MilSwitch.Labels.Policies;

/// <summary>One thing that is wrong with a policy's document.</summary>
/// <param name="Line">From 1; 0: not to be said.</param>
/// <param name="Column">From 1; 0: not to be said.</param>
/// <param name="Text">What is wrong, as a sentence.</param>
public sealed record PolicyProblem(int Line, int Column, string Text)
{
    /// <summary>Where a document without lines (ASN.1) has it, from 0; -1: not to be said.</summary>
    public long Octet { get; init; } = -1;

    public override string ToString() => Line > 0 ? $"{Line}:{Column}: {Text}" : Octet >= 0 ? $"octet {Octet}: {Text}" : Text;
}
