using System.Text;
using MilSwitch.Host.Configuration;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Host.Tests;

/// <summary>What the configuration says about looking for certificates.</summary>
public sealed class FindingConfigurationTests : IDisposable
{
    private const string Folder = "{ type: folder, path: people }";
    private readonly ConfigurationFiles files = new();

    public FindingConfigurationTests()
    {
        files.WriteCertificate();
        files.Write("bind.secret", "CANARY-bind", secret: true);
        files.Write("open.secret", "CANARY-open");
        Directory.CreateDirectory(Path.Combine(files.Folder, "people"));
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_the_sources_in_their_order_with_the_library_s_defaults()
    {
        var finding = Assert.Single(files.Good(Text(
            """
            { type: folder, path: people }, { type: directory, name: main, url: ["ldaps://one.example", "ldaps://two.example:1636"], base: "dc=example", bind: "cn=switch", password: { file: bind.secret }, anchors: tls.pem },
            { type: smimea, resolver: 127.0.0.1 }, { type: https, url: "https://certs.example/search", anchors: tls.pem }, { type: harvest }
            """)).Finding);
        Assert.Equal("blue", finding.Domain);
        Assert.Equal(RevocationMode.IfKnown, finding.Finder.Revocation);
        Assert.Single(finding.Finder.Trust.Anchors);
        Assert.Collection(
            finding.Sources,
            s => Assert.Equal("people", Assert.IsType<FindingSource.Folder>(s).Settings.Name),
            s =>
            {
                var directory = Assert.IsType<FindingSource.Directory>(s).Settings;
                Assert.Equal("main", directory.Name);
                Assert.Equal(["one.example:636", "two.example:1636"], directory.Servers.Select(e => e.ToString()));
                Assert.Equal("CANARY-bind", Encoding.UTF8.GetString(directory.BindSecret!().Span));
                Assert.Equal(TimeSpan.FromSeconds(5), directory.TimeLimit);
                Assert.DoesNotContain("CANARY", directory.ToString(), StringComparison.Ordinal);
            },
            s => Assert.Equal("127.0.0.1:53", Assert.IsType<FindingSource.Smimea>(s).Settings.Resolvers.Single().ToString()),
            s => Assert.Equal("https://certs.example/search", Assert.IsType<FindingSource.Https>(s).Settings.Address.ToString()),
            s => Assert.IsType<FindingSource.Harvest>(s));
        Assert.Null(finding.Status);
    }

    [Fact]
    public void Routes_boundaries_and_reports_say_who_looks()
    {
        var configuration = files.Good(Text(Folder)).Switch;
        Assert.Equal("blue", configuration.Boundaries.Find("red", "blue")!.Encrypt!.FindIn);
        Assert.Equal("blue", configuration.Routes.Routes.Single(r => r.Match == "blue.example").Link!.Protection!.Encrypt!.FindIn);
        Assert.Empty(configuration.Boundaries.Find("red", "blue")!.Encrypt!.Certificates);
    }

    [Fact]
    public void A_report_looks_in_the_domain_that_it_is_in()
    {
        var whole = Text(Folder).Replace("name: red, mail: [red.example] }", "name: red, mail: [red.example], anchors: tls.pem, certificates: { sources: [{ type: harvest }], revocation: off } }", StringComparison.Ordinal);
        var reports = files.Good(whole + "reports: { protection: { encrypt: { find: true } } }\n").Switch.Reports.Protection!;
        Assert.Equal("red", reports.Finding["red"].FindIn);
        Assert.Null(reports.Encrypt!.FindIn);
        Assert.Contains(
            files.Problems(Text(Folder) + "reports: { protection: { encrypt: { find: true } } }\n"),
            p => p.Contains("reports.protection.encrypt.find: domain 'red' names no sources of certificates", StringComparison.Ordinal));
    }

    [Fact]
    public void Reads_where_the_status_of_certificates_is_to_be_had()
    {
        var finding = Assert.Single(files.Good(Text(
            Folder, """
            status: { places: [{ issuer: tls.pem, lists: ["http://crl.example/a.crl", "ldaps://dir.example/cn=ca?certificateRevocationList;binary"], responders: ["http://ocsp.example/"] }], anchors: tls.pem, allow: [crl.example], refresh: 10m, largest: 2MiB }
            """)).Finding);
        Assert.Equal(RevocationMode.Require, finding.Finder.Revocation);
        Assert.Equal(2, Assert.Single(finding.Status!.Places).Lists.Length);
        Assert.Equal(TimeSpan.FromMinutes(10), finding.Status.RefreshAfter);
        Assert.Equal(2 << 20, finding.Status.MostOctets);
    }

    [Theory]
    [InlineData("", "domains[1].certificates.sources: is missing")]
    [InlineData("{ path: people }", "domains[1].certificates.sources[0].type: is missing; folder, directory, smimea, https or harvest")]
    [InlineData("{ type: foldr, path: people }", "sources[0].type: 'foldr' is not one of folder, directory, smimea, https, harvest; did you mean 'folder'?")]
    [InlineData("{ type: folder, path: nowhere }", "sources[0].path: 'nowhere' is no folder")]
    [InlineData("{ type: folder, path: people, url: x }", "sources[0].url: unknown key")]
    [InlineData("{ type: folder, path: people }, { type: folder, path: ./people }", "there is a source 'folder:people' already")]
    [InlineData("{ type: directory, base: b, anchors: tls.pem }", "sources[0].url: is missing")]
    [InlineData("{ type: directory, url: \"ldap://d.example\", base: b, anchors: tls.pem }", "directories are asked over TLS only")]
    [InlineData("{ type: directory, url: \"ldaps://d.example\", anchors: tls.pem }", "sources[0].base: is missing")]
    [InlineData("{ type: directory, url: \"ldaps://d.example\", base: b }", "sources[0].anchors: is missing; whom the server's certificate must lead to")]
    [InlineData("{ type: directory, url: \"ldaps://d.example\", base: b, anchors: tls.pem, bind: n }", "sources[0].password: is missing")]
    [InlineData("{ type: directory, url: \"ldaps://d.example\", base: b, anchors: tls.pem, bind: n, password: CANARY }", "must not stand in the configuration; write { file: PATH }")]
    [InlineData("{ type: directory, url: \"ldaps://d.example\", base: b, anchors: tls.pem, bind: n, password: { file: open.secret } }", "can be read by everyone on this machine")]
    [InlineData("{ type: directory, url: \"ldaps://d.example\", base: b, anchors: tls.pem, password: { file: bind.secret } }", "does nothing without bind")]
    [InlineData("{ type: smimea }", "sources[0].resolver: is missing")]
    [InlineData("{ type: smimea, resolver: dns.example }", "sources[0].resolver: is not an address such as 127.0.0.1")]
    [InlineData("{ type: smimea, resolver: 192.0.2.53 }", "is not on this machine, so its word can be forged on the way")]
    [InlineData("{ type: https, url: \"http://certs.example/\", anchors: tls.pem }", "is not of the form https://host/path")]
    [InlineData("{ type: https, url: \"https://certs.example/\", anchors: tls.pem, time-limit: 5m }", "sources[0].time-limit: '5m' is outside")]
    public void Says_what_is_wrong_with_a_source(string sources, string expected)
    {
        var problems = files.Problems(Text(sources));
        Assert.Contains(problems, p => p.Contains(expected, StringComparison.Ordinal));
        Assert.DoesNotContain(problems, p => p.Contains("CANARY", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("revocation: require", "domains[1].certificates.revocation: is 'require', which is the default, and nobody says who is revoked")]
    [InlineData("", "nobody says who is revoked")]
    [InlineData("revocation: if-known\n      keep-found: 2d", "the age limit is at least the time that answers are kept")]
    [InlineData("status: { }", "certificates.status: names neither places nor allow")]
    [InlineData("status: { places: [{ lists: [\"http://crl.example/\"] }] }", "status.places[0].issuer: is missing")]
    [InlineData("status: { places: [{ issuer: tls.pem }] }", "status.places[0].issuer: has neither lists nor responders")]
    [InlineData("status: { places: [{ issuer: tls.pem, lists: [\"ftp://crl.example/\"] }] }", "ftp://crl.example/ can't be asked")]
    [InlineData("status: { places: [{ issuer: tls.pem, lists: [\"https://crl.example/\"] }] }", "https://crl.example/ needs an anchor for TLS")]
    [InlineData("status: { allow: [\"http://crl.example/\"] }", "is not a host such as crl.example.org")]
    [InlineData("revocation: off\n      nonsense: 1", "domains[1].certificates.nonsense: unknown key")]
    public void Says_what_is_wrong_with_the_rest(string further, string expected) =>
        Assert.Contains(files.Problems(Text(Folder, further)), p => p.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("    anchors: tls.pem\n", "", "domains[1].certificates: needs 'anchors' of the domain")]
    [InlineData("{ encrypt: { find: true } } }", "{ encrypt: { find: true, to: all } } }", "find: is for recipients, and to: all asks for none")]
    [InlineData("{ encrypt: { find: true } } }", "{ encrypt: { find: false } } }", "encrypt.certificates: is missing, and find: true as well")]
    [InlineData("match: red.example, next-hop: \"127.0.0.1:2627\", domain: red", "match: red.example, next-hop: \"127.0.0.1:2627\", domain: red, protection: { encrypt: { find: true } }", "domain 'red' names no sources of certificates (domains[].certificates)")]
    public void Says_who_can_t_look(string right, string wrong, string expected)
    {
        var text = Text(Folder);
        Assert.Contains(right, text, StringComparison.Ordinal);
        Assert.Contains(files.Problems(text.Replace(right, wrong, StringComparison.Ordinal)), p => p.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_domains_nobody_can_be_asked() => Assert.Contains(
        files.Problems(ConfigurationFiles.Minimum.Replace("next-hop: \"127.0.0.1:2626\" }", "next-hop: \"127.0.0.1:2626\", protection: { encrypt: { find: true } } }", StringComparison.Ordinal)),
        p => p.Contains("find: needs a security domain, whose sources are asked", StringComparison.Ordinal));

    private static string Text(string sources, string further = "revocation: if-known") => $$"""
        node: { name: n1, data: ./data }
        domains:
          - { name: red, mail: [red.example] }
          - name: blue
            mail: [blue.example]
            anchors: tls.pem
            certificates:
              {{(sources.Length > 0 ? $"sources: [{sources.ReplaceLineEndings(" ")}]" : "keep-none: 10m")}}
              {{further.Trim()}}
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", role: relay, domain: red }
        routes:
          - { match: red.example, next-hop: "127.0.0.1:2627", domain: red }
          - { match: blue.example, next-hop: "127.0.0.1:2626", domain: blue, protection: { encrypt: { find: true } } }
        boundaries:
          - name: out
            from: red
            to: blue
            arrival: { signature: optional }
            departure: { protection: { encrypt: { find: true, content: aes128-gcm } } }

        """;
}
