using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Operations;

/// <summary>What a person wants done with a held message. One case.</summary>
/// <param name="Reason">Why; kept in the audit trail.</param>
public abstract record HoldingOrder(string Reason)
{
    /// <summary>It goes on in spite of a step's decision, when enough persons say so.</summary>
    /// <param name="Step">The step that holds it.</param>
    /// <param name="Reasons">Digest of the reasons that the person saw; null: those that are there now.</param>
    /// <param name="Reason">As above.</param>
    public sealed record Approve(string Step, string? Reasons, string Reason) : HoldingOrder(Reason);

    /// <summary>It goes back to its originator.</summary>
    /// <param name="Text">What the report says; null: no more than that it was rejected.</param>
    /// <param name="Reason">As above.</param>
    public sealed record Reject(string? Text, string Reason) : HoldingOrder(Reason)
    {
        /// <summary>Characters of <see cref="Text"/>.</summary>
        public const int LongestText = 400;
    }

    /// <summary>Another message, changed, takes its place and begins at the beginning.</summary>
    /// <param name="Change">What is changed.</param>
    /// <param name="Reason">As above.</param>
    public sealed record Correct(MessageCorrection Change, string Reason) : HoldingOrder(Reason);

    /// <summary>A profiling address that is held becomes copies for these, whatever the plan says.</summary>
    /// <param name="Action">Those who have to act.</param>
    /// <param name="Information">Those who are informed; at least one of the two is not empty.</param>
    /// <param name="Reason">As above.</param>
    public sealed record Assign(ImmutableArray<Mailbox> Action, ImmutableArray<Mailbox> Information, string Reason) : HoldingOrder(Reason)
    {
        /// <summary>Addressees of one order.</summary>
        public const int Most = 1_000;
    }
}
