namespace MilSwitch.Domain.Operations;

/// <summary>What one person wants done and another has to approve.</summary>
public sealed record Proposal
{
    public required string Id { get; init; }

    /// <summary>One of <see cref="TwoPersonActs.All"/>.</summary>
    public required string Act { get; init; }

    /// <summary>For the person who decides.</summary>
    public required string Text { get; init; }

    /// <summary>Exactly what is done once it is approved, in JSON.</summary>
    public required string Request { get; init; }

    /// <summary>SHA-256 of <see cref="Request"/>.</summary>
    public required string Digest { get; init; }

    /// <summary>What whoever proposes and whoever approves must be allowed.</summary>
    public required OperatorRight Right { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset Created { get; init; }

    /// <summary>It can be approved until then.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>It can be approved on this node alone; null: on any.</summary>
    public string? Node { get; init; }
    public ProposalState State { get; init; }
    public string? DecidedBy { get; init; }
    public string? DecidedBecause { get; init; }
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>What came of it once it was approved; null: nobody knows, or it was not.</summary>
    public string? Outcome { get; init; }
}
