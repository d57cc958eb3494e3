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

    /// <summary>A draft may go (RFC 7912 §3.3), as far as this person has to say so.</summary>
    /// <param name="Address">The authority in whose name; null: the one for which the person may speak.</param>
    /// <param name="IsSigned">A signature showed that the person is that authority.</param>
    /// <param name="Digest">SHA-256, in hexadecimal, of the content that the person saw; null: whatever it is.</param>
    /// <param name="Evidence">Id of the message that says so; empty: there is none.</param>
    /// <param name="Reason">As above.</param>
    public sealed record Authorise(Mailbox? Address, bool IsSigned, string? Digest, string Evidence, string Reason) : HoldingOrder(Reason);

    /// <summary>A draft goes back to its author, by somebody who might have released it.</summary>
    /// <param name="Address">As above.</param>
    /// <param name="IsSigned">As above.</param>
    /// <param name="Digest">As above.</param>
    /// <param name="Evidence">As above.</param>
    /// <param name="Text">What the report says; null: no more than that it was rejected.</param>
    /// <param name="Reason">As above.</param>
    public sealed record RejectDraft(Mailbox? Address, bool IsSigned, string? Digest, string Evidence, string? Text, string Reason) : HoldingOrder(Reason);

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
