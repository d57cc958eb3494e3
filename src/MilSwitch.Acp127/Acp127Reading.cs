using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127;

/// <summary>What was read: a message, or why there is none. Exactly one of them is there. Immutable.</summary>
public sealed record Acp127Reading(Acp127Message? Message, Acp127Garble? Garble)
{
    /// <summary>Of a garbled message: format line 2, when it could be read.</summary>
    public Precedence? Precedence { get; init; }
}
