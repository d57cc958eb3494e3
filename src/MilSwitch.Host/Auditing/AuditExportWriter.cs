using System.Security.Cryptography;
using System.Text.Json;
using MilSwitch.Domain.Auditing;
using MilSwitch.Host.Api;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Auditing;

/// <summary>
/// Writes stretches of trails with what proves them: from the first record of the time to the checkpoint that speaks for the
/// last one, so that whoever has the file needs nothing else but the signer's certificate.
/// </summary>
internal sealed class AuditExportWriter(IAuditStore store, CheckpointBook book, AuditSigner signer, string node, TimeProvider time)
{
    private const int Slice = 1000;

    /// <summary>What is to be written, found before anything is.</summary>
    /// <param name="Trail">Of which trail.</param>
    /// <param name="First">From this record on.</param>
    /// <param name="Covering">Up to the record that this speaks for.</param>
    private sealed record Stretch(int Trail, long First, AuditCheckpoint Covering);

    /// <exception cref="Smime.Keys.KeyUnavailableException">The key can't be used now.</exception>
    public async ValueTask WriteAsync(DateTimeOffset from, DateTimeOffset until, Func<Stream> open, CancellationToken cancellationToken)
    {
        var stretches = new List<Stretch>();
        foreach (var trail in await store.TrailsAsync(cancellationToken))
        {
            if (await FindAsync(trail, from, until, cancellationToken) is { } stretch) stretches.Add(stretch);
        }

        // Whether the key is there is known before the first octet goes out.
        await signer.SignAsync(Array.Empty<byte>(), cancellationToken);
        var output = open();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (records, checkpoints) = (0L, 0);
        await LineAsync(new AuditExportLine { Export = new ExportHead(1, node, time.GetUtcNow(), from, until) });
        foreach (var stretch in stretches)
        {
            var previous = stretch.First is 1 ? new string('0', 64) : await PreviousAsync(stretch);
            await LineAsync(new AuditExportLine { Trail = new ExportTrail(stretch.Trail, stretch.First, stretch.Covering.Sequence, previous, stretch.Covering.Hash) });
            for (var after = stretch.First - 1; after < stretch.Covering.Sequence;)
            {
                var slice = await store.ReadTrailAsync(stretch.Trail, after, Slice, cancellationToken);
                if (slice.Count is 0) break;
                foreach (var record in slice)
                {
                    if (record.Sequence > stretch.Covering.Sequence) break;
                    await LineAsync(new AuditExportLine { Record = Of(record) });
                    records++;
                }

                after = slice[^1].Sequence;
            }

            if (await book.CoveringAsync(stretch.Trail, stretch.First, cancellationToken) is not { } first) continue;
            for (var number = first.Number; number <= stretch.Covering.Number; number++)
            {
                if (await book.ReadAsync(stretch.Trail, number, cancellationToken) is not { } found) break;
                await LineAsync(new AuditExportLine { Checkpoint = new ExportCheckpoint(found.Checkpoint.Id, found.Kept.Body, found.Kept.Signature) });
                checkpoints++;
            }
        }

        var end = Octets(new AuditExportLine { End = new ExportEnd(records, checkpoints, Convert.ToHexStringLower(digest.GetCurrentHash())) });
        await output.WriteAsync(end, cancellationToken);
        await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
        if (await signer.SignAsync(end, cancellationToken) is { } signature)
        {
            await output.WriteAsync(Octets(new AuditExportLine { Signature = Convert.ToBase64String(signature) }), cancellationToken);
            await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }

        async ValueTask<string> PreviousAsync(Stretch stretch)
        {
            if (await store.ReadTrailAsync(stretch.Trail, stretch.First - 2, 1, cancellationToken) is [var before] && before.Sequence == stretch.First - 1) return before.Point.Hash;
            return (await store.TrailsAsync(cancellationToken)).FirstOrDefault(t => t.Number == stretch.Trail)?.Anchor?.Hash ?? "";
        }

        async ValueTask LineAsync(AuditExportLine line)
        {
            byte[] octets = [.. Octets(line), (byte)'\n'];
            digest.AppendData(octets);
            await output.WriteAsync(octets, cancellationToken);
        }
    }

    private static byte[] Octets(AuditExportLine line) => JsonSerializer.SerializeToUtf8Bytes(line, AuditExportJson.Default.AuditExportLine);

    private static ExportRecord Of(AuditRecord record) => new(
        record.Trail, record.Sequence, record.At, record.Event.At, (short)record.Event.Kind, Words.Of(record.Event.Kind), record.Event.Message.Value,
        record.Event.Message == default ? null : record.Event.Message.ToString(), record.Event.Recipient, record.Event.Detail, record.Event.Actor, record.Point.Hash);

    private async ValueTask<Stretch?> FindAsync(AuditTrail trail, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (await TrailTimes.FindAsync(store, trail, from, until, cancellationToken) is not { } about) return null;
        var filter = new AuditFilter { From = from, Until = until };
        if (await store.SearchTrailAsync(trail.Number, about.Below, about.First, filter, 1, cancellationToken) is not [var last]) return null;
        var first = about.First;
        while (first < last.Sequence)
        {
            var slice = await store.ReadTrailAsync(trail.Number, first - 1, Slice, cancellationToken);
            if (slice.FirstOrDefault(filter.Matches) is { } found)
            {
                first = found.Sequence;
                break;
            }

            if (slice.Count is 0) break;
            first = slice[^1].Sequence + 1;
        }

        // Behind the last checkpoint there is nothing that could be proved; the node has made one a moment ago.
        return await book.CoveringAsync(trail.Number, last.Sequence, cancellationToken) is { } covering ? new Stretch(trail.Number, first, covering) : null;
    }
}
