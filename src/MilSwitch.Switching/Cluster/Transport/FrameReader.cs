using System.Buffers.Binary;
using Google.Protobuf;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// Cuts frames from a stream. Lengths are judged before anything is allocated for them. For one reader at a time.
/// </summary>
internal sealed class FrameReader(Stream stream)
{
    private byte[] buffer = new byte[16 * 1024];
    private int start;
    private int end;

    /// <summary>Longest length field that is accepted.</summary>
    public int Limit { get; set; } = Hello.MaximumFrame;

    /// <summary>Octets read since the beginning.</summary>
    public long Octets { get; private set; }

    /// <summary>The next frame, when all of it is there.</summary>
    /// <exception cref="FrameException">Its length or kind may not be.</exception>
    public bool TryRead(out Frame frame)
    {
        frame = default;
        var octets = buffer.AsSpan(start, end - start);
        if (octets.Length < 4) return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(octets);
        if (length <= 0) throw new FrameException(length is 0 ? "an empty frame" : "a frame of negative length");
        if (length > Limit) throw new FrameException($"a frame of more than {Limit} octets");
        if (octets.Length < 4 + length) return false;
        var kind = (FrameKind)octets[4];
        if (kind is < FrameKind.Hello or > FrameKind.End) throw new FrameException("a frame of an unknown kind");
        frame = new Frame(kind, length is 1 ? ByteString.Empty : ByteString.CopyFrom(octets[5..(4 + length)]));
        start += 4 + length;
        return true;
    }

    /// <summary>Reads some more. False: the stream ended between two frames.</summary>
    /// <exception cref="EndOfStreamException">It ended within one.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (start == end) start = end = 0;
        // Only a length that was accepted lets the buffer grow.
        var wanted = end - start >= 4 ? 4 + BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start)) : 4;
        if (start + wanted > buffer.Length || end == buffer.Length)
        {
            var next = wanted > buffer.Length ? new byte[4 + Limit] : buffer;
            buffer.AsSpan(start, end - start).CopyTo(next);
            (buffer, start, end) = (next, 0, end - start);
        }

        var read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken).ConfigureAwait(false);
        if (read is 0) return start == end ? false : throw new EndOfStreamException("The connection ended within a frame.");
        end += read;
        Octets += read;
        return true;
    }

    /// <summary>Waits for one frame; null: the stream ended.</summary>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        Frame frame;
        while (!TryRead(out frame))
            if (!await FillAsync(cancellationToken).ConfigureAwait(false)) return null;
        return frame;
    }
}
