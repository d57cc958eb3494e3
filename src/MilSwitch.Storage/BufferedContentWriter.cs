using System.Buffers;
using System.Security.Cryptography;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>
/// Collects a content in pooled memory and, beyond the inline limit, apart from its row, wherever the store keeps such. Each
/// octet is copied once, and digested and written from where it was copied to. Not thread-safe.
/// </summary>
/// <param name="retention">How much may stay in memory behind the head.</param>
/// <param name="inlineLimit">Octets up to which a content is a row.</param>
/// <param name="seal">What is stored is sealed by it, where it seals.</param>
public abstract class BufferedContentWriter(RetentionBudget retention, int inlineLimit, ContentSeal seal) : IContentWriter
{
    private const int HeadLimit = 256 << 10;
    private const int FirstBuffer = 8 << 10;

    private readonly RetainedPieces pieces = new(retention);
    private byte[]? head;
    private int headLength;
    private byte[]? piece;
    private int pieceLength;
    private bool isApart;
    private IncrementalHash? hash;
    private ContentSealer? sealer;
    private bool ended;

    public long Length { get; private set; }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (isApart || Length + data.Length > inlineLimit) return WriteApartAsync(data, cancellationToken);
        Length += data.Length;
        AppendToHead(data.Span);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<StagedContent> CompleteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        if (!isApart)
        {
            ended = true;
            head ??= ArrayPool<byte>.Shared.Rent(1);
            return Staged(SHA256.HashData(head.AsSpan(0, headLength)), SealedRow());
        }

        if (headLength < HeadLimit) await WriteOutAsync(head.AsMemory(0, headLength), cancellationToken).ConfigureAwait(false);
        if (pieceLength > 0) await EndPieceAsync(cancellationToken).ConfigureAwait(false);
        if (sealer?.End() is { Length: > 0 } last) await StoreAsync(last, cancellationToken).ConfigureAwait(false);
        await FinishAsync(cancellationToken).ConfigureAwait(false);
        ended = true;
        var staged = Staged(hash!.GetHashAndReset(), null);
        Release();
        return staged;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (ended && head is null) return;
        ended = true;
        if (head is not null) ArrayPool<byte>.Shared.Return(head);
        head = null;
        pieces.Release();
        Release();
        if (isApart) await ForgetAsync().ConfigureAwait(false);
    }

    /// <summary>The content is too long for a row: what is stored apart begins.</summary>
    protected abstract ValueTask BeginAsync(CancellationToken cancellationToken);

    /// <summary>Stores the next octets; they are good until the task ends.</summary>
    protected abstract ValueTask StoreAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken);

    /// <summary>Nothing follows: what was stored is whole and as durable as the commit that will name it needs.</summary>
    protected abstract ValueTask FinishAsync(CancellationToken cancellationToken);

    /// <summary>Takes away what was stored; the content is not wanted. Never throws.</summary>
    protected abstract ValueTask ForgetAsync();

    /// <summary>The content is whole; called once.</summary>
    /// <param name="octets">Belongs to the result.</param>
    /// <param name="isInline">Nothing is stored apart.</param>
    protected abstract StagedContent Staged(BufferedOctets octets, bool isInline);

    private async ValueTask WriteApartAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        if (!isApart) await OpenAsync(cancellationToken).ConfigureAwait(false);
        Length += octets.Length;
        if (headLength < HeadLimit)
        {
            octets = octets[AppendToHead(octets.Span)..];
            if (headLength == HeadLimit) await WriteOutAsync(head.AsMemory(0, headLength), cancellationToken).ConfigureAwait(false);
        }

        while (!octets.IsEmpty)
        {
            piece ??= ArrayPool<byte>.Shared.Rent(RetainedPieces.PieceSize);
            var count = Math.Min(octets.Length, RetainedPieces.PieceSize - pieceLength);
            octets.Span[..count].CopyTo(piece.AsSpan(pieceLength));
            pieceLength += count;
            octets = octets[count..];
            if (pieceLength == RetainedPieces.PieceSize) await EndPieceAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private StagedContent Staged(byte[] digest, byte[]? sealedRow)
    {
        var octets = new BufferedOctets(head!, headLength, pieces, Length, digest, sealedRow, seal);
        head = null;
        return Staged(octets, !isApart);
    }

    // Here and not in the commit, which all wait for.
    private byte[]? SealedRow()
    {
        if (!seal.Seals) return null;
        var row = ArrayPool<byte>.Shared.Rent((int)ContentSeal.SealedLength(headLength));
        seal.Seal(head.AsSpan(0, headLength), row);
        return row;
    }

    private int AppendToHead(ReadOnlySpan<byte> data)
    {
        var count = Math.Min(data.Length, HeadLimit - headLength);
        var needed = headLength + count;
        if (head is null || head.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(head is null ? Math.Max(FirstBuffer, needed) : Math.Min(HeadLimit, Math.Max(head.Length * 4, needed)));
            if (head is not null)
            {
                head.AsSpan(0, headLength).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(head);
            }

            head = larger;
        }

        data[..count].CopyTo(head.AsSpan(headLength));
        headLength += count;
        return count;
    }

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        isApart = true;
        hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (seal.Seals)
        {
            sealer = new ContentSealer(seal);
            await StoreAsync(sealer.Header, cancellationToken).ConfigureAwait(false);
        }

        // A head that is full already is written here; one that fills up or ends later, there.
        if (headLength == HeadLimit) await WriteOutAsync(head.AsMemory(0, headLength), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask EndPieceAsync(CancellationToken cancellationToken)
    {
        await WriteOutAsync(piece.AsMemory(0, pieceLength), cancellationToken).ConfigureAwait(false);
        // Refused, the piece takes the next octets.
        if (pieces.TryKeep(piece!, pieceLength)) piece = null;
        pieceLength = 0;
    }

    private async ValueTask WriteOutAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        hash!.AppendData(octets.Span);
        if (sealer is null)
        {
            await StoreAsync(octets, cancellationToken).ConfigureAwait(false);
            return;
        }

        while (!octets.IsEmpty)
        {
            octets = octets[sealer.Take(octets.Span, out var segment)..];
            if (!segment.IsEmpty) await StoreAsync(segment, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Release()
    {
        hash?.Dispose();
        hash = null;
        sealer?.Dispose();
        sealer = null;
        if (piece is not null) ArrayPool<byte>.Shared.Return(piece);
        piece = null;
    }
}

/// <summary>What a <see cref="BufferedContentWriter"/> collected.</summary>
/// <param name="Head">Rented; the first 256 KiB, or all.</param>
/// <param name="HeadLength">Octets in it.</param>
/// <param name="Pieces">What came behind the head, when it is kept.</param>
/// <param name="Length">Octets of all.</param>
/// <param name="Digest">SHA-256 of all.</param>
/// <param name="SealedRow">What goes into the row when it is not the content itself; rented.</param>
/// <param name="Seal">What is stored is sealed by it, where it seals.</param>
public sealed record BufferedOctets(byte[] Head, int HeadLength, RetainedPieces Pieces, long Length, byte[] Digest, byte[]? SealedRow, ContentSeal Seal);
