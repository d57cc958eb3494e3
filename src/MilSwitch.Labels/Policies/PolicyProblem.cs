namespace MilSwitch.Labels.Policies;

/// <summary>One thing that is wrong with a policy's document.</summary>
/// <param name="Line">From 1; 0: not to be said.</param>
/// <param name="Column">From 1; 0: not to be said.</param>
/// <param name="Text">What is wrong, as a sentence.</param>
public sealed record PolicyProblem(int Line, int Column, string Text)
{
    public override string ToString() => Line > 0 ? $"{Line}:{Column}: {Text}" : Text;
}
