using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>What several nodes do with one message, as a collector hears it from each of them.</summary>
public sealed class TraceTests : FieldTest
{
    [RequiresFact("postgres")]
    public async Task Spans_of_two_nodes_are_one_trace_of_the_message()
    {
        await using var collector = TraceCollector.Start();
        var sink = StartSink();
        var server = await PostgreSqlInstance.SharedAsync();
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Nodes = 2, Connection = await server.NewDatabaseAsync(), Routes = [new RouteSetup("*", sink.NextHop, 4)],
            Change = (index, setup) => setup with { Roles = index is 0 ? ["edge", "ops"] : ["switch", "ops"], Extra = setup.Extra + $"telemetry: {{ traces: {{ endpoint: \"{collector.Endpoint}\" }} }}\n" },
        }));
        await using (var client = await SmtpDialogue.ConnectAsync(field[0].Port))
        {
            foreach (var line in new[] { "MAIL FROM:<a@client.test>", "RCPT TO:<b@sink.test>", "DATA", "Subject: x\r\n\r\ny\r\n." })
            {
                var reply = await client.SayAsync(line);
                Assert.True(reply.IsPositive, $"{line}: {reply}");
            }
        }

        await sink.WaitForAsync(1, TimeSpan.FromSeconds(30));
        await Eventually.ComesTrueAsync(() => Task.FromResult(collector.Spans.Any(s => s is { Name: "deliver", Node: "n2" }) && collector.Spans.Any(s => s is { Name: "accept", Node: "n1" })), TimeSpan.FromSeconds(30), "both nodes tell");
        var accepted = Assert.Single(collector.Spans, s => s.Name is "accept");
        var delivered = Assert.Single(collector.Spans, s => s.Name is "deliver");
        Assert.Equal((accepted.Trace, accepted.Tags["milswitch.message"]), (delivered.Trace, delivered.Tags["milswitch.message"]));
    }
}
