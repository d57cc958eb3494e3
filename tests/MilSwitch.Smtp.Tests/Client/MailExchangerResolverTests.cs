using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Smtp.Tests.Client;

[Trait("Threat", "F17")]
public sealed class MailExchangerResolverTests : IAsyncDisposable
{
    private readonly NameServer server = new();
    private readonly MailExchangerResolver resolver;

    public MailExchangerResolverTests() =>
        resolver = new MailExchangerResolver([server.Endpoint], TimeSpan.FromSeconds(10), name => name == "own.example");

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task<MailExchangers> ResolveAsync(string domain) => await resolver.ResolveAsync(domain, 25, default);

    [Fact]
    public async Task Sorts_by_preference_and_shuffles_equals()
    {
        server.Mx("a.example", (20, "late.example"), (10, "one.example"), (10, "two.example"), (10, "three.example"), (5, "first.example"));
        var orders = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            var targets = (await ResolveAsync("a.example")).Targets;
            Assert.Equal(new HopTarget("first.example", 25, 5) { IsUnauthenticated = true }, targets[0]);
            Assert.Equal("late.example", targets[^1].Host);
            orders.Add(string.Join(" ", targets.Select(t => t.Host)));
        }

        Assert.True(orders.Count > 1);
        // One question: the rest came from memory.
        Assert.Equal(1, server.Questions);
    }

    [Fact]
    public async Task Takes_the_domain_itself_when_there_is_no_mx()
    {
        server.Address("v4.example", "192.0.2.1");
        server.Address("v6.example", "2001:db8::1");
        Assert.Equal(new HopTarget("v4.example", 25), Assert.Single((await ResolveAsync("v4.example")).Targets));
        Assert.Equal(new HopTarget("v6.example", 25), Assert.Single((await ResolveAsync("v6.example")).Targets));
        server.Nothing("empty.example");
        var empty = await ResolveAsync("empty.example");
        Assert.Equal(("550 5.1.2", false), (empty.Fault!.ToString()[..9], empty.Temporary));
    }

    [Fact]
    public async Task Tells_what_is_for_good_from_what_may_pass()
    {
        server.Mx("null.example", (0, "."));
        server.Fails("fails.example", 2);
        server.Fails("refuses.example", 5);
        foreach (var (domain, fault, temporary) in new[]
        {
            ("null.example", "556 5.1.10", false), ("unknown.example", "550 5.1.2", false), ("fails.example", "451 4.4.3", true),
            ("refuses.example", "451 4.4.3", true),
        })
        {
            var found = await ResolveAsync(domain);
            Assert.Empty(found.Targets);
            Assert.StartsWith(fault, found.Fault!.ToString());
            Assert.Equal(temporary, found.Temporary);
        }
    }

    [Fact]
    [Trait("Feature", "A-08")]
    public async Task Hosts_are_authenticated_by_the_AD_bit_where_it_is_believed()
    {
        server.Mx("signed.example", (1, "one.example"), (2, "two.example"));
        server.Mx("unsigned.example", (1, "one.example"));
        server.Alias("signed-alias.example", "unsigned.example");
        server.Alias("unsigned-alias.example", "signed.example");
        server.Address("unsigned-host.example", "192.0.2.1");
        server.Alias("host-alias.example", "unsigned-host.example");
        server.Authentic("signed.example", "signed-alias.example");
        var trusting = new MailExchangerResolver([server.Endpoint], TimeSpan.FromSeconds(10), trustsAuthenticData: true);
        foreach (var (domain, authenticated) in new[]
        {
            ("signed.example", true), ("unsigned.example", false), ("signed-alias.example", false), ("unsigned-alias.example", false),
            // No MX: the certificate is for the domain of the recipient, whatever DNS says, unless an alias led to another name.
            ("unsigned-host.example", true), ("UNSIGNED-HOST.example", true), ("host-alias.example", false),
        })
        {
            // Twice: what is kept in memory is as good as what came.
            for (var i = 0; i < 2; i++)
            {
                var targets = (await trusting.ResolveAsync(domain, 25, default)).Targets;
                Assert.NotEmpty(targets);
                Assert.All(targets, t => Assert.Equal((domain, authenticated), (domain, !t.IsUnauthenticated)));
            }
        }

        Assert.True(server.AskedForDnssec);
        Assert.All((await ResolveAsync("signed.example")).Targets, t => Assert.True(t.IsUnauthenticated));
    }

    [Fact]
    public async Task A_silent_name_server_is_a_passing_fault()
    {
        server.Silent("silent.example");
        var impatient = new MailExchangerResolver([server.Endpoint], TimeSpan.FromMilliseconds(200));
        var found = await impatient.ResolveAsync("silent.example", 25, default);
        Assert.True(found.Temporary);
        Assert.StartsWith("451 4.4.3", found.Fault!.ToString());
    }

    [Fact]
    public async Task Follows_aliases_and_never_for_ever()
    {
        server.Alias("alias.example", "real.example");
        server.Mx("real.example", (1, "mx.example"));
        server.Alias("loop1.example", "loop2.example");
        server.Alias("loop2.example", "loop1.example");
        Assert.Equal("mx.example", Assert.Single((await ResolveAsync("alias.example")).Targets).Host);
        Assert.True((await ResolveAsync("loop1.example")).Temporary);
    }

    [Fact]
    public async Task Keeps_twenty_hosts_at_most_and_no_nonsense()
    {
        server.Mx("many.example", [.. Enumerable.Range(1, 30).Select(i => (i, $"mx{i}.example"))]);
        server.Mx("odd.example", (1, "a b.example"), (2, "."), (3, "fine.example"), (4, "FINE.example"));
        server.Mx("worse.example", (1, "\u0001\r\n.example"));
        Assert.Equal(20, (await ResolveAsync("many.example")).Targets.Length);
        Assert.Equal("fine.example", Assert.Single((await ResolveAsync("odd.example")).Targets).Host);
        Assert.Empty((await ResolveAsync("worse.example")).Targets);
    }

    [Fact]
    [Trait("Threat", "S13")]
    public async Task Never_sends_mail_to_itself()
    {
        server.Mx("backup.example", (1, "main.example"), (2, "own.example"), (3, "third.example"));
        server.Mx("mine.example", (1, "own.example"), (2, "other.example"));
        Assert.Equal("main.example", Assert.Single((await ResolveAsync("backup.example")).Targets).Host);
        Assert.StartsWith("550 5.4.6", (await ResolveAsync("mine.example")).Fault!.ToString());
    }

    [Fact]
    public async Task Connects_over_tcp_to_the_addresses_it_finds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        server.Address("tcp.example", "127.0.0.1");
        var hop = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            var buffer = new byte[4096];
            foreach (var reply in new[] { "220 hop\r\n", "250-hop\r\n250-PIPELINING\r\n250 CHUNKING\r\n", "250 a\r\n250 b\r\n250 c\r\n" })
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(reply));
                if (await stream.ReadAsync(buffer) == 0) return;
            }
        });
        var transport = new TcpSmtpTransport(resolver.AddressesAsync);
        var settings = Messages.Settings with { ConnectTimeout = TimeSpan.FromSeconds(5) };
        var result = await SmtpClientConnection.ConnectAsync(new HopTarget("tcp.example", port), settings, transport, TimeProvider.System, default);
        await using var connection = Assert.IsType<ConnectResult.Connected>(result).Connection;
        var sent = await connection.SendAsync(Messages.Message(Messages.Header), default);
        Assert.Equal((TransactionEnd.Answered, 250, true), (sent.End, sent.Replies[0].Code, sent.Reusable));
        await connection.QuitAsync(default);
        await hop;
        var unknown = await SmtpClientConnection.ConnectAsync(new HopTarget("fails.invalid", 25), settings, transport, TimeProvider.System, default);
        Assert.Equal(ConnectPhase.Resolve, Assert.IsType<ConnectResult.Failed>(unknown).Phase);
        listener.Stop();
        var refused = await SmtpClientConnection.ConnectAsync(new HopTarget("tcp.example", port), settings, transport, TimeProvider.System, default);
        Assert.Equal(ConnectPhase.Connect, Assert.IsType<ConnectResult.Failed>(refused).Phase);
    }

    /// <summary>Answers over UDP on loopback what it was told to (RFC 1035 §4).</summary>
    private sealed class NameServer : IAsyncDisposable
    {
        private const int A = 1, Cname = 5, Mx_ = 15, Aaaa = 28;
        private readonly UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly Dictionary<string, List<(int Type, byte[] Data)>> zone = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<string, int> failures = new(StringComparer.OrdinalIgnoreCase);
        private readonly HashSet<string> authentic = new(StringComparer.OrdinalIgnoreCase);
        private readonly Task loop;

        public NameServer() => loop = Task.Run(ServeAsync);

        public IPEndPoint Endpoint => (IPEndPoint)socket.Client.LocalEndPoint!;

        public int Questions { get; private set; }

        /// <summary>The last question had DO set (RFC 3225 §3).</summary>
        public bool AskedForDnssec { get; private set; }

        public void Authentic(params string[] names) => authentic.UnionWith(names);

        public void Mx(string name, params (int Preference, string Host)[] hosts)
        {
            foreach (var (preference, host) in hosts)
            {
                var data = new byte[2];
                BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)preference);
                Add(name, Mx_, [.. data, .. Name(host)]);
            }
        }

        public void Address(string name, string address)
        {
            var parsed = IPAddress.Parse(address);
            Add(name, parsed.AddressFamily == AddressFamily.InterNetwork ? A : Aaaa, parsed.GetAddressBytes());
        }

        public void Alias(string name, string target) => Add(name, Cname, Name(target));

        public void Nothing(string name) => zone[name] = [];

        public void Fails(string name, int code) => failures[name] = code;

        public void Silent(string name) => failures[name] = -1;

        public async ValueTask DisposeAsync()
        {
            socket.Dispose();
            await loop;
        }

        private void Add(string name, int type, byte[] data)
        {
            if (!zone.TryGetValue(name, out var records)) zone[name] = records = [];
            records.Add((type, data));
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                UdpReceiveResult question;
                try
                {
                    question = await socket.ReceiveAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }

                if (Answer(question.Buffer) is { } answer) await socket.SendAsync(answer, question.RemoteEndPoint);
            }
        }

        private byte[]? Answer(byte[] question)
        {
            Questions++;
            // The last eleven octets are OPT: root, type, size, extended code and version, flags, no data.
            AskedForDnssec = question[^10] is 0 && question[^9] is 41 && (question[^4] & 0x80) != 0;
            var labels = new List<string>();
            var at = 12;
            while (question[at] != 0)
            {
                labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
                at += question[at] + 1;
            }

            var name = string.Join('.', labels);
            var type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(at + 1));
            if (failures.TryGetValue(name, out var code))
            {
                if (code < 0) return null;
            }
            else if (!zone.ContainsKey(name))
            {
                code = 3;
            }

            var records = zone.GetValueOrDefault(name, []).Where(r => r.Type == type || r.Type == Cname).ToList();
            var answer = new List<byte>(question[..(at + 5)]);
            answer[2] = 0x84;
            answer[3] = (byte)(code | (authentic.Contains(name) ? 0x20 : 0));
            answer[6] = 0;
            answer[7] = (byte)records.Count;
            answer[8] = answer[9] = answer[10] = answer[11] = 0;
            foreach (var (kind, data) in records)
                answer.AddRange([0xc0, 12, 0, (byte)kind, 0, 1, 0, 0, 0, 60, (byte)(data.Length >> 8), (byte)data.Length, .. data]);
            return [.. answer];
        }

        private static byte[] Name(string name) => name == "."
            ? [0]
            : [.. name.Split('.').SelectMany(l => Encoding.Latin1.GetBytes(l).Prepend((byte)l.Length)), 0];
    }
}
