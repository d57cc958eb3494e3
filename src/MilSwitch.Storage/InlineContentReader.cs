using System.Buffers;
using System.Security.Cryptography;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>A content that came out of a row; verified before it was made. One reader, not thread-safe.</summary>
public sealed class InlineContentReader : ContentReader
{
    private readonly int length;
    private byte[]? buffer;
    private int position;

    private InlineContentReader(byte[] pooled, int length) => (buffer, this.length) = (pooled, length);

    public override long Length => length;

    public override ReadOnlyMemory<byte>? Inline => Buffer.AsMemory(0, length);

    private byte[] Buffer => buffer ?? throw new ObjectDisposedException(nameof(ContentReader));

    /// <summary>Opens and verifies what a row has.</summary>
    /// <param name="id">Whose content it is.</param>
    /// <param name="stored">As it is in the row.</param>
    /// <param name="size">Octets of the content.</param>
    /// <param name="digest">SHA-256 of them.</param>
    /// <param name="seal">Opens it; null: it is not sealed.</param>
    /// <exception cref="ContentDamagedException">It is not what was accepted.</exception>
    public static InlineContentReader Of(MessageId id, ReadOnlySpan<byte> stored, long size, ReadOnlySpan<byte> digest, ContentSeal? seal)
    {
        if (stored.Length != (seal is null ? size : ContentSeal.SealedLength(size))) throw new ContentDamagedException(id);
        var pooled = ArrayPool<byte>.Shared.Rent((int)size);
        var content = pooled.AsSpan(0, (int)size);
        try
        {
            if (seal is null) stored.CopyTo(content);
            else seal.Open(stored, content);
        }
        catch (CryptographicException)
        {
            throw new ContentDamagedException(id);
        }

        Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, actual);
        if (!actual.SequenceEqual(digest)) throw new ContentDamagedException(id);
        return new InlineContentReader(pooled, (int)size);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(buffer.Length, length - position);
        Buffer.AsMemory(position, count).CopyTo(buffer);
        position += count;
        return new ValueTask<int>(count);
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } unused) ArrayPool<byte>.Shared.Return(unused);
        return ValueTask.CompletedTask;
    }
}
