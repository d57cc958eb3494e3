using System.Globalization;
using System.Text;
using MilSwitch.Domain.Auditing;

namespace MilSwitch.Storage;

/// <summary>The checkpoints of one trail, read in their order. For one caller at a time.</summary>
/// <param name="trail">Which trail.</param>
/// <param name="judge">Judges signatures; null: they are not looked at.</param>
/// <param name="newestOnly">The last signature alone is judged, which speaks for all before it.</param>
internal sealed class CheckpointChain(int trail, AuditSignatureJudge? judge, bool newestOnly)
{
    private readonly List<(AuditPoint Point, long Number)> points = [];
    private readonly List<string> digests = [];
    private readonly List<AuditPruning> prunings = [];
    private AuditPoint? foundPruned;
    private SignedCheckpoint? newestSigned;
    private string? firstPrevious;
    private readonly List<AuditStretch> unclaimed = [];

    public int Trail => trail;

    /// <summary>Number of the first that is there; 0: none is.</summary>
    public long First { get; private set; }

    public long Last => digests.Count is 0 ? 0 : First + digests.Count - 1;

    public int Count => digests.Count;

    public int Signed { get; private set; }

    public AuditCheckpoint? Newest { get; private set; }

    public AuditCheckpoint? NewestSigned { get; private set; }

    public string? Signer { get; private set; }

    /// <summary>Of its first: what it says stood before this trail.</summary>
    public AuditCheckpointLink? Before { get; private set; }

    /// <summary>The first thing that is wrong; what comes behind it is not believed.</summary>
    public AuditFault? Fault { get; private set; }

    /// <summary>What it speaks for, in the order of the numbers of records.</summary>
    public IReadOnlyList<(AuditPoint Point, long Number)> Points => points;

    /// <summary>The record with which its node stopped, as long as no start says that it went on; null: it did not stop.</summary>
    public long? StoppedAt { get; private set; }

    /// <summary>What was there when a start came, and the stop before did not know.</summary>
    public IReadOnlyList<AuditStretch> Unclaimed => unclaimed;

    public AuditPruning? LastPruning => prunings.Count is 0 ? null : prunings[^1];

    /// <summary>Digest of a checkpoint; null: it is not there.</summary>
    public string? DigestOf(long number) => number >= First && number <= Last && First > 0 ? digests[(int)(number - First)] : null;

    /// <summary>Retention took it away, by what a later one says.</summary>
    public bool WasForgotten(long number) => prunings.Exists(p => p.Checkpoints is { } gone && number <= gone.Number);

    public async ValueTask AddAsync(string id, string json, CancellationToken cancellationToken)
    {
        if (Fault is not null) return;
        var number = Last + 1;
        if (SignedCheckpoint.TryRead(json) is not { } kept || AuditCheckpoint.TryRead(kept.Body) is not { } checkpoint)
        {
            Reject(number, AuditFaultKind.Checkpoint, "can't be read");
            return;
        }

        if (First is 0) First = number = checkpoint.Number;
        if (checkpoint.Trail != trail || checkpoint.Number != number || checkpoint.Id != id || checkpoint.Number < 1) Reject(number, AuditFaultKind.Checkpoint, "is missing, or another one stands in its place");
        else if (digests.Count > 0 && checkpoint.Previous != digests[^1]) Reject(number, AuditFaultKind.Checkpoint, "does not follow from the one before it");
        else if (Newest is { } last && checkpoint.Sequence < last.Sequence) Reject(number, AuditFaultKind.Checkpoint, "speaks for less than the one before it");
        else if (number is 1 && checkpoint.Previous is not null) Reject(number, AuditFaultKind.Checkpoint, "is the first and names one before it");
        else if (!newestOnly && await JudgeAsync(checkpoint, kept, cancellationToken).ConfigureAwait(false) is { } fault) Reject(number, AuditFaultKind.Signature, fault);
        if (Fault is not null) return;
        if (!Follows(checkpoint))
        {
            Fault = new AuditFault(AuditFaultKind.Inserted, StoppedAt!.Value + 1, string.Create(CultureInfo.InvariantCulture, $"The node stopped with {StoppedAt}, and there are records behind it."));
            return;
        }

        if (digests.Count is 0) (firstPrevious, Before, foundPruned) = (checkpoint.Previous, checkpoint.Before, checkpoint.Anchor);
        digests.Add(AuditCheckpoint.DigestOf(kept.Body));
        Newest = checkpoint;
        if (kept.Signature is not null)
        {
            Signed++;
            (NewestSigned, newestSigned) = (checkpoint, kept);
        }

        if (checkpoint.Sequence > 0) points.Add((checkpoint.Point, number));
        if (checkpoint.Pruned is not { } pruned) return;
        if (pruned.To > checkpoint.Sequence || pruned.To < pruned.From || (LastPruning is { } earlier && pruned.To < earlier.To)) Reject(number, AuditFaultKind.Checkpoint, "speaks of records that it can't have seen pruned");
        else prunings.Add(pruned);
    }

