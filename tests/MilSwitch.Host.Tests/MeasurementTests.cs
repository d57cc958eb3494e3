using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using MilSwitch.Host.Measurement;

namespace MilSwitch.Host.Tests;

[Collection("meters")]
public sealed class MeasurementTests
{
    [Fact]
    public async Task Keeps_counters_counters_and_histograms_histograms()
    {
        using var meter = new Meter("MilSwitch.Test1");
        using var foreign = new Meter("Other.Test1");
        var accepted = meter.CreateCounter<long>("milswitch.test1.accepted", "{message}", "Messages answered 250.");
        var octets = meter.CreateCounter<long>("test1.octets", "By");
        var open = meter.CreateUpDownCounter<int>("test1.sessions");
        var time = meter.CreateHistogram<double>("test1.commit.duration", "s");
        var depth = meter.CreateHistogram("test1.depth", null, null, null, new InstrumentAdvice<long> { HistogramBucketBoundaries = [5, 10] });
        meter.CreateObservableGauge("test1.queue", () => 42);
        using var bridge = new MeterBridge();
        accepted.Add(2, new KeyValuePair<string, object?>("precedence", "flash"));
        accepted.Add(1, new KeyValuePair<string, object?>("precedence", "routine"));
        accepted.Add(1, new KeyValuePair<string, object?>("precedence", "flash"));
        octets.Add(100);
        open.Add(3);
        open.Add(-1);
        time.Record(0.003);
        depth.Record(7);
        foreign.CreateCounter<long>("test1.foreign").Add(1);
        var page = await PageAsync(bridge);
        Assert.Contains("# HELP milswitch_test1_accepted_total Messages answered 250.\n# TYPE milswitch_test1_accepted_total counter\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_test1_accepted_total{precedence=\"flash\"} 3\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_test1_accepted_total{precedence=\"routine\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_test1_octets_bytes_total 100\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE milswitch_test1_sessions gauge\nmilswitch_test1_sessions 2\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE milswitch_test1_commit_duration_seconds histogram\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_test1_commit_duration_seconds_bucket{le=\"0.0025\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_test1_commit_duration_seconds_bucket{le=\"0.005\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_test1_depth_bucket{le=\"5\"} 0\nmilswitch_test1_depth_bucket{le=\"10\"} 1\nmilswitch_test1_depth_bucket{le=\"+Inf\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_test1_queue 42\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("foreign", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bounds_the_label_sets_of_one_instrument()
    {
        using var meter = new Meter("MilSwitch.Test2");
        var counter = meter.CreateCounter<long>("test2.peers");
        using var bridge = new MeterBridge();
        for (var i = 0; i < MeterBridge.MaximumSeries + 100; i++) counter.Add(1, new KeyValuePair<string, object?>("peer", "p" + i));
        var lines = (await PageAsync(bridge)).Split('\n').Where(l => l.StartsWith("milswitch_test2_peers_total{", StringComparison.Ordinal)).ToArray();
        Assert.Equal(MeterBridge.MaximumSeries + 1, lines.Length);
        Assert.Contains("milswitch_test2_peers_total{peer=\"other\"} 100", lines);
    }

    [Fact]
    public async Task Serves_metrics_and_health_and_nothing_else_on_that_endpoint()
    {
        await using var node = await TestNode.StartAsync();
        using var response = await node.SendAsync(HttpMethod.Get, "/metrics", null, origin: node.Metrics);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("milswitch_queued{precedence=\"flash\"} 4\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_oldest_seconds{precedence=\"flash\"} 360\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_link_up{link=\"192.0.2.1:25\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_link_waiting{link=\"192.0.2.1:25\",precedence=\"override\"} 6\n", page, StringComparison.Ordinal);
        Assert.Contains("milswitch_ready 1\n", page, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(HttpMethod.Get, "/health/live", null, origin: node.Metrics)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(HttpMethod.Get, "/health/ready", null, origin: node.Metrics)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await node.SendAsync(HttpMethod.Get, "/api/v1/status", TestNode.OperatorToken, origin: node.Metrics)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await node.SendAsync(HttpMethod.Post, "/metrics", null, origin: node.Metrics)).StatusCode);
        node.Control.IsReady = false;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await node.SendAsync(HttpMethod.Get, "/health/ready", null, origin: node.Metrics)).StatusCode);
        node.Actions.Fails = true;
        Assert.Contains("milswitch_ready 0\n", await (await node.SendAsync(HttpMethod.Get, "/metrics", null, origin: node.Metrics)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> PageAsync(MeterBridge bridge)
    {
        using var page = new MemoryStream();
        await bridge.Registry.CollectAndExportAsTextAsync(page);
        return Encoding.UTF8.GetString(page.ToArray());
    }
}
