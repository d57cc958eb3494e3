using System.Buffers;
using System.Security.Cryptography;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>
/// A content that is stored apart from its row, opened where it is sealed, and verified as it is read: the octets that complete it are given out only
/// if all are right.
/// </summary>
/// <param name="id">Whose it is.</param>
/// <param name="length">Octets of the content.</param>
/// <param name="digest">SHA-256 of them.</param>
/// <param name="seal">Opens it; null: it is not sealed.</param>
public abstract class StoredContentReader(MessageId id, long length, byte[] digest, SealInUse? seal) : ContentReader
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

    /// <summary>Whose it is.</summary>
    protected MessageId Id => id;

    public override ReadOnlyMemory<byte>? Inline => null;

    /// <summary>Finds the key, where it is sealed: one that this node does not have is missed before anything of it is given out.</summary>
    /// <exception cref="SpoolUnavailableException">The key is not here, or not yet.</exception>
    /// <exception cref="ContentDamagedException">It is not what was stored.</exception>
    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (seal is null || segments is not null) return;
        stored ??= ArrayPool<byte>.Shared.Rent(ContentSeal.SegmentLength + ContentSeal.TagLength);
        var header = stored.AsMemory(0, ContentSeal.HeaderLength);
        await FillAsync(header, cancellationToken).ConfigureAwait(false);
        try
        {
            segments = (await seal.ForAsync(header, cancellationToken).ConfigureAwait(false)).Open(header.Span);
        }
        catch (CryptographicException)
        {
            throw new ContentDamagedException(id);
        }
    }

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

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        hash.Dispose();
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
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        segment ??= ArrayPool<byte>.Shared.Rent(ContentSeal.SegmentLength);
        try
        {
            // As many segments as are whole come before this one.
            var left = length - ((offset - ContentSeal.HeaderLength) / (ContentSeal.SegmentLength + ContentSeal.TagLength) * ContentSeal.SegmentLength);
            var count = (int)Math.Min(ContentSeal.SegmentLength, left);
            await FillAsync(stored.AsMemory(0, count + ContentSeal.TagLength), cancellationToken).ConfigureAwait(false);
            segments!.Open(stored.AsSpan(0, count + ContentSeal.TagLength), count == left, segment.AsSpan(0, count));
            (taken, there) = (0, count);
        }
        catch (CryptographicException)
        {
            throw new ContentDamagedException(id);
        }
    }

    /// <summary>Reads stored octets.</summary>
    /// <param name="buffer">All of it is filled.</param>
    /// <param name="offset">Where in what is stored; each call goes on where the last one ended.</param>
    /// <exception cref="ContentDamagedException">There are not as many.</exception>
    protected abstract ValueTask FillAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken);

    private async ValueTask FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await FillAsync(buffer, offset, cancellationToken).ConfigureAwait(false);
        offset += buffer.Length;
    }
}
