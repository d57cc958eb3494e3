using MilSwitch.Domain.Clustering;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

public sealed class RoleConfigurationTests : IDisposable
{
    private const string Routes = """
        routes:
          - { match: "*", next-hop: "127.0.0.1:2626" }

        """;

    private const string Listeners = """
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", role: relay }

        """;

    private readonly ConfigurationFiles files = new();
    private readonly TestPki pki = new("Cluster CA");

    public RoleConfigurationTests()
    {
        files.WriteCertificate().Dispose();
        files.Write("pin", "1234\n", secret: true);
        TestPki.Write(pki.Authority, Path.Combine(files.Folder, "ca.pem"));
        using var node = pki.Issue("n1.example");
        TestPki.Write(node, Path.Combine(files.Folder, "node.pem"), Path.Combine(files.Folder, "node.key"));
    }

    public void Dispose()
    {
        files.Dispose();
        pki.Dispose();
    }

    [Fact]
    public void Without_a_word_a_node_does_everything()
    {
        Assert.Equal(NodeRoles.All, files.Good(Text("", Listeners)).Switch.Cluster!.Roles);
        Assert.Null(files.Good(ConfigurationFiles.Minimum).Switch.Cluster);
    }

    [Fact]
    [Trait("Feature", "S-02")]
    public void A_line_of_ACP_127_goes_out_from_one_node_at_a_time_and_never_into_a_folder_of_one()
    {
        files.Write("stations.yaml", Acp127Stage.Stations);
        Directory.CreateDirectory(Path.Combine(files.Folder, "out"));
        string With(string hop) => Text("", Listeners).Replace("routes:\n", "routes:\n  - { match: ship.test, next-hop: \"acp127:ship\" }\n", StringComparison.Ordinal)
            + $"\nacp127: {{ directory: stations.yaml, lines: [{{ name: ship, station: RXFPA, operator: c@d.test, out: {{ {hop} }} }}] }}\n";
        Assert.True(files.Good(With("next-hop: \"192.0.2.1:4127\", tls: {}")).Switch.Routes.Routes[0].Link!.Exclusive);
        Assert.Contains(files.Problems(With("folder: ./out")), p => p.Contains("routes[0].next-hop: this line goes out into a folder of one node", StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_without_the_edge_needs_no_listener_and_may_have_none()
    {
        var configuration = files.Good(Text("[switch, ops]", ""));
        Assert.Equal(NodeRoles.Switch | NodeRoles.Ops, configuration.Switch.Cluster!.Roles);
        Assert.Empty(configuration.Listeners);
        Assert.Equal(
            ["9: listeners: are opened by nodes with the role 'edge' alone, which this one has not (node.roles)"], files.Problems(Text("[switch]", Listeners)).Where(p => p.Contains("listeners", StringComparison.Ordinal)));
        Assert.Contains(files.Problems(Text("[edge]", "")), p => p.Contains("listeners: is missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[switsh]", "2: node.roles: 'switsh' is not one of edge, switch, crypto, ops; did you mean 'switch'?")]
    [InlineData("[]", "2: node.roles: is empty; leave it out for all of them")]
    public void Names_what_is_no_role(string roles, string problem) => Assert.Contains(problem, files.Problems(Text(roles, Listeners)));

    [Fact]
    public void A_node_on_its_own_does_everything() => Assert.Contains(
        "1: node.roles: are divided among the nodes of a cluster; without 'cluster' this node has to do everything",
        files.Problems(ConfigurationFiles.Minimum.Replace("name: n1,", "name: n1, roles: [edge, switch],", StringComparison.Ordinal)));

    [Fact]
    public void What_a_role_is_needed_for_is_refused_without_it()
    {
        var library = files.Write("library.so", "");
        var problems = files.Problems(Text("[edge, switch]", Listeners + $$"""
            tokens: [{ name: hsm, library: {{library}}, label: one, pin: { file: pin }, keys: [{ label: sign, role: domain-signing, certificate: tls.pem }] }]
            admin: { endpoint: "127.0.0.1:8443", tls: { mode: none } }

            """));
        Assert.Equal(2, problems.Length);
        Assert.Contains(problems, p => p.Contains(": tokens: are worked with by nodes with the role 'crypto' alone", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Contains(": admin.endpoint: is opened by nodes with the role 'ops' alone", StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_of_other_nodes_is_used_as_one_of_this_node()
    {
        const string Key = "keys: [{ name: sign, on: other-nodes, role: domain-signing, certificate: tls.pem }]\n";
        var signed = Routes.Replace("\" }", "\", protection: { sign: { key: sign } } }", StringComparison.Ordinal);
        var configuration = files.Good(Text("", Listeners + Key, signed));
        Assert.Equal(["sign"], configuration.Keys.Elsewhere);
        Assert.NotNull(configuration.Keys.Find("sign"));
        Assert.Equal(KeyRole.DomainSigning, configuration.Keys.Roles["sign"]);

        Assert.Contains(files.Problems(Text("", Listeners + Key.Replace("certificate: tls.pem", "password: x", StringComparison.Ordinal))), p => p.Contains("keys[0].certificate: is missing", StringComparison.Ordinal));
        Assert.Contains(files.Problems(Text("", Listeners + Key.Replace("other-nodes", "others", StringComparison.Ordinal))), p => p.Contains("keys[0].on: 'others' is not one of other-nodes", StringComparison.Ordinal));
        Assert.Contains(files.Problems(ConfigurationFiles.Minimum + "\n" + Key), p => p.Contains("keys[0].on: needs other nodes: there is no 'cluster'", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Threat", "F28")]
    public void A_store_is_sealed_for_no_key_that_is_not_there_when_it_is_opened()
    {
        const string Key = "keys: [{ name: open, on: other-nodes, role: domain-confidentiality, certificate: tls.pem }]\n";
        var opens = Listeners.Replace("role: relay", "role: relay, protection: { decrypt: [open] }", StringComparison.Ordinal);
        Assert.Contains(files.Problems(Text("", opens + Key)), p => p.Contains("store.seal: is missing", StringComparison.Ordinal));
        Assert.Contains(files.Problems(Text("", opens + Key).Replace("store: {", "store: { seal: open,", StringComparison.Ordinal)), p => p.Contains("store.seal: 'open' is on other nodes", StringComparison.Ordinal));
        Assert.Null(files.Good(Text("", opens + Key).Replace("store: {", "store: { seal: none,", StringComparison.Ordinal)).SealKey);
    }

    private static string Text(string roles, string further, string routes = Routes) => $$"""
        node:
          {{(roles.Length > 0 ? $"roles: {roles}" : "host-name: mail.example")}}
          name: n1
          data: ./data
        store: { provider: postgres, connection: "Host=127.0.0.1;Database=milswitch;Username=milswitch" }
        cluster:
          endpoint: n1.example:4053
          tls: { certificate: node.pem, key: node.key, ca: ca.pem }

        """ + further + routes;
}
