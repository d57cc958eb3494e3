using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;
using Xunit.Abstractions;
using static MilSwitch.Smtp.Tests.Client.Messages;

namespace MilSwitch.Smtp.Tests.Client;

[Trait("Threat", "S4")]
public sealed class TlsTests : IDisposable
{
    private readonly ITestOutputHelper log;
    private readonly string folder = Directory.CreateTempSubdirectory("milswitch-tls-").FullName;
    private readonly X509Certificate2 authority = Authority("CN=test authority");
    private readonly string anchors;

    public TlsTests(ITestOutputHelper log)
    {
        this.log = log;
        anchors = Write("ca.pem", authority.ExportCertificatePem());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    private static X509Certificate2 Leaf(X509Certificate2 issuer, string host, int days = 20, bool server = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], false));
        var now = TimeProvider.System.GetUtcNow();
        using var bare = request.Create(issuer, now.AddDays(-1).AddHours(1), now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    private string Write(string name, string pem)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, pem);
        return path;
    }

    private LinkSettings With(LinkTlsMode mode) => Settings with { Tls = new LinkTls(mode) { CaFile = anchors } };

    private static ScriptedHop SecureHop(X509Certificate2 certificate, params string[] inside) => new(async s =>
    {
        await s.GreetAsync("STARTTLS", "SIZE 1");
        try
        {
            await s.StartTlsAsync(certificate);
            // In TLS 1.3 the hop is done before the client has judged.
            if (await s.ReadLineAsync() is null) return;
            await s.SendAsync(string.Concat(inside.Prepend("hop.example").Select(c => $"250-{c}\r\n")) + "250 HELP\r\n");
            await s.ServeAsync();
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client did not like it.
        }
    });

    private static async Task<ConnectResult> TryAsync(ScriptedHop hop, LinkSettings settings)
    {
        var result = await SmtpClientConnection.ConnectAsync(Target, settings, hop, TimeProvider.System, default);
        return result;
    }

    [Theory]
    [InlineData(LinkTlsMode.Required)]
    [InlineData(LinkTlsMode.Opportunistic)]
    public async Task Sends_inside_tls_and_forgets_what_was_said_in_clear(LinkTlsMode mode)
    {
        using var certificate = Leaf(authority, "hop.example");
        var hop = SecureHop(certificate, "PIPELINING", "REQUIRETLS");
        await using var connection = await ConnectAsync(hop, With(mode));
        Assert.Matches("^TLSv1\\.[23] TLS_", connection.Tls);
        Assert.True(connection.TlsVerified);
        Assert.Equal((true, false, false), (connection.Capabilities.Pipelining, connection.Capabilities.Size, connection.Capabilities.StartTls));
        for (var i = 0; i < 3; i++)
        {
            var result = await connection.SendAsync(Message(Header, Envelope() with { RequireTls = true }), default);
            Assert.Equal((TransactionEnd.Answered, 250, true), (result.End, result.Replies[0].Code, result.Reusable));
        }

        Assert.Contains("MAIL FROM:<a@one.example> REQUIRETLS", hop.Commands);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task Streams_a_large_content_inside_tls()
    {
        using var certificate = Leaf(authority, "hop.example");
        List<byte[]> contents = [];
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("STARTTLS");
            await s.StartTlsAsync(certificate);
            await s.HelloAsync("PIPELINING");
            contents = await s.ServeAsync();
        });
        await using var connection = await ConnectAsync(hop, With(LinkTlsMode.Required));
        var content = Header + string.Concat(Enumerable.Repeat(".filler\r\n", 50_000));
        Assert.Equal(250, (await connection.SendAsync(Message(content, streamed: true), default)).Replies[0].Code);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
        Assert.Equal(content, System.Text.Encoding.ASCII.GetString(Assert.Single(contents)));
    }

    [Theory]
    [InlineData("wrong name")]
    [InlineData("other authority")]
    [InlineData("expired")]
    [InlineData("self-signed")]
    [InlineData("client only")]
    public async Task Takes_no_bad_certificate_where_tls_is_required_and_any_where_it_is_not(string fault)
    {
        using var other = Authority("CN=test authority");
        using var certificate = fault switch
        {
            "wrong name" => Leaf(authority, "hop.example.evil"),
            "other authority" => Leaf(other, "hop.example"),
            "expired" => Leaf(authority, "hop.example", days: 0),
            "client only" => Leaf(authority, "hop.example", server: false),
            _ => X509CertificateLoader.LoadPkcs12(Authority("CN=hop.example").Export(X509ContentType.Pkcs12), null),
        };
        var hop = SecureHop(certificate, "REQUIRETLS");
        var failed = Assert.IsType<ConnectResult.Failed>(await TryAsync(hop, With(LinkTlsMode.Required)));
        Assert.Equal(ConnectPhase.Certificate, failed.Phase);
        Assert.Equal(1, hop.Connections);
        await hop.FinishedAsync();
        Assert.DoesNotContain(hop.Commands, c => c.StartsWith("MAIL"));

        hop = SecureHop(certificate, "REQUIRETLS");
        await using var connection = await ConnectAsync(hop, With(LinkTlsMode.Opportunistic));
        Assert.NotNull(connection.Tls);
        Assert.False(connection.TlsVerified);
        var secret = await connection.SendAsync(Message(Header, Envelope() with { RequireTls = true }), default);
        Assert.StartsWith("550 5.7.10", secret.Replies[0].ToString());
        Assert.Equal(250, (await connection.SendAsync(Message(Header), default)).Replies[0].Code);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task Refuses_requiretls_mail_when_the_hop_does_not_offer_it()
    {
        using var certificate = Leaf(authority, "hop.example");
        var hop = SecureHop(certificate);
        await using var connection = await ConnectAsync(hop, With(LinkTlsMode.Required));
        var result = await connection.SendAsync(Message(Header, Envelope() with { RequireTls = true }), default);
        Assert.StartsWith("550 5.7.30", result.Replies[0].ToString());
        var report = Envelope() with { RequireTls = true, ReversePath = default };
        Assert.Equal(250, (await connection.SendAsync(Message(Header, report), default)).Replies[0].Code);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task Refuses_requiretls_mail_to_a_host_that_nothing_vouches_for()
    {
        using var certificate = Leaf(authority, "hop.example");
        var hop = SecureHop(certificate, "REQUIRETLS");
        var connected = await SmtpClientConnection.ConnectAsync(Target with { IsUnauthenticated = true }, With(LinkTlsMode.Required), hop, TimeProvider.System, default);
        await using var connection = Assert.IsType<ConnectResult.Connected>(connected).Connection;
        var result = await connection.SendAsync(Message(Header, Envelope() with { RequireTls = true }), default);
        Assert.Equal("550 5.7.30 the MX records that name the next hop are not authenticated", result.Replies[0].ToString());
        Assert.True(TransactionResult.IsLackOfTheHop(result.Replies[0]));
        Assert.Equal(250, (await connection.SendAsync(Message(Header), default)).Replies[0].Code);
        // RFC 8689 §5: reports go all the same.
        Assert.Equal(250, (await connection.SendAsync(Message(Header, Envelope() with { RequireTls = true, ReversePath = default }), default)).Replies[0].Code);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task Checks_the_name_of_the_link_when_it_gives_one()
    {
        using var certificate = Leaf(authority, "mail.elsewhere.example");
        var settings = With(LinkTlsMode.Required);
        var hop = SecureHop(certificate);
        await using var connection = await ConnectAsync(hop, settings with { Tls = settings.Tls with { ServerName = "mail.elsewhere.example" } });
        Assert.True(connection.TlsVerified);
    }

    [Fact]
    public async Task Shows_its_certificate_and_reads_the_files_again_when_they_change()
    {
        using var certificate = Leaf(authority, "hop.example");
        var seen = new List<string?>();
        for (var i = 1; i <= 2; i++)
        {
            using var own = Leaf(authority, $"switch{i}.example", server: false);
            var file = Write("own.pem", own.ExportCertificatePem());
            var key = Write("own.key", own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddDays(i));
            var hop = new ScriptedHop(async s =>
            {
                await s.GreetAsync("STARTTLS");
                await s.StartTlsAsync(certificate, askClient: true, seen: c => seen.Add(c?.Subject));
                await s.HelloAsync();
            });
            var settings = With(LinkTlsMode.Required);
            settings = settings with { Tls = settings.Tls with { CertificateFile = file, KeyFile = key } };
            await using var connection = await ConnectAsync(hop, settings);
            await hop.FinishedAsync();
        }

        Assert.Equal(["CN=switch1.example", "CN=switch2.example"], seen);
    }

    [Fact]
    public async Task An_unreadable_certificate_file_never_leads_to_clear_text()
    {
        using var certificate = Leaf(authority, "hop.example");
        foreach (var tls in new[] { new LinkTls(LinkTlsMode.Opportunistic) { CaFile = "/nowhere.pem" }, new LinkTls(LinkTlsMode.Required) { CertificateFile = Write("bad.pem", "x") } })
        {
            var hop = SecureHop(certificate);
            var failed = Assert.IsType<ConnectResult.Failed>(await TryAsync(hop, Settings with { Tls = tls }));
            Assert.Equal(ConnectPhase.Certificate, failed.Phase);
            Assert.Equal(1, hop.Connections);
        }
    }

    [Theory]
    [InlineData(LinkTlsMode.Opportunistic)]
    [InlineData(LinkTlsMode.Required)]
    public async Task Breaks_off_when_octets_come_behind_the_answer_to_starttls(LinkTlsMode mode)
    {
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("STARTTLS");
            await s.ReplyAsync("STARTTLS", "220 go\r\n250-hop.example\r\n250 REQUIRETLS");
            Assert.Null(await s.ReadLineAsync());
        });
        var failed = Assert.IsType<ConnectResult.Failed>(await TryAsync(hop, With(mode)));
        Assert.Equal((ConnectPhase.StartTls, 1), (failed.Phase, hop.Connections));
        await hop.FinishedAsync();
    }

    // What somebody on the line can do to keep TLS away.
    public static TheoryData<string> Strippings() => ["not offered", "no ehlo", "454 4.7.0 not now", "502 5.5.1 what", "354 do something else", "250 fine", "broken handshake", "close"];

    [Theory]
    [MemberData(nameof(Strippings))]
    public async Task Never_says_mail_in_clear_where_tls_is_required(string stripping)
    {
        var hop = StrippingHop(stripping);
        var failed = Assert.IsType<ConnectResult.Failed>(await TryAsync(hop, With(LinkTlsMode.Required)));
        Assert.Contains(failed.Phase, new[] { ConnectPhase.StartTls, ConnectPhase.Handshake });
        await hop.FinishedAsync();
        Assert.DoesNotContain(hop.Commands, c => c.StartsWith("MAIL"));
        Assert.Equal(1, hop.Connections);
    }

    [Theory]
    [MemberData(nameof(Strippings))]
    public async Task Goes_on_in_clear_where_tls_is_a_matter_of_chance_unless_the_protocol_was_broken(string stripping)
    {
        var hop = StrippingHop(stripping);
        var result = await TryAsync(hop, With(LinkTlsMode.Opportunistic));
        if (stripping is "354 do something else" or "250 fine" or "close")
        {
            Assert.IsType<ConnectResult.Failed>(result);
            return;
        }

        await using var connection = Assert.IsType<ConnectResult.Connected>(result).Connection;
        Assert.Null(connection.Tls);
        Assert.Equal(250, (await connection.SendAsync(Message(Header), default)).Replies[0].Code);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
        Assert.Equal(stripping == "broken handshake" ? 2 : 1, hop.Connections);
    }

    private static ScriptedHop StrippingHop(string stripping) => new(async s =>
    {
        if (stripping == "no ehlo")
        {
            await s.SendAsync("220 old\r\n");
            await s.ReplyAsync("EHLO", "500 what?");
            await s.ReplyAsync("HELO", "250 hop");
        }
        else
        {
            await s.GreetAsync(stripping == "not offered" ? ["XSTARTTLS"] : ["STARTTLS"]);
            if (s.Number == 1 && stripping != "not offered" && await s.ReadLineAsync() is "STARTTLS")
            {
                if (stripping == "close") return;
                if (stripping == "broken handshake")
                {
                    await s.SendAsync("220 go\r\n");
                    await s.ReadOctetsAsync(1);
                    await s.SendAsync("this is no handshake, whatever you may think of it\r\n");
                    return;
                }

                await s.SendAsync(stripping + "\r\n");
            }
        }

        await s.ServeAsync();
    });

    [Fact]
    public async Task Never_says_mail_in_clear_in_the_scenarios_of_others()
    {
        var root = Environment.GetEnvironmentVariable("MILSWITCH_VECTORS") ?? Path.Combine(RepositoryRoot(), "..", "shared", "vectors");
        var scenarios = Path.Combine(root, "starttls", "Negotiation");
        if (!Directory.Exists(scenarios))
        {
            log.WriteLine($"skipped: no {scenarios}");
            return;
        }

        foreach (var file in Directory.EnumerateFiles(scenarios, "*.ron").Order())
        {
            var text = Regex.Replace(await File.ReadAllTextAsync(file), "//[^\n]*", "");
            var offered = Regex.IsMatch(text, @"(?<!_)capabilities:\s*\[[^\]]*StartTLS");
            var hidden = Regex.IsMatch(text, @"hide_commands:\s*\[[^\]]*""ehlo""");
            var answer = Regex.Match(text, @"stls_response:\s*""([^""]*)""").Groups[1].Value.Replace("\\r\\n", "");
            var hop = new ScriptedHop(async s =>
            {
                await s.SendAsync("220 hop\r\n");
                if (hidden)
                {
                    await s.ReplyAsync("EHLO", "500 what?");
                    await s.ReplyAsync("HELO", "250 hop");
                }
                else
                {
                    await s.HelloAsync(offered ? ["STARTTLS"] : []);
                }

                while (await s.ReadLineAsync() is { } line) await s.SendAsync((line == "STARTTLS" ? answer : "250 ok") + "\r\n");
            });
            var failed = Assert.IsType<ConnectResult.Failed>(await TryAsync(hop, With(LinkTlsMode.Required)));
            await hop.FinishedAsync();
            Assert.DoesNotContain(hop.Commands, c => c.StartsWith("MAIL"));
            log.WriteLine($"{Path.GetFileName(file)}: {failed.Phase}, {failed.Reason}");
        }
    }

    private static string RepositoryRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "MilSwitch.sln"))) at = at.Parent;
        return at?.FullName ?? AppContext.BaseDirectory;
    }
}
