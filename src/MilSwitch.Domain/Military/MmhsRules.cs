using System.Collections.Immutable;

namespace MilSwitch.Domain.Military;

/// <summary>What a listener demands of the MMHS fields of a message (RFC 6477): always that each is there once at most and keeps to its grammar. Immutable.</summary>
public sealed record MmhsRules
{
    /// <summary>RFC 6477 §3.8, §3.9: there is a primary precedence where there is To, and a copy precedence where there is Cc or Bcc.</summary>
    public bool Presence { get; init; }

    /// <summary>Fields that each message has, whatever its addressees are.</summary>
    public ImmutableArray<MmhsField> Require { get; init; } = [];

    /// <summary>A missing precedence is filled in from the level at which the message travels, and a missing MMHS-Extended-Authorisation-Info with the time of acceptance.</summary>
    public bool Correct { get; init; }
}
