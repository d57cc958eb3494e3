using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Browser;

/// <summary>Consoles of three real nodes over one PostgreSQL: what happens on one shows on all, and a console outlives its node.</summary>
[Trait("Category", "Integration")]
public sealed class ClusterConsoleTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private static readonly string[] LivePaths = ["/", "/queues", "/links", "/holding", "/drafts", "/alarms", "/proposals", "/rules", "/cluster", "/keys", "/telemetry"];

    private readonly Workspace workspace = new("consoles");
    private ClusterField field = null!;

    public async Task InitializeAsync()
    {
        if (ClusterBrowserFactAttribute.Missing is not null) return;
        var database = await PostgreSqlInstance.SharedAsync();
        var port = Ports.Free();
        field = await ClusterField.StartAsync(workspace.Folder, new ClusterFieldOptions
        {
            Connection = database.Connection(await database.NewDatabaseAsync()), Routes = [new RouteSetup("*", $"127.0.0.1:{port}")], StartsAfresh = true,
            Change = (_, setup) => setup with
            {
                Whole = setup.ToYaml().Replace($"admin: {{ endpoint: \"127.0.0.1:{setup.AdminPort}\",", $"admin: {{ endpoint: \"127.0.0.1:{setup.AdminPort}\", url: \"{AddressOf(setup)}\",", StringComparison.Ordinal),
            },
        });
    }

    public async Task DisposeAsync()
    {
        if (field is not null) await field.DisposeAsync();
        workspace.Dispose();
    }

    [ClusterBrowserFact]
    public async Task A_console_sees_all_nodes_and_goes_on_at_the_next_one_when_its_own_is_killed()
    {
        var made = await field[0].CommandAsync(Password + "\n", ["account", "add", "chief", "--role", "supervisor", "--role", "administrator", "--reason", "test"]);
        Assert.True(made.ExitCode is 0, made.Error);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Requirement.Find("chromium"), Args = ["--no-sandbox"] });
        await using var context = await browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 720 } });
        var (page, other) = (await context.NewPageAsync(), await context.NewPageAsync());
        await page.GotoAsync(AddressOf(field.Setups[0]) + "/sign-in");
        await page.FillAsync("[name=name]", "chief");
        await page.FillAsync("[name=password]", Password);
        await page.ClickAsync("main button");
        await Assertions.Expect(page.Locator("tr#node-n3")).ToContainTextAsync("ready", new() { Timeout = 15_000 });

        foreach (var path in LivePaths)
        {
            await page.GotoAsync(AddressOf(field.Setups[0]) + path);
            await LiveAsync(page);
        }

        // What is ordered at another node is drawn here without a word to this one. How soon is told: a machine that is busy is no fault.
        await page.GotoAsync(AddressOf(field.Setups[0]) + "/rules");
        await LiveAsync(page);
        var ordered = await field[2].CommandAsync("rule", "add", "suspend", "--scope", "domain:far.test", "--reason", "seen from afar");
        Assert.True(ordered.ExitCode is 0, ordered.Error);
        var seen = Stopwatch.StartNew();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("seen from afar", new() { Timeout = 15_000 });
        output.WriteLine($"an order of another node after {seen.Elapsed.TotalSeconds:0.00} s");

        // The session is one of the store: the other node's console knows it.
        await other.GotoAsync(AddressOf(field.Setups[1]) + "/");
        await LiveAsync(other);
        await page.GotoAsync(AddressOf(field.Setups[0]) + "/queues?q=to:nobody");
        await LiveAsync(page);
        await field[0].KillAsync();
        var lost = Stopwatch.StartNew();
        await Assertions.Expect(other.Locator("tr#node-n1")).ToContainTextAsync("lost: it does not answer", new() { Timeout = 30_000 });
        output.WriteLine($"lost on another console after {lost.Elapsed.TotalSeconds:0.00} s");
        await page.WaitForURLAsync(Elsewhere(), new() { Timeout = 30_000 });
        await LiveAsync(page);
        output.WriteLine($"live again after {lost.Elapsed.TotalSeconds:0.00} s at {page.Url}");
        Assert.EndsWith("/queues?q=to:nobody", page.Url, StringComparison.Ordinal);
        Assert.Contains(page.Url.Split("/queues")[0], new[] { AddressOf(field.Setups[1]), AddressOf(field.Setups[2]) });
        await Assertions.Expect(page.Locator(".who")).ToHaveTextAsync("chief");
    }

    private static string AddressOf(SwitchSetup setup) => $"http://127.0.0.1:{setup.AdminPort}";

    private Regex Elsewhere() => new($"^http://127\\.0\\.0\\.1:(?!{field.Setups[0].AdminPort}/)\\d+/queues");

    private static Task LiveAsync(IPage page) => Assertions.Expect(page.Locator("#fresh[data-state=live]")).ToBeVisibleAsync(new() { Timeout = 15_000 });
}

/// <summary>Is skipped, and says so, where there is no Chromium or no PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClusterBrowserFactAttribute : FactAttribute
{
    public ClusterBrowserFactAttribute() => Skip = Missing;

    public static string? Missing => ConsoleStage.Missing ?? Requirement.Missing("postgres");
}
