using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Smtp.Tests.Client;

/// <summary>A hop that has the answer ready when the client asks: everything completes at once, on the caller's thread.</summary>
internal sealed class CannedTransport : ISmtpTransport
{
    public int Writes { get; private set; }

    public int Reads { get; private set; }

    public ValueTask<Stream> OpenAsync(HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Stream>(new Canned(this));

    public bool HasInput(Stream stream) => false;

    private sealed class Canned(CannedTransport owner) : MemoryStream
    {
        private ReadOnlyMemory<byte> next = "220 hop\r\n"u8.ToArray();
        private readonly ReadOnlyMemory<byte> hello = "250-hop\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n250 CHUNKING\r\n"u8.ToArray();
        private readonly ReadOnlyMemory<byte> taken = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 Ok: queued as 4B1F2A3C\r\n"u8.ToArray();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            owner.Reads++;
            next.CopyTo(buffer);
            var count = next.Length;
            next = default;
            return ValueTask.FromResult(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            owner.Writes++;
            next = buffer.Span.StartsWith("EHLO"u8) ? hello : taken;
            return ValueTask.CompletedTask;
        }
    }
}
