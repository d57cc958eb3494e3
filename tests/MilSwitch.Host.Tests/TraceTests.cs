using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>Spans of messages as a collector hears them.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task A_collector_hears_of_a_message_in_one_trace_and_of_nothing_that_is_in_it()
    {
        await using var collector = TraceCollector.Start();
        await using var node = await LiveNode.StartAsync(
            $"telemetry: {{ traces: {{ endpoint: \"{collector.Endpoint}\", headers: {{ file: otlp.headers }} }} }}\n", "traced", files => files.Write("otlp.headers", "Authorization=Bearer CANARY-token", secret: true));
        var id = MessageId.TryParse(await node.SendAsync("CANARY-from@alpha.test", "CANARY-to@bravo.test", "CANARY-subject", "CANARY-body"), out var read) ? read : throw new FormatException();
        var trace = new MessageTraces("traced").TraceOf(id).ToHexString();
        await Eventually.ComesTrueAsync(
            () => Task.FromResult(new[] { "accept", "commit", "deliver", "outcome" }.All(n => collector.Spans.Any(s => s.Name == n && s.Trace == trace))), TimeSpan.FromSeconds(30), "the spans arrive");
        var spans = collector.Spans.Where(s => s.Trace == trace).ToArray();
        Assert.All(spans, s => Assert.Equal((id.ToString(), "traced"), (s.Tags["milswitch.message"], s.Node)));
        var accept = Assert.Single(spans, s => s.Name == "accept");
        Assert.Equal(("routine", "accepted", ""), (accept.Tags["milswitch.precedence"], accept.Tags["milswitch.outcome"], accept.Parent));
        Assert.Contains(spans, s => s.Name == "commit" && s.Parent == accept.Id);
        Assert.Equal((node.Link, "answered"), (spans.Single(s => s.Name == "deliver").Tags["milswitch.link"], spans.Single(s => s.Name == "deliver").Tags["milswitch.outcome"]));
        Assert.All(collector.Bodies, b => Assert.DoesNotContain("CANARY", Encoding.Latin1.GetString(b), StringComparison.Ordinal));
        Assert.All(collector.Authorisations, a => Assert.Equal("Bearer CANARY-token", a));
    }

    [Fact]
    public async Task A_report_has_a_trace_of_its_own_and_points_to_the_message()
    {
        await using var collector = TraceCollector.Start();
        await using var node = await LiveNode.StartAsync($"telemetry: {{ traces: {{ endpoint: \"{collector.Endpoint}\" }} }}\n", "reporting");
        node.Sink.Script = s => s.Phase is SinkPhase.Recipient && s.Line.Contains("nobody", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user") : null;
        Assert.True(MessageId.TryParse(await node.SendAsync(to: "nobody@bravo.test"), out var id));
        var trace = new MessageTraces("reporting").TraceOf(id).ToHexString();
        CollectedSpan? made = null;
        await Eventually.ComesTrueAsync(() => Task.FromResult((made = collector.Spans.FirstOrDefault(s => s.Name == "make" && s.Node == "reporting" && s.Links.Contains(trace))) is not null), TimeSpan.FromSeconds(30), "the report's span arrives");
        Assert.NotEqual(trace, made!.Trace);
        await Eventually.ComesTrueAsync(() => Task.FromResult(collector.Spans.Any(s => s.Trace == trace && s.Links.Contains(made.Trace))), TimeSpan.FromSeconds(30), "and the message's points to it");
    }

    [Fact]
    public void A_share_or_an_address_that_is_none_is_refused()
    {
        using var files = new ConfigurationFiles();
        Assert.Equal(
            ["6: telemetry.traces.headers: must not stand in the configuration; write { file: PATH }", "6: telemetry.traces.sample: '2' is not a share above 0 and up to 1", "6: telemetry.traces.endpoint: 'nowhere' is not an address such as http://127.0.0.1:4318"],
            files.Problems(ConfigurationFiles.Minimum + "\ntelemetry: { traces: { endpoint: nowhere, sample: 2, headers: \"a=b\" } }\n"));
        files.Good(ConfigurationFiles.Minimum + "\ntelemetry: { traces: { endpoint: \"https://otel.example:4318\", sample: 0.05 } }\n");
        Assert.Equal("https://otel.example:4318/v1/traces", files.Good(ConfigurationFiles.Minimum + "\ntelemetry: { traces: { endpoint: \"https://otel.example:4318\" } }\n").Traces!.Endpoint.ToString());
    }
}
