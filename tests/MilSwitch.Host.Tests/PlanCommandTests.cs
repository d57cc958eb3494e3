using System.Net;
using System.Text.Json;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>The running profiler over the API and the command line.</summary>
[Trait("Feature", "M-02")]
public sealed class PlanCommandTests : IAsyncLifetime
{
    private static readonly string Id = FakeOperatorActions.First.ToString();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Shows_the_plans_and_switches_between_them()
    {
        var plans = await node.RunAsync("profile", "plans");
        Assert.Equal(0, plans.ExitCode);
        Assert.Matches("(?i)in force *:? +peace", plans.Output);
        Assert.Equal(3, (await node.RunAsync("profile", "switch", "storm", "--reason", "mistyped")).ExitCode);
        Assert.Equal(0, (await node.RunAsync("profile", "switch", "war", "--reason", "order 4711")).ExitCode);
        using var json = JsonDocument.Parse((await node.RunAsync("profile", "plans", "--json")).Output);
        var root = json.RootElement;
        Assert.Equal(("war", true, "peace", "order 4711"), (root.GetProperty("inForce").GetString(), root.GetProperty("isThere").GetBoolean(), root.GetProperty("configured").GetString(), root.GetProperty("switched").GetProperty("reason").GetString()));
        node.Actions.Plan = new PlanChoice("gone", "order", "watch", default);
        var gone = await node.RunAsync("profile", "plans");
        Assert.Equal(1, gone.ExitCode);
        Assert.Contains("gone, which is not in the file: nothing is distributed", gone.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "M-03")]
    public async Task Names_addressees_by_hand()
    {
        var done = await node.RunAsync("profile", "assign", Id, "--action", "ops@x.test", "--info", "log@x.test", "--info", "cos@x.test", "--reason", "by hand");
        Assert.Equal(0, done.ExitCode);
        var order = Assert.IsType<HoldingOrder.Assign>(Assert.Single(node.Actions.Decided).Order);
        Assert.Equal(("ops@x.test", "log@x.test cos@x.test", "by hand"), (string.Join(' ', order.Action.Select(m => m.Text)), string.Join(' ', order.Information.Select(m => m.Text)), order.Reason));
        Assert.Equal(2, (await node.RunAsync("profile", "assign", Id, "--reason", "nobody")).ExitCode);
        Assert.Equal(2, (await node.RunAsync("profile", "assign", Id, "--action", "no address", "--reason", "r")).ExitCode);
        Assert.Equal(3, (await node.RunAsync("profile", "assign", FakeOperatorActions.Second.ToString(), "--action", "ops@x.test", "--reason", "r")).ExitCode);
    }

    [Theory]
    [InlineData("/api/v1/profile/plan", "{\"reason\":\"r\"}")]
    [InlineData("/api/v1/profile/plan", "{\"plan\":\"war\"}")]
    [InlineData("/api/v1/profile/plan", "{\"plan\":\"war\",\"reason\":\" \"}")]
    [InlineData("/api/v1/holding/ID/assign", "{\"reason\":\"r\",\"action\":[null]}")]
    [InlineData("/api/v1/holding/ID/assign", "{\"action\":[\"a@x.test\"]}")]
    [Trait("Threat", "F5")]
    public async Task Refuses_half_an_order(string path, string body)
    {
        using var response = await node.SendAsync(HttpMethod.Post, path.Replace("ID", Id, StringComparison.Ordinal), TestNode.OperatorToken, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(node.Actions.Decided);
        Assert.Null(node.Actions.Plan);
    }

    [Fact]
    public async Task A_viewer_orders_nothing_and_what_the_store_refuses_is_not_done()
    {
        using var viewer = await node.SendAsync(HttpMethod.Post, "/api/v1/profile/plan", TestNode.ViewerToken, "{\"plan\":\"war\",\"reason\":\"r\"}");
        Assert.Equal(HttpStatusCode.Forbidden, viewer.StatusCode);
        node.Actions.Refuses = SpoolHealth.Full;
        using var full = await node.SendAsync(HttpMethod.Post, "/api/v1/profile/plan", TestNode.OperatorToken, "{\"plan\":\"war\",\"reason\":\"r\"}");
        Assert.Equal(507, (int)full.StatusCode);
    }
}
