using System.Net;

namespace MilSwitch.Host.Tests;

/// <summary>Configuration of what is followed in one domain, and of servers that are asked where messages are.</summary>
[Trait("Feature", "L-04")]
public sealed class FollowingConfigurationTests : IDisposable
{
    private readonly ConfigurationFiles files = new();

    public FollowingConfigurationTests() => files.WriteCertificate().Dispose();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_whose_reports_are_believed_who_takes_over_and_who_may_be_asked()
    {
        var configuration = files.Good(Text);
        var link = configuration.Switch.Routes.Routes[0].Link!;
        Assert.Equal((IPNetwork.Parse("192.0.2.0/24"), "duty@home.example"), (link.Follow!.ReportsFrom.Single(), link.Follow.ActionPoint));
        Assert.True(link.Follow.Believes("192.0.2.9"));
        Assert.False(link.Follow.Believes("192.0.3.9"));
        Assert.False(link.Follow.Believes(""));
        Assert.True(configuration.Switch.Routes.Follows);
        Assert.Equal(["mail.home.example at mail.home.example:1038", "192.0.2.7 at tracking.home.example:2038"], configuration.Tracking!.Chain.Select(h => $"{h.Host} at {h.Server}"));
        Assert.Equal([null, 1], configuration.Tracking.Chain.Select(h => h.Anchors?.Count));
        // What is read again is the same, so that a reload closes no connection.
        Assert.Equal(link.Follow, files.Good(Text).Switch.Routes.Routes[0].Link!.Follow);
    }

    [Fact]
    public void Awaits_receipts_where_it_is_told_to_by_anchors_of_the_route_or_of_its_domain()
    {
        Assert.False(files.Good(Text).Switch.Routes.FollowsReceipts);
        var own = Text.Replace("{ reports-from", "{ receipts: true, anchors: tls.pem, reports-from", StringComparison.Ordinal);
        var link = files.Good(own).Switch.Routes.Routes[0].Link!;
        Assert.Single(link.Follow!.Receipts!.Anchors);
        Assert.Equal(link.Follow, files.Good(own).Switch.Routes.Routes[0].Link!.Follow);
        Assert.NotEqual(link.Follow, files.Good(Text).Switch.Routes.Routes[0].Link!.Follow);
        // They are proved by what they are: nobody else need be believed.
        var alone = files.Good(Text.Replace("reports-from: [192.0.2.0/24]", "receipts: true, anchors: tls.pem, suite: legacy", StringComparison.Ordinal)).Switch.Routes;
        Assert.True(alone.FollowsReceipts);
        Assert.Equal((true, "legacy"), (alone.Routes[0].Link!.Follow!.ReportsFrom.IsEmpty, alone.Routes[0].Link!.Follow!.Receipts!.Suite));
        var domain = Text.Replace("{ reports-from", "{ receipts: true, reports-from", StringComparison.Ordinal).Replace("acknowledgments:", "domain: home, acknowledgments:", StringComparison.Ordinal)
            .Replace("role: relay,", "role: relay, domain: home,", StringComparison.Ordinal) + "\ndomains: [{ name: home, mail: [home.example], anchors: tls.pem }]";
        var bound = files.Good(domain).Switch;
        Assert.Same(bound.Boundaries.Domains.Single().Trust, bound.Routes.Routes[0].Link!.Follow!.Receipts);
    }

    [Theory]
    [InlineData("reports-from: [192.0.2.0/24],", "receipts: true,", "routes[0].acknowledgments.anchors: is missing, and the domain of this route has none")]
    [InlineData("{ reports-from", "{ receipts: true, crls: tls.pem, reports-from", "routes[0].acknowledgments.crls: goes with anchors")]
    [InlineData("{ reports-from", "{ anchors: tls.pem, reports-from", "routes[0].acknowledgments.anchors: does nothing without receipts: true")]
    [InlineData("{ reports-from", "{ receipts: perhaps, reports-from", "routes[0].acknowledgments.receipts: ")]
    [InlineData("reports-from: [192.0.2.0/24], ", "", "routes[0].acknowledgments.reports-from: is missing")]
    [InlineData("[192.0.2.0/24]", "[0.0.0.0/0]", "is everybody; name the hosts of this domain that report")]
    [InlineData("[192.0.2.0/24]", "[nowhere]", "'nowhere' is not a network")]
    [InlineData("duty@home.example", "duty@nowhere.example", "routes[0].acknowledgments.action-point: no route leads to 'duty@nowhere.example'")]
    [InlineData("duty@home.example", "duty", "'duty' is not a mail address")]
    [InlineData("action-point:", "point:", "unknown key")]
    [InlineData("host: mail.home.example", "host: \"mail home\"", "tracking.chain[0].host: 'mail home' is not the name or address of a host")]
    [InlineData("host: 192.0.2.7", "host: mail.home.example", "tracking.chain[1].host: 'mail.home.example' is there already")]
    [InlineData("server: \"tracking.home.example:2038\"", "server: tracking.home.example", "tracking.chain[1].server: 'tracking.home.example' is not host:port")]
    [InlineData("endpoint: \"127.0.0.1:1038\", ", "", "does nothing without tracking.endpoint")]
    public void Says_what_is_wrong(string right, string wrong, string expected)
    {
        Assert.Contains(right, Text, StringComparison.Ordinal);
        Assert.Contains(files.Problems(Text.Replace(right, wrong, StringComparison.Ordinal)), p => p.Contains(expected, StringComparison.Ordinal));
    }

    private const string Text = """
        node: { name: n1, data: ./data }
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", role: relay, clients: [127.0.0.0/8] }
        routes:
          - { match: home.example, next-hop: "127.0.0.1:2626", acknowledgments: { reports-from: [192.0.2.0/24], action-point: duty@home.example } }
        tracking: { endpoint: "127.0.0.1:1038", chain: [{ host: mail.home.example }, { host: 192.0.2.7, server: "tracking.home.example:2038", ca: tls.pem }] }
        """;
}
