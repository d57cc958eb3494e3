using System.Buffers;

namespace MilSwitch.Storage;

/// <summary>Seals a content on its way into the store, segment by segment. One writer, not thread-safe.</summary>
public sealed class ContentSealer : IDisposable
{
    private readonly byte[] header = new byte[ContentSeal.HeaderLength];
    private readonly SealedSegments segments;
    private readonly byte[] plain = ArrayPool<byte>.Shared.Rent(ContentSeal.SegmentLength);
    private readonly byte[] cipher = ArrayPool<byte>.Shared.Rent(ContentSeal.SegmentLength + ContentSeal.TagLength);
    private int length;
    private bool disposed;

    public ContentSealer(ContentSeal seal) => segments = seal.Begin(header);

    /// <summary>Goes before everything else.</summary>
    public ReadOnlyMemory<byte> Header => header;

    /// <summary>Takes the next octets of the content, not always all of them.</summary>
    /// <param name="octets">One at least.</param>
    /// <param name="segment">What is to be written now, until the next call; often empty.</param>
    /// <returns>How many were taken.</returns>
    public int Take(ReadOnlySpan<byte> octets, out ReadOnlyMemory<byte> segment)
    {
        // A full segment is sealed only when more comes: until then it may be the last.
        segment = length is ContentSeal.SegmentLength ? Next(isLast: false) : default;
        var count = Math.Min(octets.Length, ContentSeal.SegmentLength - length);
        octets[..count].CopyTo(plain.AsSpan(length));
        length += count;
        return count;
    }

    /// <summary>The last segment.</summary>
    public ReadOnlyMemory<byte> End() => Next(isLast: true);

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        segments.Dispose();
        ArrayPool<byte>.Shared.Return(plain, clearArray: true);
        ArrayPool<byte>.Shared.Return(cipher);
    }

    private ReadOnlyMemory<byte> Next(bool isLast)
    {
        segments.Seal(plain.AsSpan(0, length), isLast, cipher);
        var sealedLength = length + ContentSeal.TagLength;
        length = 0;
        return cipher.AsMemory(0, sealedLength);
    }
}
