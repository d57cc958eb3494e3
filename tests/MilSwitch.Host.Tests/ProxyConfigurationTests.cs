using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Service.Opening;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "R-05")]
public sealed class ProxyConfigurationTests : IDisposable
{
    private readonly ConfigurationFiles files = new();

    public ProxyConfigurationTests()
    {
        File.Copy(Path.Combine(ConfigurationFiles.Repository, "config/policies/alfa.xml"), Path.Combine(files.Folder, "alfa.xml"));
        files.WriteCertificate();
        using var gateway = RSA.Create(2048);
        Write("gateway", gateway, new CertificateRequest("CN=gateway", gateway, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        using var second = RSA.Create(2048);
        Write("second", second, new CertificateRequest("CN=second", second, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write("issuer", key, Authority(key, "blue.example"));
        Write("unconstrained", key, Authority(key));
        Write("checkpoints", key, new CertificateRequest("CN=checkpoints", key, HashAlgorithmName.SHA256));
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_proxy_certificates_with_safe_defaults()
    {
        var configuration = files.Good(Text());
        var proxy = Assert.Single(configuration.Proxies);
        Assert.Equal(("out", "issuer", "checkpoints"), (proxy.Boundary, proxy.Authority, proxy.CheckpointKey));
        Assert.Equal(["blue.example"], proxy.Settings.ForeignDomains.Select(d => d.Text));
        Assert.Equal(("smtp:n1", "Boundary of n1", TimeSpan.FromHours(24)), (proxy.Settings.GatewayUri, proxy.Settings.BoundaryName, proxy.Settings.Lifetime));
        Assert.Equal((ProxyTls.Implicit, ProxyTls.Implicit), (proxy.Ldap!.Tls, proxy.Https!.Tls));
        Assert.Equal(Path.Combine(files.Folder, "proxies.log"), proxy.Log);
        var boundary = configuration.Switch.Boundaries.Find("red", "blue")!;
        Assert.Equal(proxy.Certificate, boundary.Opening.ProxyAuthority);
        Assert.NotNull(boundary.Ceiling);
        Assert.NotNull(ProxyKeyNames.ReadKey(configuration.Keys.Find("gateway")!.Value));
        Assert.Empty(files.Good(ConfigurationFiles.Minimum).Proxies);
    }

    [Theory]
    [InlineData("authority: issuer", "authority: nobody", "proxy-certificates.authority: there is no key 'nobody'")]
    [InlineData("authority: issuer", "authority: gateway", "'gateway' has the role domain-confidentiality, and a key has one role")]
    [InlineData("authority: issuer", "authority: unconstrained", "has no name constraints: it could name anybody")]
    [InlineData("keys: [gateway, issuer, unconstrained]", "keys: [gateway, unconstrained]", "'issuer' is not a key of domain 'red' or 'blue'")]
    [InlineData("domains: [blue.example]", "domains: [green.example]", "which is not among the foreign domains")]
    [InlineData("domains: [blue.example]", "domains: [\"*\"]", "'*' is everybody")]
    [InlineData("domains: [blue.example]", "keys: [second]", "'second' is not among arrival.decrypt")]
    [InlineData("policy: 1.3.6.1.4.1.99999.7.1", "policy: mine", "'mine' is not an object identifier")]
    [InlineData("policy: 1.3.6.1.4.1.99999.7.1", "nonsense: 1", "proxy-certificates.policy: is missing")]
    [InlineData("policy: 1.3.6.1.4.1.99999.7.1", "polici: 1.2.3", "unknown key; did you mean 'policy'?")]
    [InlineData("lifetime: 24h", "lifetime: 30d", "'30d' is outside 10m to 7d")]
    [InlineData("lifetime: 24h", "gateway: 'no uri'", "'no uri' is not a URI")]
    [InlineData("lifetime: 24h", "opted-out: [nobody]", "'nobody' is not a mail address")]
    [InlineData("ceiling: { up-to: RESTRICTED }", "ceiling: { up-to: HIGHEST }", "ceiling.up-to: policy ALFA has no classification 'HIGHEST'")]
    [InlineData(", labels: { sources: [ess] }", "", "needs arrival.labels")]
    [InlineData("decrypt: [gateway]", "decrypt: []", "arrival.decrypt names no key")]
    [InlineData("log: proxies.log", "log: nowhere/proxies.log", "the folder of 'nowhere/proxies.log' does not exist")]
    [InlineData("log: proxies.log", "name: x", "proxy-certificates.log: is missing")]
    [InlineData("checkpoint-key: checkpoints", "checkpoint-key: issuer", "must sign certificates only")]
    [InlineData("checkpoint-key: checkpoints", "checkpoint-every: 5", "does nothing without checkpoint-key")]
    [InlineData("ldap: { endpoint: 127.0.0.1:2636, tls: { certificate: tls.pem, key: tls.key } }", "ldap: { endpoint: 127.0.0.1:2636 }", "look-ups are answered inside of TLS, which needs a certificate")]
    [InlineData("ldap: { endpoint: 127.0.0.1:2636, tls: { certificate: tls.pem, key: tls.key } }", "ldap: { tls: { mode: none } }", "ldap.endpoint: is missing")]
    [InlineData("ldap: { endpoint: 127.0.0.1:2636, tls: { certificate: tls.pem, key: tls.key } }", "ldap: { endpoint: 127.0.0.1:2636, base: nonsense, tls: { mode: none } }", "'nonsense' is not a name such as")]
    [InlineData("https: { endpoint: 127.0.0.1:2443, tls: { certificate: tls.pem, key: tls.key } }", "https: { endpoint: 127.0.0.1:2443, tls: { mode: none } }", "https.tls.mode: unknown key")]
    [InlineData("https: { endpoint: 127.0.0.1:2443", "https: { endpoint: 127.0.0.1:2525", "the look-ups of 'out' have the same endpoint 127.0.0.1:2525")]
    [InlineData("role: submission", "role: relay", "means nothing on a relay listener; only submission tells clients of it")]
    [InlineData("smime-gateway: https://n1/", "smime-gateway: 'a b'", "'a b' is not a URI")]
    public void Says_what_is_wrong(string right, string wrong, string expected)
    {
        var text = Text();
        Assert.Contains(right, text, StringComparison.Ordinal);
        Assert.Contains(files.Problems(text.Replace(right, wrong, StringComparison.Ordinal)), p => p.Contains(expected, StringComparison.Ordinal));
    }

    private static string Text() => """
        node: { name: n1, data: ./data }
        policies: [alfa.xml]
        keys:
          - { name: gateway, file: gateway.key, certificate: gateway.pem, role: domain-confidentiality }
          - { name: second, file: second.key, certificate: second.pem, role: domain-confidentiality }
          - { name: issuer, file: issuer.key, certificate: issuer.pem, role: proxy-authority }
          - { name: unconstrained, file: unconstrained.key, certificate: unconstrained.pem, role: proxy-authority }
          - { name: checkpoints, file: checkpoints.key, certificate: checkpoints.pem }
        domains:
          - { name: red, mail: [red.example], policy: ALFA, keys: [gateway, issuer, unconstrained] }
          - { name: blue, mail: [blue.example], policy: ALFA }
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", domain: red, clients: [127.0.0.0/8] }
          - { name: msa, endpoint: "127.0.0.1:2526", domain: red, role: submission, smime-gateway: https://n1/ }
        routes:
          - { match: red.example, next-hop: "127.0.0.1:2626", domain: red }
          - { match: blue.example, next-hop: "127.0.0.1:2627", domain: blue }
        boundaries:
          - name: out
            from: red
            to: blue
            arrival: { signature: optional, decrypt: [gateway], labels: { sources: [ess] } }
            proxy-certificates:
              authority: issuer
              domains: [blue.example]
              policy: 1.3.6.1.4.1.99999.7.1
              lifetime: 24h
              ceiling: { up-to: RESTRICTED }
              log: proxies.log
              checkpoint-key: checkpoints
              ldap: { endpoint: 127.0.0.1:2636, tls: { certificate: tls.pem, key: tls.key } }
              https: { endpoint: 127.0.0.1:2443, tls: { certificate: tls.pem, key: tls.key } }
        """;

    private static CertificateRequest Authority(ECDsa key, string? permitted = null)
    {
        var request = new CertificateRequest("CN=Issuer", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (permitted is null) return request;
        var constraints = new AsnWriter(AsnEncodingRules.DER);
        using (constraints.PushSequence())
        using (constraints.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (constraints.PushSequence()) constraints.WriteCharacterString(UniversalTagNumber.IA5String, permitted, new Asn1Tag(TagClass.ContextSpecific, 1));
        request.CertificateExtensions.Add(new X509Extension("2.5.29.30", constraints.Encode(), critical: true));
        return request;
    }

    private void Write(string name, AsymmetricAlgorithm key, CertificateRequest request)
    {
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        files.Write(name + ".pem", certificate.ExportCertificatePem());
        files.Write(name + ".key", key.ExportPkcs8PrivateKeyPem(), secret: true);
    }
}
