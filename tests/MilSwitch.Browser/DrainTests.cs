namespace MilSwitch.Browser;

/// <summary>The act that nobody can act after, on a stage of its own.</summary>
[Trait("Category", "Integration")]
public sealed class DrainTests(ConsoleStage stage) : IClassFixture<ConsoleStage>
{
    [BrowserFact]
    public async Task A_node_is_drained_with_a_reason_and_ends()
    {
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/cluster");
        await visit.Page.ClickAsync("#act-drain summary");
        await visit.Page.FillAsync("#act-drain [name=reason]", "new disk");
        await visit.Page.ClickAsync("#act-drain form > button");
        Assert.Equal(0, await stage.Switch.WaitForEndAsync(TimeSpan.FromSeconds(60)));
    }
}
