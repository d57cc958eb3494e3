using System.Collections.Immutable;

namespace MilSwitch.Domain.Auditing;

/// <summary>What a walk along all trails found.</summary>
/// <param name="Trails">In the order of their numbers.</param>
public sealed record AuditReport(ImmutableArray<AuditTrailReport> Trails)
{
    /// <summary>Nothing is wrong with any.</summary>
    public bool IsIntact => Trails.All(t => t.Fault is null);

    /// <summary>Records that were checked.</summary>
    public long Records => Trails.Sum(t => t.Records);
}

/// <summary>What is known of one trail.</summary>
/// <param name="Trail">Which.</param>
/// <param name="Records">Records that were checked, a bad one included.</param>
/// <param name="First">Number of the first; 0: there was none.</param>
/// <param name="Last">Number of the last.</param>
public sealed record AuditTrailReport(int Trail, long Records, long First, long Last)
{
    /// <summary>Checkpoints that were checked.</summary>
    public int Checkpoints { get; init; }

    /// <summary>Of these signed.</summary>
    public int Signed { get; init; }

    /// <summary>Number of the last record that a checkpoint speaks for; what comes behind it rests on the chain alone.</summary>
    public long CoveredUntil { get; init; }

    /// <summary>Number of the last record that a signed one speaks for.</summary>
    public long SignedUntil { get; init; }

    /// <summary>Who signed last, as the certificate says; null: nobody.</summary>
    public string? Signer { get; init; }

    /// <summary>When it was; null: there is no checkpoint.</summary>
    public DateTimeOffset? CoveredAt { get; init; }

    /// <summary>The last record that retention took away; 0: none.</summary>
    public long PrunedUntil { get; init; }

    /// <summary>
    /// Stretches between a node's last word and the next start's first one, oldest first, of at most
    /// <see cref="MostUnclaimed"/>: a start that ended before it signed anything wrote them, or somebody else did.
    /// </summary>
    public ImmutableArray<AuditStretch> Unclaimed { get; init; } = [];

    /// <summary>Of a trail so many stretches are named.</summary>
    public const int MostUnclaimed = 100;

    /// <summary>The first thing that is wrong; null: nothing is.</summary>
    public AuditFault? Fault { get; init; }
}

/// <summary>Records that stand behind each other.</summary>
/// <param name="From">Number of the first.</param>
/// <param name="To">Number of the last.</param>
public readonly record struct AuditStretch(long From, long To);

/// <summary>What is wrong with a trail.</summary>
/// <param name="Kind">What was done to it, as far as it can be told.</param>
/// <param name="Sequence">The first record, or checkpoint, that is not as it was.</param>
/// <param name="Text">For people; holds nothing that stands in the trail.</param>
public sealed record AuditFault(AuditFaultKind Kind, long Sequence, string Text);

/// <summary>What was done to a trail.</summary>
public enum AuditFaultKind : byte
{
    /// <summary>A record is not what was written.</summary>
    Changed,

    /// <summary>Records are missing between others.</summary>
    Removed,

    /// <summary>Records stand in another order.</summary>
    Reordered,

    /// <summary>A record is there that was not written.</summary>
    Inserted,

    /// <summary>Records are missing at the beginning, and no retention took them.</summary>
    HeadCut,

    /// <summary>Records are missing at the end.</summary>
    TailCut,

    /// <summary>The chain holds, but it is not the one that a checkpoint speaks for.</summary>
    Rewritten,

    /// <summary>A checkpoint is missing or was changed.</summary>
    Checkpoint,

    /// <summary>A checkpoint's signature is not good, or missing.</summary>
    Signature,
}

/// <summary>How far a walk along the trails is.</summary>
/// <param name="Done">Records that were checked.</param>
/// <param name="All">Records there are, about.</param>
public readonly record struct AuditProgress(long Done, long All);
