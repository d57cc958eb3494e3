using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>A content that came out of a row; verified before it was made.</summary>
internal sealed class InlineContentReader(byte[] pooled, int length) : ContentReader
{
    private byte[]? buffer = pooled;
    private int position;

    public override long Length => length;

    public override ReadOnlyMemory<byte>? Inline => Buffer.AsMemory(0, length);

    private byte[] Buffer => buffer ?? throw new ObjectDisposedException(nameof(ContentReader));

    public override ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(destination.Length, length - position);
        Buffer.AsMemory(position, count).CopyTo(destination);
        position += count;
        return new ValueTask<int>(count);
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } unused) ArrayPool<byte>.Shared.Return(unused);
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// A content in a file, opened where it is sealed, and verified as it is read: the octets that complete it are given out only
/// if all are right.
/// </summary>
/// <param name="id">Whose it is.</param>
/// <param name="file">Belongs to this from now on.</param>
/// <param name="length">Octets of the content.</param>
/// <param name="digest">SHA-256 of them.</param>
/// <param name="seal">Opens it; null: it is not sealed.</param>
internal sealed class FileContentReader(MessageId id, SafeFileHandle file, long length, byte[] digest, ContentSeal? seal) : ContentReader
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private SealedSegments? segments;
    private byte[]? stored;
    private byte[]? segment;
    private int taken;
    private int there;
    private long offset;
    private long position;

    public override long Length => length;

    public override ReadOnlyMemory<byte>? Inline => null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (position == length || buffer.IsEmpty) return 0;
        var wanted = buffer[..(int)Math.Min(buffer.Length, length - position)];
        if (seal is null) await FillAsync(wanted, cancellationToken).ConfigureAwait(false);
        else await OpenAsync(wanted, cancellationToken).ConfigureAwait(false);
        hash.AppendData(wanted.Span);
        position += wanted.Length;
        if (position == length && !hash.GetHashAndReset().AsSpan().SequenceEqual(digest)) throw new ContentDamagedException(id);
        return wanted.Length;
    }

    public override ValueTask DisposeAsync()
    {
        hash.Dispose();
        file.Dispose();
        segments?.Dispose();
        if (Interlocked.Exchange(ref stored, null) is { } cipher) ArrayPool<byte>.Shared.Return(cipher);
        // Others read what they rent.
        if (Interlocked.Exchange(ref segment, null) is { } plain) ArrayPool<byte>.Shared.Return(plain, clearArray: true);
        return ValueTask.CompletedTask;
    }

    private async ValueTask OpenAsync(Memory<byte> wanted, CancellationToken cancellationToken)
    {
        while (!wanted.IsEmpty)
        {
            if (taken == there) await NextAsync(cancellationToken).ConfigureAwait(false);
            var count = Math.Min(wanted.Length, there - taken);
            segment.AsSpan(taken, count).CopyTo(wanted.Span);
            taken += count;
            wanted = wanted[count..];
        }
    }

    private async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        stored ??= ArrayPool<byte>.Shared.Rent(ContentSeal.SegmentLength + ContentSeal.TagLength);
        segment ??= ArrayPool<byte>.Shared.Rent(ContentSeal.SegmentLength);
        try
        {
            if (segments is null)
            {
                await FillAsync(stored.AsMemory(0, ContentSeal.HeaderLength), cancellationToken).ConfigureAwait(false);
                segments = seal!.Open(stored.AsSpan(0, ContentSeal.HeaderLength));
            }

            // As many segments as are whole come before this one.
            var left = length - ((offset - ContentSeal.HeaderLength) / (ContentSeal.SegmentLength + ContentSeal.TagLength) * ContentSeal.SegmentLength);
            var count = (int)Math.Min(ContentSeal.SegmentLength, left);
            await FillAsync(stored.AsMemory(0, count + ContentSeal.TagLength), cancellationToken).ConfigureAwait(false);
            segments.Open(stored.AsSpan(0, count + ContentSeal.TagLength), count == left, segment.AsSpan(0, count));
            (taken, there) = (0, count);
        }
        catch (CryptographicException)
        {
            throw new ContentDamagedException(id);
        }
    }

    private async ValueTask FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var count = await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken).ConfigureAwait(false);
            if (count == 0) throw new ContentDamagedException(id);
            offset += count;
            buffer = buffer[count..];
        }
    }
}
