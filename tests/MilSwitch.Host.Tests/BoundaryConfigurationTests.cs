using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

public sealed class BoundaryConfigurationTests : IDisposable
{
    private readonly ConfigurationFiles files = new();

    public BoundaryConfigurationTests()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(ConfigurationFiles.Repository, "config", "policies"), "*.xml")) File.Copy(file, Path.Combine(files.Folder, Path.GetFileName(file)));
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_domains_and_the_boundary_between_them()
    {
        var configuration = files.Good(Text("arrival: { signature: optional, labels: { unlabelled: hold } }, release: { from: SECRET, approvals: 2 }, departure: { labels: { policy: BRAVO } }")).Switch;
        Assert.Equal(["red", "blue"], configuration.Boundaries.Domains.Select(d => d.Name));
        var boundary = configuration.Boundaries.Find("red", "blue")!;
        Assert.Null(configuration.Boundaries.Find("blue", "red"));
        Assert.Equal("out", boundary.Name);
        Assert.False(boundary.RequireSignature);
        Assert.NotNull(boundary.LabelsIn);
        Assert.NotNull(boundary.LabelsOut);
        // ALFA: SECRET and what its hierarchy has above.
        Assert.Equal(2, boundary.Release!.Approvals);
        Assert.Equal("1.3.6.1.4.1.99999.4.1", boundary.Release.Policy);
        Assert.Contains(4, boundary.Release.Classifications);
        Assert.DoesNotContain(2, boundary.Release.Classifications);
        Assert.Equal("red", configuration.ListenerDomains["mta"]);
        Assert.Equal(["blue", "red"], configuration.Routes.Routes.Select(r => r.Link!.Domain).Order(StringComparer.Ordinal));
        Assert.True(boundary.From.Owns("x.red.example"));
        Assert.False(boundary.From.Owns("blue.example"));
    }

    [Fact]
    public void Protects_headers_unless_it_is_told_otherwise()
    {
        files.WriteCertificate().Dispose();
        const string Keys = "keys: [{ name: k, file: tls.key, certificate: tls.pem }]\n";
        var sign = Read("sign: { key: k }, encrypt: { certificates: tls.pem }");
        Assert.Equal((HeaderProtection.Rfc9788, HeaderProtection.Rfc9788), (sign.Sign!.HeaderProtection, sign.Encrypt!.HeaderProtection));
        var older = Read("sign: { key: k }, encrypt: { certificates: tls.pem, header-protection: rfc8551 }");
        Assert.Equal((HeaderProtection.Rfc8551, HeaderProtection.Rfc8551), (older.Sign!.HeaderProtection, older.Encrypt!.HeaderProtection));
        Assert.Equal(HeaderProtection.None, Read("sign: { key: k, header-protection: none }").Sign!.HeaderProtection);
        var named = Read("sign: { key: k }", "signer-naming: uri, inner: signatures, lists: [tac@red.example], gateway-addresses: [Gate@RED.example]");
        Assert.Equal((AuthorityNaming.Uri, true, false), (named.Opening.SignerNaming, named.Opening.KeepsSignatures, named.Opening.KeepsInner));
        Assert.Equal(["tac@red.example"], named.Opening.Lists.AsEnumerable());
        Assert.Equal("Gate@red.example", named.GatewayAddresses.Single().LocalPart + "@" + named.GatewayAddresses.Single().Domain);

        BoundarySettings Read(string protection, string arrival = "inner: strip") => files.Good(
            Keys + Text($"arrival: {{ signature: optional, {arrival} }}, departure: {{ protection: {{ {protection} }} }}")
                .Replace("mail: [blue.example],", "mail: [blue.example], keys: [k],", StringComparison.Ordinal)).Switch.Boundaries.Find("red", "blue")!;
    }

    [Fact]
    public void Nothing_is_bound_where_there_are_no_domains()
    {
        var configuration = files.Good(ConfigurationFiles.Minimum).Switch;
        Assert.True(configuration.Boundaries.IsEmpty);
        Assert.False(configuration.Boundaries.MustCross(null, null));
        Assert.Null(configuration.Routes.Routes[0].Link!.Domain);
    }

    [Fact]
    public void Asks_for_the_domain_of_every_listener_and_route()
    {
        var problems = files.Problems(Text("").Replace("    domain: red\n", "", StringComparison.Ordinal).Replace(", domain: blue", "", StringComparison.Ordinal));
        Assert.Equal(2, problems.Count(p => p.Contains("domain: is missing; with 'domains' every listener and route belongs to one of them", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("from: red", "from: rad", "boundaries[0].from: there is no domain 'rad' under 'domains'; did you mean 'red'?")]
    [InlineData("to: blue", "to: red", "is the same domain as from")]
    [InlineData("mail: [blue.example]", "mail: [red.example]", "'red.example' is in domain 'red' already")]
    [InlineData("mail: [blue.example]", "mail: [not a domain]", "is not a mail domain")]
    [InlineData("mail: [blue.example]", "keys: [nokey], mail: [blue.example]", "there is no key 'nokey'")]
    [InlineData("{ signature: optional }", "{ }", "has no anchors by which anybody is believed")]
    [InlineData("{ signature: optional }", "{ signature: optional, encryption: required }", "'decrypt' names no key that could open")]
    [InlineData("{ signature: optional }", "{ signature: optional, inner: keep }", "departure.protection.sign makes none")]
    [InlineData("{ signature: optional }", "{ signature: optional, inner: signatures }", "departure.protection.sign makes none")]
    [InlineData("{ signature: optional }", "{ signature: optional, signer-naming: dns }", "'dns' is not one of rfc3183, common-name, mail-address, uri")]
    [InlineData("{ signature: optional }", "{ signature: optional, lists: [nobody] }", "'nobody' is not a mail address")]
    [InlineData("{ signature: optional }", "{ signature: optional, gateway-addresses: [gate@green.example] }", "are addresses of from or to")]
    [InlineData("{ signature: optional }", "{ signature: optional, peers: [nobody] }", "there is no peer 'nobody'")]
    [InlineData("{ signature: optional }", "{ signature: optional, signers: [everybody] }", "'everybody' is not one of originator, domain, review, attribute")]
    [InlineData("{ signature: optional }", "{ signature: optional }, release: { from: HIGHEST }", "has no classification 'HIGHEST'")]
    [InlineData("{ signature: optional }", "{ signature: optional }, nonsense: 1", "nonsense")]
    [InlineData("name: out", "name: in out", "is not a name of up to 63")]
    public void Says_what_is_wrong(string right, string wrong, string expected)
    {
        var text = Text("arrival: { signature: optional }");
        Assert.Contains(right, text, StringComparison.Ordinal);
        Assert.Contains(files.Problems(text.Replace(right, wrong, StringComparison.Ordinal)), p => p.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_two_boundaries_that_lead_the_same_way()
    {
        const string Again = "\n  - { name: again, from: red, to: blue, arrival: { signature: optional } }\n";
        Assert.Contains(files.Problems(Text("arrival: { signature: optional }") + Again), p => p.Contains("boundary 'out' leads from 'red' to 'blue' already", StringComparison.Ordinal));
    }

    private static string Text(string boundary) => $$"""
        node: { name: n1, data: ./data }
        policies: [alfa.xml, bravo.xml, coalition.xml]
        domains:
          - { name: red, mail: [red.example, "*.red.example"], policy: ALFA }
          - { name: blue, mail: [blue.example], policy: BRAVO }
        listeners:
          - name: mta
            endpoint: 127.0.0.1:2525
            domain: red
            clients: [127.0.0.0/8]
        routes:
          - { match: red.example, next-hop: "127.0.0.1:2626", domain: red }
          - { match: blue.example, next-hop: "127.0.0.1:2627", domain: blue }
        boundaries:
          - { name: out, from: red, to: blue{{(boundary.Length is 0 ? ", arrival: { signature: optional }" : ", " + boundary)}} }
        """;
}
