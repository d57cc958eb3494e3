using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Host.Auditing;

/// <summary>
/// Writes checkpoints of trails into the store: each is only ever added behind the last one, by whichever node. Thread-safe.
/// </summary>
internal sealed class CheckpointBook(ISpool spool, IAuditStore store, AuditSigner signer, string node, TimeProvider time) : IDisposable
{
    private const int Tries = 10;

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<int, Last> known = [];

    /// <summary>Told of each checkpoint that was written here.</summary>
    public event Action<AuditCheckpoint>? Written;

    /// <summary>Writes one; null: there is nothing new to speak for.</summary>
    /// <param name="trail">Of which trail.</param>
    /// <param name="kind">Why.</param>
    /// <param name="pruned">What will be forgotten.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KeyUnavailableException">The key can't be used now: none is written rather than an unsigned one.</exception>
    /// <exception cref="BrokenTrailException">The trail is not what was written.</exception>
    /// <exception cref="SpoolUnavailableException">The store does not answer.</exception>
    public async ValueTask<AuditCheckpoint?> WriteAsync(int trail, AuditCheckpointKind kind, AuditPruning? pruned, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            for (var tries = 1; ; tries++)
            {
                var ends = (await store.TrailsAsync(cancellationToken)).FirstOrDefault(t => t.Number == trail);
                var last = await FindAsync(trail, cancellationToken);
                if (ends?.Head is not { } head) return last is null ? null : throw new BrokenTrailException(trail, last.Sequence, "its end is gone");
                if (last is not null && last.Sequence > head.Sequence) throw new BrokenTrailException(trail, head.Sequence + 1, "records are missing at its end");
                if (last is { IsStop: true } && trail is not 0 && head.Sequence > last.Sequence) throw new BrokenTrailException(trail, last.Sequence + 1, "its node had stopped, and there are records behind its last word");
                if (last?.Sequence == head.Sequence && kind is AuditCheckpointKind.Interval or AuditCheckpointKind.Asked) return null;
                // What was pruned up to its end has no record any more.
                if (ends.Anchor != head && (await store.ReadTrailAsync(trail, head.Sequence - 1, 1, cancellationToken) is not [var record] || record.Point != head))
                    throw new BrokenTrailException(trail, head.Sequence, "its last record is not the one that was written last");
                var checkpoint = new AuditCheckpoint(trail, (last?.Number ?? 0) + 1, kind, node, time.GetUtcNow(), head.Sequence, head.Hash, last?.Digest) { Pruned = pruned, Found = kind is AuditCheckpointKind.Start ? store.Found : null };
                if (last is null) checkpoint = checkpoint with { Anchor = ends.Anchor, Before = await BeforeAsync(trail, cancellationToken) };
                var body = checkpoint.Write();
                var signature = await signer.SignAsync(System.Text.Encoding.UTF8.GetBytes(body), cancellationToken);
                var kept = new SignedCheckpoint(body, signature is null ? null : Convert.ToBase64String(signature));
                if (await spool.ExchangeDocumentAsync(AuditCheckpoint.DocumentKind, checkpoint.Id, null, kept.Write(), cancellationToken))
                {
                    known[trail] = new Last(checkpoint.Number, AuditCheckpoint.DigestOf(body), checkpoint.Sequence, kind is AuditCheckpointKind.Stop || (kind is AuditCheckpointKind.Prune && last is { IsStop: true }));
                    Written?.Invoke(checkpoint);
                    return checkpoint;
                }

                // Another node was faster.
                known.Remove(trail);
                if (tries == Tries) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>One checkpoint; null: it is not there, or nobody can read it.</summary>
    public async ValueTask<(AuditCheckpoint Checkpoint, SignedCheckpoint Kept)?> ReadAsync(int trail, long number, CancellationToken cancellationToken) =>
        await spool.ReadDocumentAsync(AuditCheckpoint.DocumentKind, AuditCheckpoint.IdOf(trail, number), cancellationToken) is { } json
        && SignedCheckpoint.TryRead(json) is { } kept && AuditCheckpoint.TryRead(kept.Body) is { } checkpoint
            ? (checkpoint, kept)
            : null;

    /// <summary>Numbers of the first and the last that are there; null: there is none.</summary>
    public async ValueTask<(long First, long Last)?> RangeAsync(int trail, CancellationToken cancellationToken)
    {
        if (await FirstAsync(trail, cancellationToken) is not { } first) return null;
        // Numbers have no gaps: the end is found by doubling and halving.
        long there = first, step = 1;
        while (await IsThereAsync(there + step)) (there, step) = (there + step, step * 2);
        for (; step > 0; step /= 2)
        {
            if (await IsThereAsync(there + step)) there += step;
        }

        return (first, there);

        async ValueTask<bool> IsThereAsync(long number) => await spool.ReadDocumentAsync(AuditCheckpoint.DocumentKind, AuditCheckpoint.IdOf(trail, number), cancellationToken) is not null;
    }

    /// <summary>The first one that speaks for a record; null: none does.</summary>
    public async ValueTask<AuditCheckpoint?> CoveringAsync(int trail, long sequence, CancellationToken cancellationToken)
    {
        if (await RangeAsync(trail, cancellationToken) is not { } range) return null;
        var (low, high) = range;
        if (await ReadAsync(trail, high, cancellationToken) is not { } best || best.Checkpoint.Sequence < sequence) return null;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (await ReadAsync(trail, middle, cancellationToken) is not { } candidate) return null;
            if (candidate.Checkpoint.Sequence >= sequence) (high, best) = (middle, candidate);
            else low = middle + 1;
        }

        return best.Checkpoint;
    }

    /// <summary>Takes those away that retention has passed, as a checkpoint says that stands behind them.</summary>
    public async ValueTask ForgetAsync(AuditCheckpointLink upTo, CancellationToken cancellationToken)
    {
        if (await FirstAsync(upTo.Trail, cancellationToken) is not { } first) return;
        for (var number = first; number <= upTo.Number; number++)
            await spool.RemoveDocumentAsync(AuditCheckpoint.DocumentKind, AuditCheckpoint.IdOf(upTo.Trail, number), cancellationToken);
    }

    public void Dispose() => gate.Dispose();

    private async ValueTask<long?> FirstAsync(int trail, CancellationToken cancellationToken)
    {
        var page = await spool.PageDocumentsAsync(AuditCheckpoint.DocumentKind, AuditCheckpoint.IdOf(trail, 0), 1, cancellationToken);
        return page is [var first] && first.Id.StartsWith(AuditCheckpoint.IdOf(trail, 0)[..8], StringComparison.Ordinal)
            && long.TryParse(first.Id.AsSpan(8), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var number)
                ? number
                : null;
    }

    private async ValueTask<Last?> FindAsync(int trail, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(trail, out var last)) return last;
        if (await RangeAsync(trail, cancellationToken) is not { } range) return null;
        if (await ReadAsync(trail, range.Last, cancellationToken) is not { } found || found.Checkpoint.Trail != trail || found.Checkpoint.Number != range.Last) throw new BrokenTrailException(trail, range.Last, "its last checkpoint can't be read");
        return known[trail] = new Last(range.Last, AuditCheckpoint.DigestOf(found.Kept.Body), found.Checkpoint.Sequence, found.Checkpoint.Kind is AuditCheckpointKind.Stop);
    }

    private async ValueTask<AuditCheckpointLink?> BeforeAsync(int trail, CancellationToken cancellationToken)
    {
        foreach (var other in (await store.TrailsAsync(cancellationToken)).Select(t => t.Number).Where(n => n < trail).OrderDescending())
        {
            // Another node's may have grown meanwhile; what is named need not be its last.
            if (await FindAsync(other, cancellationToken) is { } last) return new AuditCheckpointLink(other, last.Number, last.Digest);
        }

        return null;
    }

    private sealed record Last(long Number, string Digest, long Sequence, bool IsStop);
}
