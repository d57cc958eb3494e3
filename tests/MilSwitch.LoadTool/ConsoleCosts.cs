using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>What do open consoles cost a node, and how old is what they show?</summary>
internal static partial class ConsoleCosts
{
    private const string Password = "correct horse battery";

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var consoles = arguments.Number("consoles", 50);
        var seconds = arguments.Number("seconds", 30);
        var page = arguments.Text("page", "/");
        var waiting = arguments.Number("waiting", 200);
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();

        using var workspace = new Workspace("consoles");
        await using var milswitch = await SwitchProcess.StartAsync(workspace.Folder, new SwitchSetup { DataFolder = workspace["data"], Routes = [new RouteSetup("*", $"127.0.0.1:{Ports.Free()}")] }).ConfigureAwait(false);
        if (await milswitch.CommandAsync(Password + "\n", ["account", "add", "watch", "--role", "watch-keeper", "--reason", "measurement"]).ConfigureAwait(false) is { ExitCode: not 0 } refused)
            throw new InvalidOperationException(refused.Error);
        // What waits is what a page shows.
        for (var i = 0; i < waiting; i++)
        {
            await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port).ConfigureAwait(false);
            await client.MailAsync("a@client.test", [$"r{i}@down.test"], "Subject: x\r\n\r\nx\r\n"u8.ToArray()).ConfigureAwait(false);
        }

        using var browser = await SignInAsync($"http://127.0.0.1:{milswitch.Setup.AdminPort}").ConfigureAwait(false);
        // What the compiler does with code that runs for the first time is nobody's cost.
        using (var warm = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System)) await WatchAsync(browser, page, new long[1], new double[1], 0, warm.Token).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System).ConfigureAwait(false);
        var idle = await ProcessorAsync(milswitch, seconds).ConfigureAwait(false);
        using var end = new CancellationTokenSource();
        var counts = new long[consoles];
        var worst = new double[consoles];
        var watching = Enumerable.Range(0, consoles).Select(n => WatchAsync(browser, page, counts, worst, n, end.Token)).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System).ConfigureAwait(false);
        Array.Clear(counts);
        Array.Clear(worst);
        var watched = await ProcessorAsync(milswitch, seconds).ConfigureAwait(false);
        var pictures = counts.Sum() / (double)consoles / seconds;
        var gap = worst.Max();
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(watching).ConfigureAwait(false);

        var cost = (watched - idle) * 100;
        Measures.Row("processor, nobody watches (% of a core)", idle * 100);
        Measures.Row($"processor, {consoles} consoles (% of a core)", watched * 100);
        Measures.Row("pictures a console and second", pictures);
        Measures.WriteJson(json, new { consoles, page, waiting, idle, watched, cost, pictures, gap });
        var met = Measures.Require("cost of all consoles (% of a core)", cost, c => c < 5, "less than 5");
        met &= Measures.Require("longest wait for a picture (s)", gap, g => g < 2, "less than 2");
        return met ? 0 : 1;
    }

    private static async Task<HttpClient> SignInAsync(string address)
    {
        var client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), MaxConnectionsPerServer = 1_000 }) { BaseAddress = new Uri(address), Timeout = Timeout.InfiniteTimeSpan };
        var page = await client.GetStringAsync(new Uri("/sign-in", UriKind.Relative)).ConfigureAwait(false);
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", WebUtility.HtmlDecode(Token().Match(page).Groups[1].Value)), new("name", "watch"), new("password", Password), new("to", "/")]);
        using var answer = await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        return client;
    }

    private static async Task WatchAsync(HttpClient browser, string page, long[] counts, double[] worst, int n, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/live?page=" + Uri.EscapeDataString(page), UriKind.Relative)) { Headers = { { "Accept", "text/event-stream" } } };
            using var response = await browser.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), Encoding.UTF8);
            var since = Stopwatch.GetTimestamp();
            while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                if (!line.StartsWith("data:", StringComparison.Ordinal)) continue;
                counts[n]++;
                worst[n] = Math.Max(worst[n], Stopwatch.GetElapsedTime(since).TotalSeconds);
                since = Stopwatch.GetTimestamp();
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
    }

    private static async Task<double> ProcessorAsync(SwitchProcess milswitch, int seconds)
    {
        var (before, watch) = (milswitch.ProcessorTime, Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System).ConfigureAwait(false);
        return (milswitch.ProcessorTime - before) / watch.Elapsed;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