    /// <summary>Nothing follows. Says whether the beginning is as it should be.</summary>
    /// <param name="extract">Only a part of the chain was given.</param>
    /// <param name="mustBeSigned">The last one must bear a signature: it speaks for all before it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask FinishAsync(bool extract, bool mustBeSigned, CancellationToken cancellationToken)
    {
        if (Fault is not null || Count is 0) return;
        foreach (var pruning in prunings) points.Add((new AuditPoint(pruning.To, pruning.Hash), Last));
        points.Sort((a, b) => a.Point.Sequence.CompareTo(b.Point.Sequence));
        if (!extract && First > 1)
        {
            var gone = prunings.Select(p => p.Checkpoints).OfType<AuditCheckpointLink>().FirstOrDefault(c => c.Number >= First - 1);
            if (gone is null) Reject(First - 1, AuditFaultKind.Checkpoint, "is missing, and no retention took it");
            else if ((gone.Number == First - 1 ? firstPrevious : DigestOf(gone.Number)) != gone.Digest) Reject(gone.Number, AuditFaultKind.Checkpoint, "is not the one that retention speaks of");
        }

        if (newestOnly && newestSigned is not null && await JudgeAsync(NewestSigned!, newestSigned, cancellationToken).ConfigureAwait(false) is { } fault) Reject(NewestSigned!.Number, AuditFaultKind.Signature, fault);
        if (mustBeSigned && NewestSigned != Newest) Reject(Last, AuditFaultKind.Signature, "is not signed");
    }

    /// <summary>A checkpoint says that records up to a place, or beyond, were taken away by retention.</summary>
    public bool Proves(AuditPoint anchor) => foundPruned is { } found && found.Sequence >= anchor.Sequence
        ? found.Sequence > anchor.Sequence || found == anchor
        : prunings.Exists(p => p.To > anchor.Sequence || (p.To == anchor.Sequence && p.Hash == anchor.Hash));

    /// <summary>Compares it with what was put elsewhere at the time.</summary>
    public void Compare(long number, string digest)
    {
        if (Fault is not null || WasForgotten(number)) return;
        if (DigestOf(number) is not { } own) Reject(number, AuditFaultKind.Checkpoint, "was shipped, and is missing here");
        else if (own != digest) Reject(number, AuditFaultKind.Checkpoint, "is not the one that was shipped");
    }

    // Where each start has a trail of its own, a stop is its end. In a folder a start goes on, and says what it found.
    private bool Follows(AuditCheckpoint checkpoint)
    {
        var stopped = StoppedAt;
        if (trail is not 0 && checkpoint.Sequence > stopped) return false;
        if (checkpoint.Kind is AuditCheckpointKind.Start && stopped is { } end && checkpoint.Found is { } found && found.Sequence > end && unclaimed.Count < AuditTrailReport.MostUnclaimed)
            unclaimed.Add(new AuditStretch(end + 1, found.Sequence));
        // What is forgotten is proved at any time.
        if (checkpoint.Kind is not AuditCheckpointKind.Prune) StoppedAt = checkpoint.Kind is AuditCheckpointKind.Stop ? checkpoint.Sequence : null;
        return true;
    }

    private async ValueTask<string?> JudgeAsync(AuditCheckpoint checkpoint, SignedCheckpoint kept, CancellationToken cancellationToken)
    {
        if (kept.Signature is not { } signature || judge is null) return null;
        var octets = new byte[signature.Length];
        if (!Convert.TryFromBase64String(signature, octets, out var length)) return "has a signature that can't be read";
        var (fault, signer) = await judge(checkpoint, Encoding.UTF8.GetBytes(kept.Body), octets.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        Signer = signer ?? Signer;
        return fault is null ? null : $"has a signature that is not good: {fault}";
    }

    private void Reject(long number, AuditFaultKind kind, string text) => Fault ??= new AuditFault(kind, number, string.Create(CultureInfo.InvariantCulture, $"Checkpoint {number} {text}."));
}
