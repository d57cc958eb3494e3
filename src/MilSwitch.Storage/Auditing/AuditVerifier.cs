using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Auditing;

namespace MilSwitch.Storage;

/// <summary>
/// Walks along audit trails and says of each what was done to it first: every record must follow from the one before it, the
/// trail must begin where retention says and reach its end, and it must be the one that the checkpoints speak for. Memory is
/// bounded by a slice of records and some hundred octets for each checkpoint.
/// </summary>
/// <param name="source">What is verified.</param>
public sealed class AuditVerifier(IAuditSource source)
{
    private const int Slice = 2000;
    private const int DocumentSlice = 500;

    /// <summary>So far a record that stands elsewhere is looked for.</summary>
    private const int Window = 1000;

    private readonly AuditChain chain = new();
    private long done;
    private long all;

    /// <summary>Judges signatures of checkpoints; null: they are not looked at.</summary>
    public AuditSignatureJudge? Judge { get; init; }

    /// <summary>Of each trail only the last signature is judged.</summary>
    public bool JudgesNewestOnly { get; init; }

    /// <summary>Digests of checkpoints that were shipped at their time, by their ids.</summary>
    public IReadOnlyDictionary<string, string> Shipped { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The last checkpoint of each trail must be signed, and there must be one.</summary>
    public bool MustBeSigned { get; init; }

    /// <summary>The source is a stretch out of trails: it begins anywhere and ends at a checkpoint.</summary>
    public bool IsExtract { get; init; }

    /// <summary>The chain alone.</summary>
    public bool IgnoresCheckpoints { get; init; }

    /// <summary>Asked after each slice; what it takes is the walk's pace.</summary>
    public Func<AuditProgress, CancellationToken, ValueTask>? Pace { get; init; }

    /// <summary>Only these trails; null: all of them.</summary>
    public Func<int, bool>? Only { get; init; }

    /// <summary>The whole walk.</summary>
    public async ValueTask<AuditReport> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var trails = await source.TrailsAsync(cancellationToken).ConfigureAwait(false);
        (done, all) = (0, trails.Where(t => Only?.Invoke(t.Number) ?? true).Sum(t => Math.Max(0, (t.Head?.Sequence ?? 0) - (t.Anchor?.Sequence ?? 0))));
        // Read behind the trails' ends: what these checkpoints speak for was written before, or is read below.
        var checkpoints = await CheckpointsAsync(cancellationToken).ConfigureAwait(false);
        var reports = ImmutableArray.CreateBuilder<AuditTrailReport>();
        foreach (var number in trails.Select(t => t.Number).Union(checkpoints.Keys).Order())
        {
            if (Only?.Invoke(number) is false) continue;
            var trail = trails.FirstOrDefault(t => t.Number == number);
            reports.Add(await VerifyAsync(number, trail, checkpoints, cancellationToken).ConfigureAwait(false));
        }

        return new AuditReport(reports.ToImmutable());
    }

    private async ValueTask<SortedDictionary<int, CheckpointChain>> CheckpointsAsync(CancellationToken cancellationToken)
    {
        var chains = new SortedDictionary<int, CheckpointChain>();
        if (IgnoresCheckpoints) return chains;
        for (var after = ""; ;)
        {
            var page = await source.PageDocumentsAsync(AuditCheckpoint.DocumentKind, after, DocumentSlice, cancellationToken).ConfigureAwait(false);
            foreach (var document in page)
            {
                after = document.Id;
                if (TryReadId(document.Id, out var trail, out _)) await ChainOf(trail).AddAsync(document.Id, document.Json, cancellationToken).ConfigureAwait(false);
            }

            if (page.Count < DocumentSlice) break;
        }

        foreach (var own in chains.Values) await own.FinishAsync(IsExtract, MustBeSigned, cancellationToken).ConfigureAwait(false);
        foreach (var (id, digest) in Shipped.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (TryReadId(id, out var trail, out var number)) ChainOf(trail).Compare(number, digest);
        }

        return chains;

        CheckpointChain ChainOf(int trail)
        {
            if (!chains.TryGetValue(trail, out var own)) chains.Add(trail, own = new CheckpointChain(trail, Judge, JudgesNewestOnly));
            return own;
        }
    }

