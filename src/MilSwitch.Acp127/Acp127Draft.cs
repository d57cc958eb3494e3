using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127;

/// <summary>Mail as a message of ACP 127, or why it can't be one. Exactly one of <see cref="Message"/> and <see cref="Fault"/> is there. Immutable.</summary>
public sealed record Acp127Draft
{
    public Acp127Message? Message { get; init; }

    /// <summary>The mail came from an ACP 127 domain and keeps its format line 3; otherwise serial number and time of filing are to be given by the station that sends it first.</summary>
    public bool IsNumbered { get; init; }

    public Acp127Fault? Fault { get; init; }
}
