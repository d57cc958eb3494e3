using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Releases;

/// <summary>Whether a message may go on. One case.</summary>
public abstract record ReleaseDecision
{
    private ReleaseDecision()
    {
    }

    /// <summary>No rule is about it, or one by which nobody has to release it.</summary>
    public sealed record NotNeeded : ReleaseDecision
    {
        public static NotNeeded It { get; } = new();
    }

    /// <summary>Everybody who has to has released it.</summary>
    public sealed record Released(DraftRule Rule, ImmutableArray<Mailbox> By) : ReleaseDecision;

    /// <summary>Somebody has to release it yet.</summary>
    /// <param name="Rule">That asks for it.</param>
    /// <param name="By">Who has already, as the message itself shows.</param>
    public sealed record Unreleased(DraftRule Rule, ImmutableArray<Mailbox> By) : ReleaseDecision;

    /// <summary>It goes back: what it says about its release is not so, or nobody could review it.</summary>
    /// <param name="Reason">Without a secret; for its author and the trail.</param>
    public sealed record Refuse(string Reason) : ReleaseDecision;

    /// <summary>A person has to look at it.</summary>
    public sealed record Hold(string Reason) : ReleaseDecision;
}
