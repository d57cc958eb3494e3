using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// Collects a content in pooled memory and, beyond the inline limit, in a file. Each octet is copied once, and digested and
/// written from where it was copied to.
/// </summary>
internal sealed class SpooledContentWriter(ContentFiles files, RetentionBudget retention, int inlineLimit, ContentSeal seal, Func<SpoolHealth> health) : IContentWriter
{
    private const int HeadLimit = 256 << 10;
    private const int FirstBuffer = 8 << 10;

    private readonly RetainedPieces pieces = new(retention);
    private byte[]? head;
    private int headLength;
    private byte[]? piece;
    private int pieceLength;
    private string? name;
    private SafeFileHandle? file;
    private IncrementalHash? hash;
    private FileSealer? sealer;
    private long written;
    private bool ended;

    public long Length { get; private set; }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        cancellationToken.ThrowIfCancellationRequested();
        var octets = data.Span;
        if (file is null && Length + octets.Length > inlineLimit) Open();
        Length += octets.Length;
        if (headLength < HeadLimit)
        {
            var count = AppendToHead(octets);
            octets = octets[count..];
            if (headLength == HeadLimit && file is not null) WriteOut(head.AsSpan(0, headLength));
        }

        while (!octets.IsEmpty)
        {
            piece ??= ArrayPool<byte>.Shared.Rent(RetainedPieces.PieceSize);
            var count = Math.Min(octets.Length, RetainedPieces.PieceSize - pieceLength);
            octets[..count].CopyTo(piece.AsSpan(pieceLength));
            pieceLength += count;
            octets = octets[count..];
            if (pieceLength == RetainedPieces.PieceSize) EndPiece();
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<StagedContent> CompleteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        if (file is null)
        {
            ended = true;
            head ??= ArrayPool<byte>.Shared.Rent(1);
            return Staged(SHA256.HashData(head.AsSpan(0, headLength)), fileName: null, SealedRow());
        }

        try
        {
            if (headLength < HeadLimit) WriteOut(head.AsSpan(0, headLength));
            if (pieceLength > 0) EndPiece();
            if (sealer?.End() is { Length: > 0 } last) WriteStored(last.Span);
            await files.PublishAsync(file, name!, written).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SpoolFaultException)
        {
            throw Unavailable(error);
        }

        ended = true;
        var staged = Staged(hash!.GetHashAndReset(), name, null);
        Release();
        return staged;
    }

    public ValueTask DisposeAsync()
    {
        if (ended && head is null) return ValueTask.CompletedTask;
        ended = true;
        if (head is not null) ArrayPool<byte>.Shared.Return(head);
        head = null;
        pieces.Release();
        var unfinished = file is not null;
        Release();
        if (unfinished) files.RemoveUnfinished(name!);
        return ValueTask.CompletedTask;
    }

    private SpooledContent Staged(byte[] digest, string? fileName, byte[]? sealedRow)
    {
        var staged = new SpooledContent(files, seal, head!, headLength, pieces, Length, digest, fileName, sealedRow);
        head = null;
        return staged;
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

    private void Open()
    {
        if (health() == SpoolHealth.Broken) throw new SpoolUnavailableException(SpoolHealth.Broken);
        name = files.NewName();
        try
        {
            // Nothing is wrong with the store: a client that comes again later finds room.
            file = files.Create(name) ?? throw new SpoolUnavailableException(SpoolHealth.Full);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }

        hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (seal.Seals)
        {
            sealer = new FileSealer(seal);
            WriteStored(sealer.Header.Span);
        }

        // A head that is full already is written here; one that fills up or ends later, there.
        if (headLength == HeadLimit) WriteOut(head.AsSpan(0, headLength));
    }

    private void EndPiece()
    {
        WriteOut(piece.AsSpan(0, pieceLength));
        // Refused, the piece takes the next octets.
        if (pieces.TryKeep(piece!, pieceLength)) piece = null;
        pieceLength = 0;
    }

    private void WriteOut(ReadOnlySpan<byte> octets)
    {
        hash!.AppendData(octets);
        if (sealer is null)
        {
            WriteStored(octets);
            return;
        }

        while (!octets.IsEmpty)
        {
            octets = octets[sealer.Take(octets, out var segment)..];
            if (!segment.IsEmpty) WriteStored(segment.Span);
        }
    }

    private void WriteStored(ReadOnlySpan<byte> octets)
    {
        try
        {
            RandomAccess.Write(file!, octets, written);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }

        written += octets.Length;
        files.CountWritten(octets.Length);
    }

    private void Release()
    {
        if (file is not null) files.Close(file);
        file = null;
        hash?.Dispose();
        hash = null;
        sealer?.Dispose();
        sealer = null;
        if (piece is not null) ArrayPool<byte>.Shared.Return(piece);
        piece = null;
    }

    private SpoolUnavailableException Unavailable(Exception error)
    {
        var fault = files.Report(error);
        return new SpoolUnavailableException(
            fault.Fault switch { SpoolFault.Full => SpoolHealth.Full, SpoolFault.Broken => SpoolHealth.Broken, _ => SpoolHealth.Unwritable }, fault);
    }
}
