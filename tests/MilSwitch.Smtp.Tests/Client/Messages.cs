using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Smtp.Tests.Client;

/// <summary>Material for the client's tests.</summary>
internal static class Messages
{
    public const string Header = "From: a@one.example\r\nSubject: test\r\n\r\n";

    public static readonly string[] AllExtensions =
    [
        "PIPELINING", "SIZE 10000000", "8BITMIME", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN",
        "MT-PRIORITY STANAG4406", "DELIVERBY 5", "REQUIRETLS",
    ];

    public static readonly HopTarget Target = new("hop.example", 25);

    public static readonly LinkSettings Settings = new()
    {
        Name = new LinkName("hop"), HeloName = "switch.example", Tls = LinkTls.None,
        CommandTimeout = TimeSpan.FromSeconds(30), FinalDotTimeout = TimeSpan.FromSeconds(60),
    };

    public static Envelope Envelope(params string[] recipients) => new()
    {
        ReversePath = new ReversePath(Mailbox.Parse("a@one.example")),
        Recipients = [.. recipients.DefaultIfEmpty("b@two.example").Select(r => new Recipient(Mailbox.Parse(r)))],
        ArrivedAt = DateTimeOffset.UnixEpoch,
        Origin = new Origin { Listener = "in" },
    };

    public static OutgoingMessage Message(string content, Envelope? envelope = null, string trace = "", bool streamed = false) =>
        Message(Encoding.Latin1.GetBytes(content), envelope, trace, streamed);

    public static OutgoingMessage Message(byte[] content, Envelope? envelope = null, string trace = "", bool streamed = false)
    {
        envelope ??= Envelope();
        return new OutgoingMessage
        {
            Envelope = envelope,
            Recipients = [.. Enumerable.Range(0, envelope.Recipients.Length)],
            Trace = Encoding.ASCII.GetBytes(trace),
            Content = streamed ? new StreamedContent(content) : ContentReader.Of(content),
        };
    }

    public static async Task<SmtpClientConnection> ConnectAsync(ScriptedHop hop, LinkSettings? settings = null, TimeProvider? time = null)
    {
        var result = await SmtpClientConnection.ConnectAsync(Target, settings ?? Settings, hop, time ?? TimeProvider.System, default);
        return Assert.IsType<ConnectResult.Connected>(result).Connection;
    }

    /// <summary>A content that is not in memory, read in odd pieces; it may end before it should.</summary>
    internal sealed class StreamedContent(byte[] octets, long? length = null) : ContentReader
    {
        private int position;

        public override long Length => length ?? octets.Length;

        public override ReadOnlyMemory<byte>? Inline => null;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(Math.Min(buffer.Length, 40_009), octets.Length - position);
            octets.AsMemory(position, count).CopyTo(buffer);
            position += count;
            return ValueTask.FromResult(count);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
