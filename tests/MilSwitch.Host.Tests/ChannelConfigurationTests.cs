namespace MilSwitch.Host.Tests;

[Trait("Feature", "D-06")]
public sealed class ChannelConfigurationTests : IDisposable
{
    private const string Text = """
        node: { name: n1, data: ./data }
        listeners: [{ name: mta, endpoint: "127.0.0.1:0", clients: [{ network: 192.0.2.0/24, channel: south }, { network: 198.51.100.0/24, channel: south }, 203.0.113.0/24] }]
        routes:
          - { match: "*", next-hop: "127.0.0.1:1" }
          - { match: n.example, name: n, next-hop: "127.0.0.1:2", channel: north }
          - { match: m.example, name: n, next-hop: "127.0.0.1:2", channel: north }
        admin: { socket: s }
        """;

    private readonly ConfigurationFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void A_numbered_link_has_one_connection_at_one_node()
    {
        var good = files.Good(Text);
        Assert.Equal(["south"], good.Switch.CountedChannels.AsEnumerable());
        Assert.Equal(["south", "south", null], good.Listeners[0].Clients.Select(c => c.Channel));
        Assert.All(good.Switch.Routes.Routes.Where(r => r.Match != "*"), r => Assert.Equal(("north", 1, true), (r.Link!.Channel, r.Link.Connections, r.Link.Exclusive)));
        Assert.All(good.Switch.Routes.Routes.Where(r => r.Match == "*"), r => Assert.Equal((null, 20, false), (r.Link!.Channel, r.Link.Connections, r.Link.Exclusive)));
    }

    [Theory]
    [InlineData("channel: n/rth", "routes[3].channel: must be 1 to 20 letters, digits and hyphens")]
    [InlineData("channel: x, connections: 2", "routes[3].connections: must be 1 with channel")]
    [InlineData("channel: x, exclusive: false", "routes[3].exclusive: must be true with channel")]
    [InlineData("channel: x, tls: { mode: required, sender-may-relax: true }", "routes[3].channel: is not for links with tls.sender-may-relax")]
    [InlineData("channel: north", "routes[3].channel: 'north' is that of link 'n' already")]
    public void Says_what_is_wrong(string keys, string problem) => Assert.Contains(
        problem, string.Join('\n', files.Problems(Text.Replace("admin:", $"  - {{ match: o.example, name: o, next-hop: \"127.0.0.1:3\", {keys} }}\nadmin:", StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Is_not_for_links_found_by_mx() => Assert.Contains(
        "routes[3].channel: is not for mx", string.Join('\n', files.Problems(Text.Replace("admin:", "  - { match: o.example, next-hop: mx, channel: o }\nadmin:", StringComparison.Ordinal))), StringComparison.Ordinal);
}
