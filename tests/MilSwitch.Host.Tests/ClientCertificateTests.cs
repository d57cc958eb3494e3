using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
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
    public async Task One_that_a_list_names_or_none_speaks_of_is_refused_and_a_list_runs_out()
    {
        using var anna = Issue(authority, "whoever", "anna@example.org");
        using var bert = authority.Issue("bert");
        var holder = (ConfigurationHolder)node.Services.GetService(typeof(ConfigurationHolder))!;
        var plain = await File.ReadAllTextAsync(Path.Combine(node.Files.Folder, "milswitch.yaml"));
        var now = TimeProvider.System.GetUtcNow();
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/api/v1/me", bert)).StatusCode);

        await UseAsync("require", List(authority, now.AddDays(1), bert));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), await BothAsync());
        // Of another authority's: nobody says anything.
        await UseAsync("require", List(stranger, now.AddDays(1)));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), await BothAsync());
        await UseAsync("if-known", List(stranger, now.AddDays(1)));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), await BothAsync());
        // Out of date: it calls nobody good, and whom it names it names.
        await UseAsync("require", List(authority, now.AddMinutes(-1), bert));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), await BothAsync());
        Assert.Contains(holder.Current.Admin.ClientRevocation!.Trust.RevocationLists, l => l.NextUpdate < now);
        await UseAsync("if-known", List(authority, now.AddMinutes(-1), bert));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), await BothAsync());

        async Task UseAsync(string mode, string list)
        {
            node.Files.Write("people.crl", list);
            node.Files.Write("milswitch.yaml", plain.Replace("client-ca: people.pem", $"client-ca: people.pem, client-crls: [people.crl], revocation: {mode}", StringComparison.Ordinal));
            Assert.Empty(await holder.ReloadAsync());
        }

        async Task<(HttpStatusCode Anna, HttpStatusCode Bert)> BothAsync() => ((await GetAsync("/api/v1/me", anna)).StatusCode, (await GetAsync("/api/v1/me", bert)).StatusCode);
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

    private static string List(TestPki pki, DateTimeOffset until, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var one in revoked) list.AddEntry(one, until.AddDays(-2), X509RevocationReason.KeyCompromise);
        return PemEncoding.WriteString("X509 CRL", list.Build(pki.Authority, 1, until, HashAlgorithmName.SHA256, null, until.AddDays(-2)));
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
