using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using MilSwitch.Testing;

namespace MilSwitch.Browser;

/// <summary>
/// A real switch with mail in every state, some of it hostile, and a real Chromium before its console. One for all tests: each
/// acts on messages of its own.
/// </summary>
public class ConsoleStage : IAsyncLifetime
{
    public const string Hostile = "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script>";
    public const string Password = "correct horse battery";

    private readonly int drafts = Ports.Free();
    private IPlaywright? playwright;
    private IBrowser? browser;
    private SinkServer? sink;

    /// <summary>Why the tests can't run; null: they can.</summary>
    public static string? Missing => Requirement.Missing("chromium");

    public SwitchProcess Switch { get; private set; } = null!;

    public string Address => $"http://127.0.0.1:{Switch.Setup.AdminPort}";

    /// <summary>Where screenshots are kept: MILSWITCH_SCREENSHOTS, or beside the tests.</summary>
    public static string Screenshots { get; } = Environment.GetEnvironmentVariable("MILSWITCH_SCREENSHOTS") ?? Path.Combine(AppContext.BaseDirectory, "screenshots");

    /// <summary>What next hops it has; gone when the stage is.</summary>
    protected SinkServer Sink => sink!;

    protected Workspace Workspace { get; } = new("browser");

    public async Task InitializeAsync()
    {
        if (Missing is not null) return;
        Directory.CreateDirectory(Screenshots);
        sink = SinkServer.Start();
        // What the peer says is as hostile as what it sends.
        sink.Script = step => step.Phase == SinkPhase.Recipient && step.Line.Contains("refused", StringComparison.Ordinal) ? SinkAction.Say("450 4.2.1 " + Hostile) : null;
        Switch = await SwitchProcess.StartAsync(Workspace.Folder, Setup());
        await AccountAsync("chief", "watch-keeper", "supervisor", "security-officer", "administrator", "auditor");
        await AccountAsync("viewer", "viewer");
        await AccountAsync("keeper", "watch-keeper");
        await AccountAsync("deputy", "watch-keeper", "supervisor");
        await FillAsync();
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Requirement.Find("chromium"), Args = ["--no-sandbox"] });
    }

    public async Task DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
        if (Switch is not null) await Switch.DisposeAsync();
        if (sink is not null) await sink.DisposeAsync();
        Workspace.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Of the switch; files that it names are written.</summary>
    protected virtual SwitchSetup Setup()
    {
        File.WriteAllText(Workspace["plans.yaml"], "plan: peace\nplans: [peace, war]\nrules:\n - { name: z, sic: [Z*], action: ops@sink.test }\n");
        return new SwitchSetup
        {
            DataFolder = Workspace["data"],
            Routes = [new RouteSetup("sink.test", Sink.NextHop), new RouteSetup("down.test", $"127.0.0.1:{Ports.Free()}"), new RouteSetup("other.test", $"127.0.0.1:{Ports.Free()}")],
            Admin = ["two-person: [plan]"],
            Listeners = [$"{{ name: drafts, endpoint: \"127.0.0.1:{drafts}\", clients: [127.0.0.0/8], tls: {{ mode: none }} }}"],
            Extra = "precedence:\n  routine: { retry: [1h] }\n"
                + $"profiling: {{ plans: {Workspace["plans.yaml"]}, addresses: [profiler@client.test], owner: owner@sink.test }}\n"
                + "release: { rules: [{ name: out, listeners: [drafts], proof: account, authorizers: [{ address: chief@client.test, accounts: [chief] }] }] }\n",
        };
    }

    /// <summary>Mail in every state.</summary>
    protected virtual async Task FillAsync()
    {
        await SendAsync("b@sink.test", "MT-PRIORITY=4");
        await SendAsync("refused@sink.test", "MT-PRIORITY=-2");
        await SendAsync("c@down.test", "MT-PRIORITY=6");
        await SendAsync("d@down.test", "MT-PRIORITY=-4");
        var held = await SendAsync("e@down.test", "MT-PRIORITY=2");
        await CommandAsync("message", "hold", held, "--reason", Hostile);
        await CommandAsync("rule", "add", "suspend", "--scope", "domain:other.test", "--for", "2h", "--reason", Hostile);
        await CommandAsync("watch-log", "add", Hostile);
    }

    /// <summary>The id that the switch gave it.</summary>
    public Task<string> SendAsync(string to, string parameters = "") => SendAsync(Switch.Port, to, parameters);

    /// <summary>What somebody has to release.</summary>
    public Task<string> SendDraftAsync(string to) => SendAsync(drafts, to, "");

    private static Task<string> SendAsync(int port, string to, string parameters) => SendAsync(
        port, "hq@client.test", to,
        Encoding.UTF8.GetBytes($"From: \"{Hostile.Replace("\"", "'", StringComparison.Ordinal)}\" <hq@client.test>\r\nTo: <{to}>\r\nSubject: {Hostile}\r\nMessage-ID: <{Guid.NewGuid():N}@client.test>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n{Hostile}\r\n"),
        parameters);

    private protected static async Task<string> SendAsync(int port, string from, string to, byte[] message, string parameters = "")
    {
        await using var client = await SmtpDialogue.ConnectAsync(port);
        var reply = await client.MailAsync(from, [to], message, parameters);
        Assert.True(reply.Code is 250, reply.ToString());
        return reply.Lines[0].Split(' ')[^1];
    }

    /// <summary>A browser of its own in which somebody has signed in.</summary>
    public async Task<ConsoleVisit> VisitAsync(string who = "chief", int width = 1280, int height = 720, ColorScheme scheme = ColorScheme.Light, bool scripts = true)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Address, ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = scheme, JavaScriptEnabled = scripts,
        });
        var visit = new ConsoleVisit(context, await context.NewPageAsync(), () => Switch.Errors);
        await visit.Page.GotoAsync("/sign-in");
        await visit.Page.FillAsync("[name=name]", who);
        await visit.Page.FillAsync("[name=password]", Password);
        await visit.Page.ClickAsync("main button");
        await visit.Page.WaitForURLAsync(Address + "/");
        return visit;
    }

    /// <summary>What the admin API says of a message, through the socket, as JSON.</summary>
    public async Task<JsonElement> MessageAsync(string id) => JsonDocument.Parse(await CommandAsync("message", "show", id, "--json")).RootElement;

    public async Task<string> CommandAsync(params string[] arguments)
    {
        var result = await Switch.CommandAsync(arguments);
        Assert.True(result.ExitCode is 0, $"{string.Join(' ', arguments)}: {result.ExitCode} {result.Error}");
        return result.Output;
    }

    public async Task AccountAsync(string name, params string[] roles)
    {
        var result = await Switch.CommandAsync(Password + "\n", ["account", "add", name, "--reason", "test", .. roles.SelectMany(r => new[] { "--role", r })]);
        Assert.True(result.ExitCode is 0, result.Error);
    }
}
