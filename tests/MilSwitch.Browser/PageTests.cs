using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace MilSwitch.Browser;

/// <summary>Every page, as a watch-keeper and as a screen on the wall see it.</summary>
[Trait("Category", "Integration")]
public sealed class PageTests(ConsoleStage stage) : IClassFixture<ConsoleStage>
{
    private static readonly string[] Rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

    private static readonly string[] Paths =
    [
        "/", "/queues", "/queues?q=precedence:flash&by=link", "/links", "/links/LINK", "/messages/ID", "/tracer/ID", "/track", "/holding", "/holding/HELD", "/drafts", "/rules", "/cluster",
        "/routing?address=a@down.test", "/routing?try=1&from=n1-000001&until=n1-000001", "/telemetry", "/reports", "/log", "/admin", "/alarms", "/audit", "/keys",
    ];

    public static TheoryData<int, int, ColorScheme, string> Views => new()
    {
        { 1280, 720, ColorScheme.Light, "" }, { 1280, 720, ColorScheme.Dark, "" }, { 1920, 1080, ColorScheme.Light, "?wall=1" }, { 1920, 1080, ColorScheme.Dark, "?wall=1" },
    };

    [BrowserTheory]
    [MemberData(nameof(Views))]
    public async Task Every_page_is_drawn_without_a_complaint_and_open_to_everybody(int width, int height, ColorScheme scheme, string wall)
    {
        await using var visit = await stage.VisitAsync(width: width, height: height, scheme: scheme);
        foreach (var path in await PathsAsync())
        {
            var at = path + (wall.Length > 0 && path.Contains('?', StringComparison.Ordinal) ? "&" + wall[1..] : wall);
            var response = await visit.OpenAsync(at);
            Assert.True(response.Status is 200, $"{at}: {response.Status}");
            var found = await visit.Page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = [.. Rules] } });
            Assert.True(found.Violations.Length is 0, $"{at}: {string.Join("; ", found.Violations.Select(v => $"{v.Id} at {string.Join(", ", v.Nodes.Select(n => n.Html))}"))}");
            // Nothing is cut off at the side.
            Assert.True(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{at} is wider than the screen");
            var name = $"{(path == "/" ? "overview" : path.Split('?')[0].Trim('/').Replace('/', '-'))}-{width}-{scheme}".ToLowerInvariant();
            await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(ConsoleStage.Screenshots, name + ".png") });
        }

        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task What_others_wrote_is_shown_as_text()
    {
        await using var visit = await stage.VisitAsync();
        foreach (var path in await PathsAsync())
        {
            await visit.OpenAsync(path);
            Assert.False(await visit.Page.EvaluateAsync<bool>("'hit' in window || !!document.querySelector('main img, main script')"), path);
        }

        var refused = await stage.SendAsync("refused@sink.test");
        await visit.OpenAsync("/messages/" + refused);
        // Until its answer is there.
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("450 4.2.1 " + ConsoleStage.Hostile, new() { Timeout = 15_000 });
        await visit.Page.ClickAsync("text=View content");
        await Assertions.Expect(visit.Page.Locator(".fields")).ToContainTextAsync(ConsoleStage.Hostile);
        await Assertions.Expect(visit.Page.Locator("pre.text")).ToContainTextAsync(ConsoleStage.Hostile);
        Assert.False(await visit.Page.EvaluateAsync<bool>("'hit' in window"));
        await visit.OpenAsync("/holding");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync(ConsoleStage.Hostile);
        await visit.OpenAsync("/log");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync(ConsoleStage.Hostile);
        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task Without_scripts_every_page_can_be_read()
    {
        await using var visit = await stage.VisitAsync(scripts: false);
        foreach (var path in await PathsAsync())
        {
            var response = await visit.Page.GotoAsync(path);
            Assert.Equal(200, response!.Status);
            Assert.NotEqual("", await visit.Page.Locator("#view").InnerTextAsync());
        }

        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task The_policy_of_the_pages_lets_nothing_from_elsewhere_in()
    {
        await using var visit = await stage.VisitAsync();
        var headers = (await visit.OpenAsync("/")).Headers;
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", headers["content-security-policy"], StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", headers["content-security-policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", headers["content-security-policy"], StringComparison.Ordinal);
        Assert.Contains("no-store", headers["cache-control"], StringComparison.Ordinal);
    }

    private async Task<IEnumerable<string>> PathsAsync()
    {
        var queue = System.Text.Json.JsonDocument.Parse(await stage.CommandAsync("queue", "list", "--json")).RootElement.GetProperty("items");
        var id = queue[0].GetProperty("id").GetString()!;
        var held = queue.EnumerateArray().First(m => m.GetProperty("state").GetString() == "held").GetProperty("id").GetString()!;
        var link = Uri.EscapeDataString(queue[0].GetProperty("recipients")[0].GetProperty("link").GetString()!);
        return Paths.Select(p => p.Replace("ID", id, StringComparison.Ordinal).Replace("HELD", held, StringComparison.Ordinal).Replace("LINK", link, StringComparison.Ordinal));
    }
}
