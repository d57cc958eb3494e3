using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Operations;

/// <summary>Why a message is where it is: its passages through boundaries, and what persons said about them. Immutable.</summary>
/// <param name="Id">The message.</param>
/// <param name="Envelope">Its envelope, by whose numbers the passages name recipients.</param>
/// <param name="Passages">Oldest first; empty: it was at no boundary.</param>
/// <param name="Approvals">Oldest first.</param>
public sealed record MessageDecisions(MessageId Id, Envelope Envelope, ImmutableArray<CrossingRecord> Passages, ImmutableArray<BoundaryApproval> Approvals)
{
    /// <summary>Who approved a decision to hold: each person once, oldest first.</summary>
    public ImmutableArray<BoundaryApproval> Given(string boundary, StepDecision decision) => HeldStep.Given(boundary, decision, Approvals);
}
