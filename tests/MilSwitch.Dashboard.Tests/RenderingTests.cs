namespace MilSwitch.Dashboard.Tests;

public sealed class RenderingTests
{
    [Fact]
    public async Task A_view_is_rendered_with_what_it_found_later_and_as_text()
    {
        using var stage = new Stage();
        var context = stage.Context;
        Assert.Contains("<p>6: &lt;late&gt;</p>", await stage.Renderer.ViewAsync(Stage.Page, context), StringComparison.Ordinal);
        Assert.Equal("<late>", context.Title);
        Assert.Equal(1, stage.Source.Asked);
    }
}
