using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>Persons who come with certificates, over TLS.</summary>
[Trait("Threat", "W2")]
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private readonly TestPki authority = new(), stranger = new("Test CA");
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync(spool: FakeSpool.Create(SpoolHealth.Ready), further: files =>
    {
        files.WriteCertificate().Dispose();
        files.Write("people.pem", authority.Authority.ExportCertificatePem());
        return "";
    }, change: text => text.Replace("  tokens:\n", """
          tls: { certificate: tls.pem, key: tls.key, client-ca: people.pem }
          certificates:
            - { name: anna, roles: [supervisor], email: anna@example.org }
            - { name: bert, role: viewer, subject: CN=bert }
          tokens:

        """, StringComparison.Ordinal));

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        authority.Dispose();
        stranger.Dispose();
    }

    [Fact]
    public async Task A_certificate_is_its_person_and_no_other()
    {
        using var anna = Issue(authority, "whoever", "Anna@example.org");
        using var bert = authority.Issue("bert");
        using var carl = authority.Issue("carl");
        using var forged = Issue(stranger, "whoever", "anna@example.org");
        using var server = Issue(authority, "whoever", "anna@example.org", "1.3.6.1.5.5.7.3.1");
        using var old = authority.Issue("bert", TimeSpan.FromMinutes(1));
        Assert.Contains("\"supervisor\"", await (await GetAsync("/api/v1/me", anna)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"bert\"", await (await GetAsync("/api/v1/me", bert)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var other in new[] { carl, forged, server, old, null })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/api/v1/me", other)).StatusCode);
            Assert.Equal(HttpStatusCode.SeeOther, (await GetAsync("/nothing", other)).StatusCode);
        }
    }

    [Fact]
    public async Task What_a_page_of_somebody_else_causes_is_nobodys()
    {
        using var anna = Issue(authority, "whoever", "anna@example.org");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/api/v1/links/192.0.2.1:25/try", anna, HttpMethod.Post)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/api/v1/links/192.0.2.1:25/try", anna, HttpMethod.Post, "https://evil.example")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/api/v1/links/192.0.2.1:25/try", anna, HttpMethod.Post, node.Admin)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/nothing", anna)).StatusCode);
        using var form = await GetAsync("/sign-in", null);
        Assert.StartsWith("__Host-milswitch-form=", form.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Contains("; secure;", form.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_shows_one_too()
    {
        using var anna = Issue(authority, "whoever", "anna@example.org");
        using var key = anna.GetECDsaPrivateKey()!;
        var file = node.Files.Write("anna.pem", $"{anna.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", secret: true);
        var run = await node.RunAsync("whoami", "--node", node.Admin.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), "--ca-file", Path.Combine(node.Files.Folder, "tls.pem"), "--certificate-file", file);
        Assert.Equal((0, true), (run.ExitCode, run.Output.StartsWith("anna (", StringComparison.Ordinal)));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, X509Certificate2? certificate, HttpMethod? method = null, string? origin = null)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true, ClientCertificates = certificate is null ? null : [certificate] },
        });
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, node.Admin + path);
        if (origin is not null) request.Headers.Add("Origin", origin);
        return await client.SendAsync(request);
    }

    private static X509Certificate2 Issue(TestPki pki, string name, string email, string purpose = "1.3.6.1.5.5.7.3.2")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(email);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var bare = request.Create(pki.Authority, pki.Authority.NotBefore, pki.Authority.NotAfter, RandomNumberGenerator.GetBytes(12));
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }
}
