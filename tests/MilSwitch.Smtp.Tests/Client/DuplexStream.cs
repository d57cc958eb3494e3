using System.IO.Pipelines;

namespace MilSwitch.Smtp.Tests.Client;

/// <summary>One end of a connection in memory. Counts, and can hand out its input octet by octet.</summary>
internal sealed class DuplexStream(PipeReader input, PipeWriter output, bool octetByOctet) : Stream
{
    private bool disposed;

    public int Writes { get; private set; }

    public int Reads { get; private set; }

    public bool HasInput
    {
        get
        {
            if (!input.TryRead(out var result)) return false;
            var something = !result.Buffer.IsEmpty || result.IsCompleted;
            input.AdvanceTo(result.Buffer.Start);
            return something;
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public static (DuplexStream Client, DuplexStream Server) Pair(bool octetByOctet)
    {
        var options = new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false);
        var up = new Pipe(options);
        var down = new Pipe(options);
        return (new DuplexStream(down.Reader, up.Writer, octetByOctet), new DuplexStream(up.Reader, down.Writer, false));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Reads++;
        if (buffer.IsEmpty) return 0;
        var result = await input.ReadAsync(cancellationToken);
        var count = (int)Math.Min(octetByOctet ? 1 : buffer.Length, result.Buffer.Length);
        var slice = result.Buffer.Slice(0, count);
        var position = 0;
        foreach (var piece in slice)
        {
            piece.CopyTo(buffer[position..]);
            position += piece.Length;
        }

        input.AdvanceTo(slice.End);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Writes++;
        var result = await output.WriteAsync(buffer, cancellationToken);
        if (result.IsCompleted) throw new IOException("the peer is gone");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposed) return;
        disposed = true;
        input.Complete();
        output.Complete();
        base.Dispose(disposing);
    }
}
