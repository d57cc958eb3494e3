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

/// <summary>A content in a file, verified as it is read: the octets that complete it are given out only if all are right.</summary>
internal sealed class FileContentReader(MessageId id, SafeFileHandle file, long length, byte[] digest) : ContentReader
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long position;

    public override long Length => length;

    public override ReadOnlyMemory<byte>? Inline => null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (position == length || buffer.IsEmpty) return 0;
        var wanted = (int)Math.Min(buffer.Length, length - position);
        var filled = 0;
        while (filled < wanted)
        {
            var count = await RandomAccess.ReadAsync(file, buffer[filled..wanted], position + filled, cancellationToken).ConfigureAwait(false);
            if (count == 0) throw new ContentDamagedException(id);
            filled += count;
        }

        hash.AppendData(buffer.Span[..filled]);
        position += filled;
        if (position == length && !hash.GetHashAndReset().AsSpan().SequenceEqual(digest)) throw new ContentDamagedException(id);
        return filled;
    }

    public override ValueTask DisposeAsync()
    {
        hash.Dispose();
        file.Dispose();
        return ValueTask.CompletedTask;
    }
}
