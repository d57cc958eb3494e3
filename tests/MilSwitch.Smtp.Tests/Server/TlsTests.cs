using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

/// <summary>The server on Kestrel with real sockets on the loopback, and a client of a few lines.</summary>
[Trait("Feature", "A-07")]
[Trait("Threat", "S3")]
public sealed class TlsTests
{
    private static readonly X509Certificate2 Root = MakeRoot("CN=Test root");
    internal static readonly X509Certificate2 ServerCertificate = Issue(Root, "CN=mx.example.mil");

    private static X509Certificate2 MakeRoot(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    private static X509Certificate2 Issue(X509Certificate2 root, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        using var issued = request.Create(root, TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(20), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Server : IAsyncDisposable
    {
        private readonly WebApplication application;
        private readonly SmtpServerServices services;

        private Server(WebApplication application, SmtpServerServices services, FakeIntake intake)
        {
            this.application = application;
            this.services = services;
            Intake = intake;
        }

        public FakeIntake Intake { get; }

        public int Port { get; private init; }

        public static async Task<Server> StartAsync(Func<SmtpListenerSettings, SmtpListenerSettings> adjust)
        {
            var intake = new FakeIntake();
            var services = new SmtpServerServices(intake, intake, TimeProvider.System, NullLogger.Instance);
            var settings = adjust(new SmtpListenerSettings
            {
                Name = "mta", Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Role = ListenerRole.Relay, HostName = "mx.example.mil",
                TlsMode = ListenerTlsMode.StartTls, Certificate = ServerCertificate,
            });
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(options => options.ListenSmtp(() => settings, services));
            var application = builder.Build();
            await application.StartAsync();
            return new Server(application, services, intake) { Port = new Uri(application.Urls.Single()).Port };
        }

        public Task StopAsync() => application.StopAsync();

        public async ValueTask DisposeAsync()
        {
            await application.DisposeAsync();
            services.Dispose();
        }
    }

    private sealed class Client : IAsyncDisposable
    {
        private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        private Stream stream = null!;

        public static async Task<Client> ConnectAsync(int port)
        {
            var client = new Client();
            await client.socket.ConnectAsync(IPAddress.Loopback, port);
            client.stream = new NetworkStream(client.socket);
            return client;
        }

        public async Task SecureAsync(X509Certificate2? own = null, SslProtocols protocols = SslProtocols.None, string? alpn = null)
        {
            var tls = new SslStream(stream);
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = "mx.example.mil",
                EnabledSslProtocols = protocols,
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            };
            if (own is not null) options.ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true);
            if (alpn is not null) options.ApplicationProtocols = [new SslApplicationProtocol(alpn)];
            await tls.AuthenticateAsClientAsync(options, limit.Token);
            stream = tls;
        }

        public Task SendAsync(string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), limit.Token).AsTask();

        public async Task<string> SayAsync(string text)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text + "\r\n"), limit.Token);
            return await ReadAsync();
        }

        /// <summary>One whole answer; what there was when the connection ended; "" at its end.</summary>
        public async Task<string> ReadAsync()
        {
            var text = new StringBuilder();
            var one = new byte[1];
            var lineStart = 0;
            while (true)
            {
                int read;
                try
                {
                    read = await stream.ReadAsync(one, limit.Token);
                }
                catch (IOException)
                {
                    read = 0;
                }

                if (read is 0) return text.ToString();
                text.Append((char)one[0]);
                if (one[0] != '\n') continue;
                if (text[lineStart + 3] == ' ') return text.ToString();
                lineStart = text.Length;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            socket.Dispose();
            limit.Dispose();
        }
    }

    [Fact]
    public async Task Takes_mail_over_starttls_and_forgets_what_was_said_before()
    {
        await using var server = await Server.StartAsync(static settings => settings with { TlsMode = ListenerTlsMode.Required });
        await using var client = await Client.ConnectAsync(server.Port);
        await client.ReadAsync();
        Assert.Contains("250-STARTTLS", await client.SayAsync("EHLO before"), StringComparison.Ordinal);
        Assert.StartsWith("530 5.7.0", await client.SayAsync("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("NOOP"), StringComparison.Ordinal);
        Assert.StartsWith("220 2.0.0", await client.SayAsync("STARTTLS"), StringComparison.Ordinal);
        await client.SecureAsync();
        Assert.StartsWith("503", await client.SayAsync("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        var hello = await client.SayAsync("EHLO after");
        Assert.DoesNotContain("STARTTLS", hello, StringComparison.Ordinal);
        Assert.Contains("250-REQUIRETLS", hello, StringComparison.Ordinal);
        Assert.StartsWith("503", await client.SayAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("MAIL FROM:<a@b> REQUIRETLS"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<a@b>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        var large = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 20_000));
        Assert.StartsWith("250 2.0.0", await client.SayAsync(large + "."), StringComparison.Ordinal);
        Assert.StartsWith("221", await client.SayAsync("QUIT"), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadAsync());
        var message = Assert.Single(server.Intake.Messages);
        Assert.Equal(large.Length, message.Content.Length);
        Assert.StartsWith("Tls1", message.Envelope.Origin.Tls, StringComparison.Ordinal);
        Assert.Equal("after", message.Envelope.Origin.Helo);
        Assert.True(message.Envelope.RequireTls);
    }

    [Theory]
    [InlineData("STARTTLS\r\nEHLO injected\r\nMAIL FROM:<x@y>")]
    [InlineData("STARTTLS\r\nR")]
    public async Task Closes_when_anything_is_sent_behind_starttls(string injection)
    {
        await using var server = await Server.StartAsync(static settings => settings);
        await using var client = await Client.ConnectAsync(server.Port);
        await client.ReadAsync();
        await client.SayAsync("EHLO x");
        Assert.StartsWith("554 5.5.1", await client.SayAsync(injection), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadAsync());
        Assert.Empty(server.Intake.Mails);
    }

    [Fact]
    public async Task Speaks_tls_from_the_first_octet_and_lets_in_by_plain()
    {
        await using var server = await Server.StartAsync(static settings => settings with { TlsMode = ListenerTlsMode.Implicit, Role = ListenerRole.Submission, AuthMechanisms = ["PLAIN"] });
        server.Intake.Accounts["bob"] = new Account("bob") { Scram = AuthenticationTests.Verifier("secret", [1, 2, 3], 4096) };
        await using var client = await Client.ConnectAsync(server.Port);
        await client.SecureAsync();
        Assert.StartsWith("220 ", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.Contains("250-AUTH PLAIN\r\n", await client.SayAsync("EHLO x"), StringComparison.Ordinal);
        Assert.StartsWith("535", await client.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0bob\0wrong"u8)), StringComparison.Ordinal);
        Assert.StartsWith("535", await client.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0eve\0secret"u8)), StringComparison.Ordinal);
        Assert.StartsWith("535", await client.SayAsync("AUTH PLAIN " + Convert.ToBase64String("alice\0bob\0secret"u8)), StringComparison.Ordinal);
        Assert.Equal("334 \r\n", await client.SayAsync("AUTH PLAIN"));
        Assert.StartsWith("235", await client.SayAsync(Convert.ToBase64String("\0bob\0secret"u8)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Knows_a_client_by_its_certificate()
    {
        await using var server = await Server.StartAsync(static settings => settings with { ClientAnchors = [Root], AuthMechanisms = ["EXTERNAL"] });
        server.Intake.CertificateAccount = new Account("gateway");
        await using var client = await Client.ConnectAsync(server.Port);
        await client.ReadAsync();
        Assert.DoesNotContain("AUTH", await client.SayAsync("EHLO x"), StringComparison.Ordinal);
        await client.SayAsync("STARTTLS");
        using var own = Issue(Root, "CN=gateway");
        await client.SecureAsync(own);
        Assert.Contains("250-AUTH EXTERNAL", await client.SayAsync("EHLO x"), StringComparison.Ordinal);
        Assert.StartsWith("535", await client.SayAsync("AUTH EXTERNAL " + Convert.ToBase64String("other"u8)), StringComparison.Ordinal);
        Assert.StartsWith("235", await client.SayAsync("AUTH EXTERNAL ="), StringComparison.Ordinal);
        await client.SayAsync("MAIL FROM:<a@b>");
        Assert.Equal("gateway", server.Intake.LastClient!.AuthenticatedAs);
    }

    [Fact]
    public async Task Goes_on_without_a_certificate_but_not_with_a_strangers()
    {
        await using var server = await Server.StartAsync(static settings => settings with { ClientAnchors = [Root], AuthMechanisms = ["EXTERNAL"] });
        await using var nameless = await Client.ConnectAsync(server.Port);
        await nameless.ReadAsync();
        await nameless.SayAsync("EHLO x");
        await nameless.SayAsync("STARTTLS");
        await nameless.SecureAsync();
        Assert.DoesNotContain("AUTH", await nameless.SayAsync("EHLO x"), StringComparison.Ordinal);

        await using var stranger = await Client.ConnectAsync(server.Port);
        await stranger.ReadAsync();
        await stranger.SayAsync("EHLO x");
        await stranger.SayAsync("STARTTLS");
        using var foreignRoot = MakeRoot("CN=Test root");
        using var foreign = Issue(foreignRoot, "CN=gateway");
        var answer = "";
        try
        {
            await stranger.SecureAsync(foreign);
            answer = await stranger.SayAsync("EHLO x");
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // TLS 1.3 tells the client after its own handshake, 1.2 within it.
        }

        Assert.Equal("", answer);
    }

    [Fact]
    [Trait("Feature", "A-19")]
    public async Task A_proxy_sends_its_header_before_tls_from_the_first_octet()
    {
        await using var server = await Server.StartAsync(static settings => settings with { TlsMode = ListenerTlsMode.Implicit, Proxies = [IPNetwork.Parse("127.0.0.0/8")] });
        await using var client = await Client.ConnectAsync(server.Port);
        await client.SendAsync("PROXY TCP4 192.0.2.9 127.0.0.1 1 465\r\n");
        await client.SecureAsync();
        Assert.StartsWith("220 ", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SayAsync("EHLO x");
        Assert.StartsWith("250 ", await client.SayAsync("MAIL FROM:<a@example.mil>"), StringComparison.Ordinal);
        Assert.Equal("192.0.2.9", server.Intake.LastClient!.Address);
        await using var bare = await Client.ConnectAsync(server.Port);
        await Assert.ThrowsAnyAsync<Exception>(() => bare.SecureAsync());
    }

    [Fact]
    [Trait("Feature", "A-19")]
    public async Task What_XCLIENT_said_in_clear_is_forgotten_and_a_certificate_is_not_the_named_client_s()
    {
        await using var server = await Server.StartAsync(static settings => settings with
        {
            ClientAnchors = [Root], AuthMechanisms = ["EXTERNAL"], HighestPrecedence = Precedence.Routine, ClientNamers = [IPNetwork.Parse("127.0.0.1/32")],
        });
        server.Intake.CertificateAccount = server.Intake.Accounts["gateway"] = new Account("gateway");
        await using var client = await Client.ConnectAsync(server.Port);
        await client.ReadAsync();
        await client.SayAsync("EHLO x");
        Assert.StartsWith("220 ", await client.SayAsync("XCLIENT ADDR=192.0.2.9 LOGIN=gateway"), StringComparison.Ordinal);
        await client.SayAsync("EHLO x");
        await client.SayAsync("STARTTLS");
        using var own = Issue(Root, "CN=gateway");
        await client.SecureAsync(own);
        Assert.Contains("250-AUTH EXTERNAL", await client.SayAsync("EHLO x"), StringComparison.Ordinal);
        await client.SayAsync("MAIL FROM:<a@b>");
        var before = server.Intake.LastClient!;
        Assert.Equal(("127.0.0.1", null, Precedence.Routine), (before.Address, before.AuthenticatedAs, before.HighestPrecedence));
        await client.SayAsync("RSET");

        Assert.StartsWith("220 ", await client.SayAsync("XCLIENT ADDR=192.0.2.9"), StringComparison.Ordinal);
        var hello = await client.SayAsync("EHLO x");
        Assert.DoesNotContain("AUTH", hello, StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", hello, StringComparison.Ordinal);
        Assert.StartsWith("504", await client.SayAsync("AUTH EXTERNAL ="), StringComparison.Ordinal);
        await client.SayAsync("MAIL FROM:<a@b>");
        var after = server.Intake.LastClient!;
        Assert.Equal(("192.0.2.9", null, before.Tls), (after.Address, after.AuthenticatedAs, after.Tls));
        Assert.StartsWith("Tls1", after.Tls, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "S5")]
    public async Task Refuses_old_tls_and_other_protocols_inside_tls()
    {
        await using var server = await Server.StartAsync(static settings => settings with { TlsMode = ListenerTlsMode.Implicit });
        await using var http = await Client.ConnectAsync(server.Port);
        await Assert.ThrowsAnyAsync<Exception>(() => http.SecureAsync(alpn: "h2"));
#pragma warning disable SYSLIB0039, CA5397 // The point is that it is refused.
        await using var old = await Client.ConnectAsync(server.Port);
        await Assert.ThrowsAnyAsync<Exception>(() => old.SecureAsync(protocols: SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
        await using var clear = await Client.ConnectAsync(server.Port);
        Assert.DoesNotContain("220", await clear.SayAsync("EHLO x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finishes_a_transaction_inside_tls_while_the_server_goes_down()
    {
        await using var server = await Server.StartAsync(static settings => settings);
        await using var client = await Client.ConnectAsync(server.Port);
        await client.ReadAsync();
        await client.SayAsync("EHLO x");
        await client.SayAsync("STARTTLS");
        await client.SecureAsync();
        await client.SayAsync("EHLO x");
        Assert.StartsWith("250", await client.SayAsync("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<a@b>"), StringComparison.Ordinal);
        var stopping = server.StopAsync();
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("x\r\n."), StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2", await client.ReadAsync(), StringComparison.Ordinal);
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Single(server.Intake.Messages);
    }

    [Fact]
    [Trait("Threat", "S9")]
    public async Task Limits_connections_of_one_client()
    {
        await using var server = await Server.StartAsync(static settings => settings with { Limits = new SmtpLimits { ConnectionsPerClient = 2 } });
        await using var first = await Client.ConnectAsync(server.Port);
        await first.ReadAsync();
        await using var second = await Client.ConnectAsync(server.Port);
        await second.ReadAsync();
        await using var third = await Client.ConnectAsync(server.Port);
        Assert.StartsWith("421 4.7.0", await third.ReadAsync(), StringComparison.Ordinal);
        await first.SayAsync("QUIT");
        Assert.Equal("", await first.ReadAsync());
        var deadline = TimeProvider.System.GetTimestamp();
        string answer;
        do
        {
            await using var again = await Client.ConnectAsync(server.Port);
            answer = await again.ReadAsync();
        }
        while (!answer.StartsWith("220", StringComparison.Ordinal) && TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(10));

        Assert.StartsWith("220", answer, StringComparison.Ordinal);
    }
}
