namespace MilSwitch.Domain.Operations;

/// <param name="Outcome">How it ended.</param>
/// <param name="Text">For the person who decided.</param>
/// <param name="Proposal">As it is now; null: there is none.</param>
public sealed record ProposalResult(ProposalOutcome Outcome, string Text, Proposal? Proposal = null);
