using System.Buffers;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

/// <summary>Connections that come through a proxy with a PROXY header, and those that do not.</summary>
[Trait("Feature", "A-19")]
public sealed class ProxyTests : IDisposable
{
    private const string Greeting = "220 mx.example.mil ESMTP\r\n";
    private const string Proxy = "10.0.0.1";
    private readonly FakeIntake intake = new();
    private readonly FakeTimeProvider time = new();
    private readonly SmtpServerServices services;
    private SmtpListenerSettings settings = new()
    {
        Name = "proxied", Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Role = ListenerRole.Relay, HostName = "mx.example.mil",
        Proxies = [IPNetwork.Parse("10.0.0.0/30")], Clients = [new ClientNetwork(IPNetwork.Parse("192.0.2.0/24"))],
    };

    private readonly SmtpConnectionHandler handler;

    public ProxyTests()
    {
        services = new SmtpServerServices(intake, intake, time, NullLogger.Instance);
        handler = new SmtpConnectionHandler(() => settings, services);
    }

    public void Dispose() => services.Dispose();

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.9 10.0.0.1 1 25\r\n", "192.0.2.9", true)]
    [InlineData("PROXY TCP4 198.51.100.9 10.0.0.1 1 25\r\n", "198.51.100.9", false)]
    [InlineData(ProxyHeaderTests.Signature + "!\x11\0\x10\xc0\0\x02\x09\x0a\0\0\x01\x12\x34\0\x19\x02\0\x01x", "192.0.2.9", true)]
    [InlineData("PROXY UNKNOWN\r\n", Proxy, false)]
    [InlineData(ProxyHeaderTests.Signature + " \0\0\0", Proxy, false)]
    public void The_address_of_the_header_is_the_client_s(string header, string address, bool mayRelay)
    {
        foreach (var octetByOctet in (bool[])[false, true])
        {
            var connection = Connect(Proxy);
            Assert.Equal("", connection.Read());
            for (var i = 0; i < header.Length; i += octetByOctet ? 1 : header.Length)
            {
                Assert.Equal("", connection.Read());
                connection.Send(octetByOctet ? header[i..(i + 1)] : header);
            }

            Assert.Equal(Greeting, connection.Read());
            connection.Send("EHLO a\r\nMAIL FROM:<a@example.mil>\r\nRCPT TO:<b@example.mil>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
            Assert.True(connection.Closed);
            Assert.Equal((address, mayRelay), (intake.LastClient!.Address, intake.LastClient.MayRelay));
            Assert.Equal(address, intake.Messages[^1].Envelope.Origin.ClientAddress);
        }
    }

    [Theory]
    [Trait("Threat", "S3")]
    [InlineData("EHLO a\r\n")]
    [InlineData("PROXY TCP4 192.0.2.9\r\n")]
    [InlineData(ProxyHeaderTests.Signature + "\x11\x11\0\x0c")]
    public void A_proxy_without_a_header_is_cut_off_without_a_word(string octets)
    {
        var failures = new List<string?>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name is "smtp.server.proxy.failures") listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var (key, tag) in tags)
                if (key is "reason") failures.Add((string?)tag);
        });
        listener.Start();
        var connection = Connect(Proxy);
        connection.Send(octets);
        Assert.True(connection.Closed);
        Assert.Equal("", connection.Read());
        Assert.Contains("Malformed", failures);
    }

    [Fact]
    [Trait("Threat", "F5")]
    public void A_header_that_does_not_end_has_the_time_of_a_handshake()
    {
        var connection = Connect(Proxy);
        connection.Send("PROXY TCP4 ");
        time.Advance(TimeSpan.FromSeconds(29));
        connection.Send("192");
        Assert.False(connection.Closed);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(connection.Closed);
        Assert.Equal("", connection.Read());
    }

    [Fact]
    [Trait("Threat", "S3")]
    public void From_everybody_else_a_header_is_no_header()
    {
        var early = Connect("192.0.2.1", before: "PROXY TCP4 192.0.2.9 10.0.0.1 1 25\r\n");
        Assert.Equal("554 5.5.1 Spoke before the greeting\r\n", early.Read());
        Assert.True(early.Closed);
        var late = Connect("192.0.2.1");
        Assert.Equal(Greeting, late.Read());
        late.Send("PROXY TCP4 192.0.2.9 10.0.0.1 1 25\r\n");
        Assert.Equal("500 5.5.2 Command not recognised\r\n", late.Read());
    }

    [Fact]
    public void Whoever_speaks_behind_the_header_before_the_greeting_is_refused()
    {
        var connection = Connect(Proxy);
        connection.Send("PROXY TCP4 192.0.2.9 10.0.0.1 1 25\r\nEHLO a\r\n");
        Assert.Equal("554 5.5.1 Spoke before the greeting\r\n", connection.Read());
    }

    [Fact]
    [Trait("Threat", "F5")]
    public void Clients_are_counted_behind_the_proxy_and_the_proxy_by_the_listener_only()
    {
        settings = settings with { Limits = new SmtpLimits { Connections = 4, ConnectionsPerClient = 1 } };
        var first = Through("192.0.2.9");
        Assert.Equal(Greeting, first.Read());
        Assert.Equal(Greeting, Through("192.0.2.10").Read());
        var second = Through("192.0.2.9");
        Assert.Equal("421 4.7.0 Too many connections\r\n", second.Read());
        Assert.True(second.Closed);
        first.Send("QUIT\r\n");
        Assert.Equal(Greeting, Through("192.0.2.9").Read());
        // Those that sent no header yet count for the listener.
        Connect(Proxy);
        Assert.Equal("", Connect(Proxy).Read());
        Assert.Equal("421 4.7.0 Too many connections\r\n", Connect(Proxy).Read());

        Connection Through(string client)
        {
            var connection = Connect(Proxy);
            connection.Send($"PROXY TCP4 {client} 10.0.0.1 1 25\r\n");
            return connection;
        }
    }

    [Theory]
    [Trait("Threat", "S12")]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN 192.0.2.9 10.0.0.1 1 25\r\n")]
    [InlineData(ProxyHeaderTests.Signature + " \0\0\0")]
    public void A_proxy_s_own_connection_is_a_stranger_s(string header)
    {
        settings = settings with
        {
            Clients = [new ClientNetwork(IPNetwork.Parse("10.0.0.0/8"))], ClientNamers = [IPNetwork.Parse("10.0.0.0/8")], StartsQueues = true,
        };
        var connection = Connect(Proxy);
        connection.Send(header);
        Assert.Equal(Greeting, connection.Read());
        connection.Send("EHLO a\r\n");
        var offers = connection.Read();
        Assert.StartsWith("250-", offers, StringComparison.Ordinal);
        Assert.DoesNotContain("ETRN", offers, StringComparison.Ordinal);
        Assert.DoesNotContain("XCLIENT", offers, StringComparison.Ordinal);
        connection.Send("XCLIENT ADDR=192.0.2.9\r\n");
        Assert.StartsWith("502", connection.Read(), StringComparison.Ordinal);
        connection.Send("MAIL FROM:<a@example.mil>\r\nRSET\r\n");
        Assert.Equal((Proxy, false), (intake.LastClient!.Address, intake.LastClient.MayRelay));
    }

    [Fact]
    [Trait("Threat", "F5")]
    public void Clients_named_by_XCLIENT_are_counted_and_who_names_them_is_not()
    {
        settings = settings with
        {
            ClientNamers = [IPNetwork.Parse("172.16.0.1/32"), IPNetwork.Parse("172.16.0.2/32")], Limits = new SmtpLimits { ConnectionsPerClient = 1 },
        };
        var first = Connect("172.16.0.1");
        var second = Connect("172.16.0.1");
        // One that came through a proxy may name clients as well.
        var third = Connect(Proxy);
        third.Send("PROXY TCP4 172.16.0.2 10.0.0.1 1 25\r\n");
        foreach (var connection in (Connection[])[first, second, third]) Assert.Equal(Greeting, connection.Read());
        Assert.Equal(Greeting, Name(first, "192.0.2.9"));
        Assert.Equal(Greeting, Name(first, "192.0.2.9"));
        Assert.Equal(Greeting, Name(third, "192.0.2.10"));
        Assert.Equal("421 4.7.0 Too many connections\r\n", Connect("192.0.2.9").Read());
        // The connection goes over to another client, and makes room.
        Assert.Equal(Greeting, Name(first, "192.0.2.11"));
        Assert.Equal("421 4.7.0 Too many connections\r\n", Name(second, "192.0.2.10"));
        Assert.True(second.Closed);
        Assert.Equal(Greeting, Connect("192.0.2.9").Read());

        static string Name(Connection connection, string client)
        {
            connection.Send($"XCLIENT ADDR={client}\r\n");
            return connection.Read();
        }
    }

    private Connection Connect(string address, string before = "")
    {
        var connection = new Connection(address);
        if (before.Length > 0) connection.Send(before);
        connection.Run(handler);
        return connection;
    }

    /// <summary>Pipes that run inline, as in <see cref="SessionBench"/>, under the handler of a listener.</summary>
    private sealed class Connection : IDuplexPipe
    {
        private static readonly PipeOptions Inline = new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false);

        private readonly Pipe toServer = new(Inline);
        private readonly Pipe toClient = new(Inline);
        private readonly IPAddress address;
        private Task? session;

        public Connection(string address) => this.address = IPAddress.Parse(address);

        public bool Closed => session is { IsCompletedSuccessfully: true };

        PipeReader IDuplexPipe.Input => toServer.Reader;

        PipeWriter IDuplexPipe.Output => toClient.Writer;

        public void Run(SmtpConnectionHandler handler) =>
            session = handler.OnConnectedAsync(new DefaultConnectionContext("1", this, this) { RemoteEndPoint = new IPEndPoint(address, 4711) });

        public void Send(string latin1)
        {
            toServer.Writer.Write(Encoding.Latin1.GetBytes(latin1));
            _ = toServer.Writer.FlushAsync().AsTask();
        }

        public string Read()
        {
            if (!toClient.Reader.TryRead(out var result)) return "";
            var text = Encoding.Latin1.GetString(result.Buffer.ToArray());
            toClient.Reader.AdvanceTo(result.Buffer.End);
            return text;
        }
    }
}
