using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Operations;

/// <summary>
/// Acts that need two persons. Orders throw <see cref="NotPermittedException"/>, <see cref="FormatException"/> with a text for the
/// person, and <see cref="SpoolUnavailableException"/> when the store refuses; nothing was done then.
/// </summary>
public interface IProposalDesk
{
    /// <summary>Open ones and those of the last days, the newest first.</summary>
    ValueTask<IReadOnlyList<Proposal>> ProposalsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Another person than its author approves: exactly what was proposed is done, once, on whichever node; both names are in
    /// the audit trail.
    /// </summary>
    ValueTask<ProposalResult> ApproveAsync(string id, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>It is not done; its author may say so too.</summary>
    ValueTask<ProposalResult> RejectAsync(string id, string reason, OperatorIdentity who, CancellationToken cancellationToken);
}
