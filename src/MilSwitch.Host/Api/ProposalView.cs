using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>What one person wants done and another has to approve.</summary>
/// <param name="Request">Exactly what is done once it is approved, in JSON.</param>
/// <param name="Digest">SHA-256 that it is bound to.</param>
/// <param name="Right">What both persons must be allowed.</param>
/// <param name="Expires">It can be approved until then.</param>
/// <param name="Node">On this node alone.</param>
/// <param name="State">open, approved, rejected or expired.</param>
/// <param name="Outcome">What came of it.</param>
public sealed record ProposalView(
    string Id, string Act, string Text, string Request, string Digest, string Right, string Author, string Reason, DateTimeOffset Created, DateTimeOffset Expires, string? Node, string State,
    string? DecidedBy, string? DecidedBecause, DateTimeOffset? DecidedAt, string? Outcome)
{
    public static ProposalView Of(Proposal proposal) => new(
        proposal.Id, proposal.Act, proposal.Text, proposal.Request, proposal.Digest, Words.Of(proposal.Right), proposal.Author, proposal.Reason, proposal.Created, proposal.Expires, proposal.Node,
        Words.Of(proposal.State), proposal.DecidedBy, proposal.DecidedBecause, proposal.DecidedAt, proposal.Outcome);
}
