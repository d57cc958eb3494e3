using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Server.Hosting;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Smtp.Tests.Tracking;

/// <summary>The client against the server of this switch, and against lines that no server should say.</summary>
[Trait("Feature", "A-15")]
public sealed class MtqpClientTests
{
    private static readonly HopTarget Server = new("mx.example2.com", 1038);
    private static readonly byte[] Secret = "a secret"u8.ToArray();

    private static void Know(MtqpBench bench, TrackingAction action = TrackingAction.Delayed) => bench.Known[("1+2@home.example", TrackingCertifier.Of(Secret))] = new TrackingAnswer(true,
    [
        new TrackingStatus("1+2@home.example", "example2.com", DateTimeOffset.UnixEpoch,
            [new TrackedRecipient(new OriginalRecipient("rfc822", ".a@b"), new OriginalRecipient("rfc822", ".a@b"), action, new EnhancedStatusCode(4, 0, 0))]),
    ]);

    private static ValueTask<MtqpReply> AskAsync(ISmtpTransport transport, X509Certificate2Collection? anchors = null) =>
        new MtqpClient(transport, TimeProvider.System, anchors).AskAsync(Server, "1+2@home.example", Secret, default);

    [Fact]
    public async Task Asks_in_clear_where_nothing_else_is_offered()
    {
        using var bench = new MtqpBench();
        Know(bench);
        var reply = await AskAsync(new BenchTransport(bench));
        Assert.Equal((MtqpOutcome.Found, false), (reply.Outcome, reply.IsSecured));
        Assert.Equal(".a@b", Assert.Single(Assert.Single(reply.Found).Recipients).Final.Address);
    }

    [Fact]
    public async Task Hears_that_nothing_is_known()
    {
        using var bench = new MtqpBench();
        Assert.Equal(MtqpOutcome.NoInformation, (await AskAsync(new BenchTransport(bench))).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Asks_inside_TLS_where_it_is_offered(bool withAnchors)
    {
        using var certificate = MtqpSessionTests.Certificate("mx.example2.com");
        using var bench = new MtqpBench(s => s with { TlsMode = ListenerTlsMode.Required, Certificate = certificate });
        Know(bench);
        var reply = await AskAsync(new BenchTransport(bench), withAnchors ? [certificate] : null);
        Assert.Equal((MtqpOutcome.Found, true), (reply.Outcome, reply.IsSecured));
    }

    [Fact]
    [Trait("Threat", "S4")]
    public async Task Tells_the_secret_to_nobody_whom_the_anchors_do_not_know()
    {
        using var certificate = MtqpSessionTests.Certificate("mx.example2.com");
        using var other = MtqpSessionTests.Certificate("mx.example2.com");
        using var bench = new MtqpBench(s => s with { TlsMode = ListenerTlsMode.StartTls, Certificate = certificate });
        Assert.Equal(MtqpOutcome.Unreachable, (await AskAsync(new BenchTransport(bench), [other])).Outcome);
        using var plain = new MtqpBench();
        Assert.Equal(MtqpOutcome.Unreachable, (await AskAsync(new BenchTransport(plain), [other])).Outcome);
        Assert.Empty(bench.Asked);
        Assert.Empty(plain.Asked);
    }

    [Theory]
    [InlineData("220 mx.example2.com ESMTP\r\n")]
    [InlineData("+OK hello\r\n")]
    [InlineData("+OK+/MTQP\r\nSTARTTLS\r\n")]
    [InlineData("+OK/MTQP\n")]
    [InlineData("")]
    [InlineData("+OK/MTQP\r\n+OK+ it follows\r\nContent-Type: text/plain\r\n\r\n.\r\n")]
    [InlineData("+OK/MTQP\r\n+OK\r\n")]
    [InlineData("+OK/MTQP\r\n\r\n")]
    public async Task Nonsense_is_no_answer(string said) => Assert.Equal(MtqpOutcome.Unreachable, (await AskAsync(new CannedServer(said))).Outcome);

    [Theory]
    [InlineData("-TEMP/MTQP/admin later\r\n")]
    [InlineData("+OK/MTQP\r\n-ERR/tls-required no\r\n")]
    public async Task A_refusal_is_told(string said) => Assert.Equal(MtqpOutcome.Refused, (await AskAsync(new CannedServer(said))).Outcome);

    [Fact]
    public async Task A_line_without_end_is_not_kept() =>
        Assert.Equal("a line is too long", (await AskAsync(new CannedServer("+OK/MTQP\r\n+OK+ " + new string('x', 2000)))).Detail);

    [Fact]
    public async Task Follows_who_took_the_tracking_over_and_asks_nobody_twice()
    {
        var asked = new List<string>();
        var tracer = new MtqpTracer(1038, (server, _) =>
        {
            asked.Add(server.ToString());
            return new(server.Host switch
            {
                "one.example" => Reply("one.example", (TrackingAction.Transferred, "two.example"), (TrackingAction.Relayed, "no.example"), (TrackingAction.Transferred, "TWO.example")),
                // A circle, itself, no host, and one whose answer is there already.
                "two.example" => Reply("two.example", (TrackingAction.Transferred, "one.example"), (TrackingAction.Transferred, "two.example"), (TrackingAction.Transferred, "no host"), (TrackingAction.Transferred, "three.example")),
                _ => new MtqpReply(MtqpOutcome.NoInformation, "-ERR/noinfo", [], false),
            });
        });
        var traced = await tracer.TraceAsync(new HopTarget("one.example", 1038), default);
        Assert.Equal(["one.example:1038", "two.example:1038", "three.example:1038"], asked);
        Assert.Equal([MtqpOutcome.Found, MtqpOutcome.Found, MtqpOutcome.NoInformation], traced.Select(t => t.Reply.Outcome));
    }

    [Fact]
    public async Task Ends_however_many_servers_are_named()
    {
        var count = 0;
        var tracer = new MtqpTracer(1038, (server, _) => new(Reply(server.Host, (TrackingAction.Transferred, $"h{++count}.example"), (TrackingAction.Transferred, $"i{count}.example"))));
        Assert.Equal(MtqpTracer.MostServers, (await tracer.TraceAsync(new HopTarget("one.example", 1038), default)).Length);
    }

    private static MtqpReply Reply(string host, params (TrackingAction Action, string Mta)[] recipients) => new(MtqpOutcome.Found, "+OK+", [new TrackingStatus("x@y", host, default,
        [.. recipients.Select(r => new TrackedRecipient(new OriginalRecipient("rfc822", "a@b"), new OriginalRecipient("rfc822", "a@b"), r.Action, default) { RemoteMta = r.Mta })])], false);

    private sealed class BenchTransport(MtqpBench bench) : ISmtpTransport, IDuplexPipe
    {
        public PipeReader Input => bench.FromServer;

        public PipeWriter Output => bench.ToServer;

        public ValueTask<Stream> OpenAsync(HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) => new(new DuplexPipeStream(this));

        public bool HasInput(Stream stream) => false;
    }

    /// <summary>Says it all at once and closes.</summary>
    private sealed class CannedServer(string said) : ISmtpTransport
    {
        public ValueTask<Stream> OpenAsync(HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) => new(new OneWay(Encoding.ASCII.GetBytes(said)));

        public bool HasInput(Stream stream) => false;
    }

    private sealed class OneWay(byte[] octets) : MemoryStream(octets)
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
    }
}
