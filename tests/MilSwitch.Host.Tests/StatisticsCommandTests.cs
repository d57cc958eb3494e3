using System.Net;
using System.Text.Json;
using MilSwitch.Domain.Statistics;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "L-12")]
public sealed class StatisticsCommandTests
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Shows_times_a_person_can_read_and_rounds_no_share_up()
    {
        await using var node = await TestNode.StartAsync();
        var run = await node.RunAsync("statistics", "--since", "2030-04-01T00:00:00Z", "--until", "2030-04-01T12:00:00Z");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("accepted 2030-04-01T00:00:00Z to 2030-04-01T12:00:00Z: 4 messages", run.Output, StringComparison.Ordinal);
        Assert.Matches("flash +3 +120ms +1m1s +2m10s +2m10s +2m +66.6% +1 +0", run.Output);
        Assert.Matches("routine +0 +- +- +- +- +2h +- +0 +1", run.Output);
        Assert.Equal(new StatisticsQuery(Noon.AddHours(-12), Noon, StatisticsBy.Precedence), node.Actions.Counted);
    }

    [Fact]
    public async Task Says_when_not_everything_was_counted()
    {
        await using var node = await TestNode.StartAsync();
        node.Actions.CountsAll = false;
        var run = await node.RunAsync("statistics", "--by", "hop", "--json");
        Assert.Equal(1, run.ExitCode);
        var view = JsonDocument.Parse(run.Output).RootElement;
        Assert.False(view.GetProperty("complete").GetBoolean());
        Assert.Equal("hop", view.GetProperty("by").GetString());
        Assert.Equal(JsonValueKind.Null, view.GetProperty("rows")[1].GetProperty("median").ValueKind);
        Assert.Equal(TimeSpan.FromDays(1), node.Actions.Counted!.Until - node.Actions.Counted.Since);
    }

    [Theory]
    [InlineData("since=soon")]
    [InlineData("since=1h&until=2h")]
    [InlineData("by=colour")]
    public async Task Refuses_questions_without_sense(string query)
    {
        await using var node = await TestNode.StartAsync();
        using var response = await node.SendAsync(HttpMethod.Get, "/api/v1/statistics?" + query, TestNode.ViewerToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(node.Actions.Counted);
    }
}
