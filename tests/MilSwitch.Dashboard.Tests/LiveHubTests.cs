using System.Text;
using MilSwitch.Dashboard.Live;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Tests;

public sealed class LiveHubTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task One_rendering_serves_all_who_watch_the_same()
    {
        using var stage = new Stage();
        using var first = stage.Hub.Watch(Stage.Page, null, "", Stage.Watch)!;
        Assert.Contains("late", await NextAsync(first), StringComparison.Ordinal);
        using var second = stage.Hub.Watch(Stage.Page, null, "", Stage.Watch with { Name = "other" })!;
        // What is there already is shown at once.
        Assert.Contains("late", await NextAsync(second), StringComparison.Ordinal);
        Assert.Equal(1, stage.Source.Asked);
        await AdvanceUntilAsync(stage, 2);
        await NextAsync(first);
        await NextAsync(second);
        Assert.Equal(2, stage.Source.Asked);
    }

    [Fact]
    public async Task Another_role_or_filter_is_another_view()
    {
        using var stage = new Stage();
        using var first = stage.Hub.Watch(Stage.Page, null, "", Stage.Watch)!;
        using var filtered = stage.Hub.Watch(Stage.Page, null, "?q=x", Stage.Watch)!;
        using var viewer = stage.Hub.Watch(Stage.Page, null, "", Stage.Watch with { Roles = OperatorRoles.Viewer })!;
        foreach (var watch in new[] { first, filtered, viewer }) await NextAsync(watch);
        Assert.Equal(3, stage.Source.Asked);
    }

    [Fact]
    public async Task Nothing_is_rendered_when_nobody_watches_any_more()
    {
        using var stage = new Stage();
        var watch = stage.Hub.Watch(Stage.Page, null, "", Stage.Watch)!;
        await NextAsync(watch);
        watch.Dispose();
        watch.Dispose();
        for (var i = 0; i < 5; i++) stage.Time.Advance(TimeSpan.FromSeconds(1));
        // Whoever comes again is the first again.
        using var again = stage.Hub.Watch(Stage.Page, null, "", Stage.Watch)!;
        await NextAsync(again);
        Assert.Equal(2, stage.Source.Asked);
    }

    [Fact]
    public void There_are_so_many_consoles_and_no_more()
    {
        using var stage = new Stage();
        var watches = new List<LiveWatch>();
        while (stage.Hub.Watch(Stage.Page, null, "", Stage.Watch) is { } watch) watches.Add(watch);
        Assert.Equal(500, watches.Count);
        watches[0].Dispose();
        using var next = stage.Hub.Watch(Stage.Page, null, "", Stage.Watch);
        Assert.NotNull(next);
        foreach (var watch in watches) watch.Dispose();
    }

    private static async Task<string> NextAsync(LiveWatch watch)
    {
        using var limit = new CancellationTokenSource(Soon, TimeProvider.System);
        await foreach (var picture in watch.ReadAsync(limit.Token)) return Encoding.UTF8.GetString(picture);
        throw new InvalidOperationException("It has ended.");
    }

    // The next tick is waited for on another thread: time goes on until it is noticed.
    private static async Task AdvanceUntilAsync(Stage stage, int asked)
    {
        using var limit = new CancellationTokenSource(Soon, TimeProvider.System);
        while (stage.Source.Asked < asked)
        {
            limit.Token.ThrowIfCancellationRequested();
            stage.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            if (stage.Source.Asked < asked) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
