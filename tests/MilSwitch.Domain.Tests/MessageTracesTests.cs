using System.Diagnostics;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Telemetry;

namespace MilSwitch.Domain.Tests;

public sealed class MessageTracesTests
{
    private static readonly MessageId Id = new(4711);

    [Fact]
    public void Nothing_is_made_while_nobody_listens_and_one_trace_of_a_message_when_somebody_does()
    {
        var traces = new MessageTraces("");
        Assert.Null(traces.Begin("accept", Id));

        var ended = new List<Activity>();
        using (var listener = new ActivityListener { ShouldListenTo = s => s.Name == MessageTraces.SourceName, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded, ActivityStopped = ended.Add })
        {
            ActivitySource.AddActivityListener(listener);
            using (var accept = traces.Begin("accept", Id)) traces.Begin("commit", Id)?.Dispose();
            using (var other = traces.Begin("accept", new MessageId(4712))) traces.Begin("deliver", Id)?.Dispose();
        }

        Assert.Equal(["commit", "accept", "deliver", "accept"], ended.Select(a => a.OperationName));
        Assert.All(ended[..3], a => Assert.Equal(new MessageTraces("").TraceOf(Id), a.TraceId));
        Assert.Equal(ended[1].SpanId, ended[0].ParentSpanId);
        // Within the work on another message it is not a part of that.
        Assert.Equal(default, ended[2].ParentSpanId);
        Assert.NotEqual(ended[3].TraceId, ended[2].TraceId);
        Assert.Null(traces.Begin("accept", Id));
    }

    [Fact]
    public void The_same_id_of_another_switch_is_another_trace() => Assert.NotEqual(new MessageTraces("n1").TraceOf(Id), new MessageTraces("n2").TraceOf(Id));
}
