namespace MilSwitch.Labels;

/// <summary>Something is no label. The message names the rule that was broken, never the contents.</summary>
/// <param name="fault">Why.</param>
/// <param name="message">A sentence for the operator, without a position.</param>
/// <param name="position">Octet or character at which it was found, from 0; -1: unknown.</param>
/// <param name="cause">What the decoder said.</param>
public sealed class LabelRefusedException(LabelFault fault, string message, long position = -1, Exception? cause = null) : Exception(message, cause)
{
    public LabelFault Fault { get; } = fault;

    public long Position { get; } = position;
}
