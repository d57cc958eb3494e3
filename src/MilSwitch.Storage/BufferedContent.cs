using System.Buffers;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>A whole content: in pooled memory, as far as there is room for it, and stored apart when it is no row.</summary>
/// <param name="octets">Belongs to this from now on.</param>
public abstract class BufferedContent(BufferedOctets octets) : StagedContent
{
    private byte[]? buffer = octets.Head;
    private volatile bool committed;

    /// <summary>What is stored is sealed.</summary>
    public bool IsSealed => octets.Seal.Seals;

    /// <summary>A message names what is stored apart.</summary>
    public bool IsKept => committed;

    /// <summary>What goes into the row of an inline content.</summary>
    public ReadOnlyMemory<byte> Row => octets.SealedRow is { } row ? row.AsMemory(0, (int)ContentSeal.SealedLength(Length)) : Head;

    public override long Length => octets.Length;

    public override ReadOnlyMemory<byte> Digest => octets.Digest;

    public override ReadOnlyMemory<byte> Head =>
        (buffer ?? throw new ObjectDisposedException(nameof(StagedContent))).AsMemory(0, octets.HeadLength);

    /// <summary>SHA-256 of all octets.</summary>
    protected byte[] DigestOctets => octets.Digest;

    public override ContentReader? ReadFromMemory() => octets.HeadLength == Length || octets.HeadLength + octets.Pieces.Length < Length
        ? base.ReadFromMemory()
        : new PiecesReader(Head, octets.Pieces, Length);

    public override ValueTask<ContentReader> OpenAsync(CancellationToken cancellationToken = default) =>
        ReadFromMemory() is { } inMemory ? new ValueTask<ContentReader>(inMemory) : OpenStoredAsync(IsSealed ? new SealInUse(octets.Seal, TimeProvider.System) : null, cancellationToken);

    /// <summary>A row names what is stored apart now, so disposing leaves it.</summary>
    public void Keep() => committed = true;

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Interlocked.Exchange(ref buffer, null) is not { } pooled) return ValueTask.CompletedTask;
        ArrayPool<byte>.Shared.Return(pooled);
        if (octets.SealedRow is not null) ArrayPool<byte>.Shared.Return(octets.SealedRow);
        octets.Pieces.Release();
        return committed ? ValueTask.CompletedTask : ForgetAsync();
    }

    /// <summary>Reads what is stored apart.</summary>
    /// <param name="seal">Opens it; null: it is not sealed.</param>
    protected abstract ValueTask<ContentReader> OpenStoredAsync(SealInUse? seal, CancellationToken cancellationToken);

    /// <summary>Takes away what is stored apart, if anything is. Never throws.</summary>
    protected abstract ValueTask ForgetAsync();

    private sealed class PiecesReader(ReadOnlyMemory<byte> head, RetainedPieces pieces, long length) : ContentReader
    {
        private long position;

        public override long Length => length;

        public override ReadOnlyMemory<byte>? Inline => null;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var filled = 0;
            while (filled < buffer.Length && position < length)
            {
                var rest = position < head.Length ? head[(int)position..] : pieces.From(position - head.Length);
                var count = Math.Min(rest.Length, buffer.Length - filled);
                rest[..count].CopyTo(buffer[filled..]);
                filled += count;
                position += count;
            }

            return new ValueTask<int>(filled);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