    private static bool TryReadId(string id, out int trail, out long number)
    {
        number = 0;
        return int.TryParse(id.AsSpan(0, Math.Min(8, id.Length)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out trail)
            && long.TryParse(id.AsSpan(Math.Min(8, id.Length)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }

    private async ValueTask<AuditTrailReport> VerifyAsync(int number, AuditTrail? trail, SortedDictionary<int, CheckpointChain> chains, CancellationToken cancellationToken)
    {
        var known = chains.GetValueOrDefault(number);
        var report = new AuditTrailReport(number, 0, 0, trail?.Anchor?.Sequence ?? 0)
        {
            Checkpoints = known?.Count ?? 0, Signed = known?.Signed ?? 0, CoveredUntil = known?.Newest?.Sequence ?? 0, CoveredAt = known?.Newest?.At,
            Unclaimed = [.. known?.Unclaimed ?? []], SignedUntil = known?.NewestSigned?.Sequence ?? 0, Signer = known?.Signer, PrunedUntil = IsExtract ? 0 : trail?.Anchor?.Sequence ?? 0,
        };
        report = await WalkAsync(report, trail ?? new AuditTrail(number, null, null), known, cancellationToken).ConfigureAwait(false);
        if (report.Fault is not null) return report;
        if (known is { Fault: null, StoppedAt: { } stopped } && report.Last > stopped)
        {
            if (number is not 0) return report with { Fault = new AuditFault(AuditFaultKind.Inserted, stopped + 1, Text($"The node stopped with {stopped}, and there are records behind it.")) };
            if (report.Unclaimed.Length < AuditTrailReport.MostUnclaimed) report = report with { Unclaimed = report.Unclaimed.Add(new AuditStretch(stopped + 1, report.Last)) };
        }

        var fault = known?.Fault ?? (known is null && MustBeSigned && !IgnoresCheckpoints && report.Records > 0 ? new AuditFault(AuditFaultKind.Signature, report.First, "No checkpoint speaks for this trail.") : null);
        if (fault is null && IsExtract && known is not null && known.Last > 0 && report.Last > report.CoveredUntil && MustBeSigned)
            fault = new AuditFault(AuditFaultKind.Signature, report.CoveredUntil + 1, "No checkpoint speaks for the last records.");
        // The chain of another trail says that there was more of this one.
        foreach (var named in IsExtract ? [] : chains.Values.Where(c => c.Fault is null && c.Before?.Trail == number).Select(c => c.Before!).ToArray())
            fault ??= await MissingAsync(named, known, cancellationToken).ConfigureAwait(false);
        return report with { Fault = fault };
    }

    private async ValueTask<AuditFault?> MissingAsync(AuditCheckpointLink named, CheckpointChain? known, CancellationToken cancellationToken)
    {
        if (known?.WasForgotten(named.Number) is true || known?.DigestOf(named.Number) == named.Digest) return null;
        // It may have been made after this one's chain was read.
        if (named.Number > (known?.Last ?? 0)
            && await source.PageDocumentsAsync(AuditCheckpoint.DocumentKind, AuditCheckpoint.IdOf(named.Trail, named.Number - 1), 1, cancellationToken).ConfigureAwait(false) is [var late]
            && late.Id == AuditCheckpoint.IdOf(named.Trail, named.Number) && SignedCheckpoint.TryRead(late.Json) is { } kept && AuditCheckpoint.DigestOf(kept.Body) == named.Digest)
        {
            return null;
        }

        return new AuditFault(AuditFaultKind.Checkpoint, named.Number, Text($"Checkpoint {named.Number}, which a later trail names, is missing or another one."));
    }

    private async ValueTask<AuditTrailReport> WalkAsync(AuditTrailReport report, AuditTrail trail, CheckpointChain? known, CancellationToken cancellationToken)
    {
        var points = known?.Points ?? [];
        var next = 0;
        var expected = new byte[AuditChain.HashLength];
        long last = 0;
        if (trail.Anchor is { } anchor)
        {
            if (!IsExtract && known is { Count: > 0 } && !known.Proves(anchor)) return Bad(AuditFaultKind.HeadCut, anchor.Sequence, Text($"The records up to {anchor.Sequence} are missing, and no checkpoint says that retention took them."));
            last = anchor.Sequence;
            if (anchor.Hash.Length != 2 * AuditChain.HashLength) return Bad(AuditFaultKind.Changed, last, "What the trail begins with is not a hash.");
            Convert.FromHexString(anchor.Hash).CopyTo(expected, 0);
            while (next < points.Count && points[next].Point.Sequence < last) next++;
            if (Contradicted(anchor) is { } other) return other;
        }

        var head = trail.Head;
        while (true)
        {
            var slice = await source.ReadTrailAsync(trail.Number, last, Slice, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < slice.Count; i++)
            {
                var record = slice[i];
                report = report with { Records = report.Records + 1, First = report.First is 0 ? record.Sequence : report.First };
                if (record.Sequence != last + 1)
                {
                    return report.Records is 1 && trail.Anchor is null
                        ? Bad(AuditFaultKind.HeadCut, last + 1, Text($"The records from {last + 1} to {record.Sequence - 1} are missing at the beginning."))
                        : Bad(AuditFaultKind.Removed, last + 1, Text($"The records from {last + 1} to {record.Sequence - 1} are missing."));
                }

                if (!record.IsSound) return Bad(AuditFaultKind.Changed, record.Sequence, "The record holds what was never written so.");
                var before = expected.AsSpan().ToArray();
                chain.Next(expected, record.Sequence, record.At, record.Event, expected);
                if (!expected.AsSpan().SequenceEqual(record.Hash.Span))
                {
                    var behind = await source.ReadTrailAsync(trail.Number, record.Sequence, Window, cancellationToken).ConfigureAwait(false);
                    return report with { Last = record.Sequence, Fault = Explain(before, record, behind) };
                }

                report = report with { Last = last = record.Sequence };
                // The head was read first, so it lies within what is read here.
                if (record.Sequence == head?.Sequence && record.Point != head) return Bad(AuditFaultKind.Rewritten, record.Sequence, "The record is not the one that was written last.");
                if (Contradicted(record.Point) is { } contradicted) return contradicted;
            }

            done += slice.Count;
            if (Pace is not null) await Pace(new AuditProgress(done, Math.Max(done, all)), cancellationToken).ConfigureAwait(false);
            if (slice.Count < Slice) break;
        }

        if (last < head?.Sequence) return Bad(AuditFaultKind.TailCut, last + 1, Text($"The record is missing, and so are all behind it up to {head.Value.Sequence}."));
        if (next < points.Count) return Bad(AuditFaultKind.TailCut, last + 1, Text($"The record is missing, and so are all behind it: checkpoint {points[^1].Number} speaks for {points[^1].Point.Sequence} records."));
        if (IsExtract || report.Records is 0) return report;
        // Others may write while this walks: what they wrote, the head tells.
        if (last > (head?.Sequence ?? 0)) head = (await source.TrailsAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(t => t.Number == trail.Number)?.Head;
        if (head is null) return Bad(AuditFaultKind.TailCut, last + 1, "The end of the trail is not known any more: records may be missing behind this one.");
        return last > head.Value.Sequence ? Bad(AuditFaultKind.Inserted, head.Value.Sequence + 1, Text($"The trail ends with {head.Value.Sequence}, and there are records behind it.")) : report;

        AuditTrailReport Bad(AuditFaultKind kind, long sequence, string text) => report with { Fault = new AuditFault(kind, sequence, text) };

        AuditTrailReport? Contradicted(AuditPoint point)
        {
            for (; next < points.Count && points[next].Point.Sequence <= point.Sequence; next++)
            {
                if (points[next].Point != point) return Bad(AuditFaultKind.Rewritten, point.Sequence, Text($"The trail was written anew: checkpoint {points[next].Number} speaks for another record."));
            }

            return null;
        }
    }

    // The hash of each record says what stood before it, so that what belongs here can be told where it is still there.
    private AuditFault Explain(byte[] before, AuditRecord record, IReadOnlyList<AuditRecord> behind)
    {
        var number = record.Sequence;
        var computed = new byte[AuditChain.HashLength];
        for (var i = 0; i < behind.Count; i++)
        {
            var other = behind[i];
            chain.Next(before, number, other.At, other.Event, computed);
            if (computed.AsSpan().SequenceEqual(record.Hash.Span))
                return new AuditFault(AuditFaultKind.Reordered, number, Text($"What belongs to record {number} stands in record {other.Sequence}."));
            if (!computed.AsSpan().SequenceEqual(other.Hash.Span)) continue;
            chain.Next(i is 0 ? other.Hash.Span : behind[i - 1].Hash.Span, other.Sequence, record.At, record.Event, computed);
            if (i is 0 && !computed.AsSpan().SequenceEqual(record.Hash.Span)) return new AuditFault(AuditFaultKind.Inserted, number, Text($"Record {number} was never written; the one that belongs there follows it."));
            return new AuditFault(AuditFaultKind.Reordered, number, Text($"Record {number} stands as record {other.Sequence}."));
        }

        if (behind.Count > 0)
        {
            var following = behind[0];
            chain.Next(record.Hash.Span, number + 2, following.At, following.Event, computed);
            if (computed.AsSpan().SequenceEqual(following.Hash.Span)) return new AuditFault(AuditFaultKind.Removed, number, Text($"A record {number} was taken out, and the ones behind it were numbered anew."));
            chain.Next(before, number, record.At, record.Event, computed);
            chain.Next(computed, following.Sequence, following.At, following.Event, computed);
            if (computed.AsSpan().SequenceEqual(following.Hash.Span)) return new AuditFault(AuditFaultKind.Changed, number, "The record's hash was changed.");
        }

        return new AuditFault(AuditFaultKind.Changed, number, "The record was changed, or the one before it.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
