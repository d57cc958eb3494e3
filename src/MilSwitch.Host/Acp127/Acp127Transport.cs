using System.IO.Pipelines;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Configuration;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Host.Acp127;

/// <summary>Opens a connection within the process where the next hop is a line of ACP 127, and leaves all others to the network. Thread-safe.</summary>
internal sealed class Acp127Transport(Acp127Senders senders, ISmtpTransport network) : ISmtpTransport
{
    private static readonly PipeOptions Options = new(useSynchronizationContext: false);

    public ValueTask<Stream> OpenAsync(HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!target.Host.StartsWith(Acp127Line.Scheme, StringComparison.Ordinal)) return network.OpenAsync(target, timeout, time, cancellationToken);
        if (senders.Find(target.Host[Acp127Line.Scheme.Length..]) is not { } sender) throw new IOException("there is no such line, or nothing goes out over it");
        var (there, back) = (new Pipe(Options), new Pipe(Options));
        _ = Task.Run(new Acp127Hop(there.Reader, back.Writer, sender).RunAsync, CancellationToken.None);
        return ValueTask.FromResult<Stream>(new PipedStream(back.Reader.AsStream(), there.Writer.AsStream()));
    }

    public DialogueBoard? Dialogues => network.Dialogues;

    public bool HasInput(Stream stream) => stream is not PipedStream && network.HasInput(stream);

    /// <summary>Two ways as one stream.</summary>
    private sealed class PipedStream(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => input.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => output.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override void Flush() => output.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                input.Dispose();
                output.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
