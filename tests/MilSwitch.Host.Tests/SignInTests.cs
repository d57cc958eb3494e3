using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>Accounts, sessions of browsers, and what pages demand.</summary>
public sealed partial class SignInTests : IAsyncLifetime
{
    private const string Password = "CANARY correct horse battery";

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly ISpool spool = FakeSpool.Create(SpoolHealth.Ready);
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.StartAsync(time, spool);
        Assert.Equal(0, (await AccountAsync("add", "anna", "--role", "watch-keeper")).ExitCode);
    }

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Theory]
    [Trait("Threat", "W2")]
    [InlineData("/", "/sign-in?to=%2F")]
    [InlineData("/messages/1?x=y%26z", "/sign-in?to=%2Fmessages%2F1%3Fx%3Dy%2526z")]
    [InlineData("//evil.example/", "/sign-in?to=%2F")]
    public async Task A_page_leads_nobody_to_the_form(string path, string to)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null);
        Assert.Equal((HttpStatusCode.SeeOther, to), (response.StatusCode, response.Headers.Location!.OriginalString));
        AssertStrict(response);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task Who_shows_something_wrong_or_sends_a_form_is_not_led_away()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await node.SendAsync(HttpMethod.Get, "/", "CANARY-wrong-0123456789ab")).StatusCode);
        using var posted = await SendAsync(HttpMethod.Post, "/messages", null, new() { ["x"] = "y" });
        Assert.Equal(HttpStatusCode.Unauthorized, posted.StatusCode);
        AssertStrict(posted);
    }

    [Fact]
    public async Task A_token_opens_pages_too_and_assets_need_nothing()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await node.SendAsync(HttpMethod.Get, "/nothing", TestNode.ViewerToken)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/assets/nothing.css", null)).StatusCode);
        // Consoles of other nodes ask for one picture to see whether this node answers, and may have nothing else.
        foreach (var (path, whose) in new[] { ("/assets/icon.svg", "cross-origin"), ("/assets/console.js", "same-origin"), ("/", "same-origin") })
            Assert.Equal(whose, Assert.Single((await SendAsync(HttpMethod.Get, path, null)).Headers.GetValues("Cross-Origin-Resource-Policy")));
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task Signs_in_and_out()
    {
        using var form = await SendAsync(HttpMethod.Get, "/sign-in?to=%2Fqueues%3Fx", null);
        AssertStrict(form);
        Assert.True(form.Headers.CacheControl!.NoStore);
        using var response = await SignInAsync("Anna ", Password, "/queues?x");
        Assert.Equal((HttpStatusCode.SeeOther, "/queues?x"), (response.StatusCode, response.Headers.Location!.OriginalString));
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Matches("^milswitch=[A-Za-z0-9_-]{43}; path=/; samesite=strict; httponly$", cookie);
        var session = cookie.Split(';')[0];
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/nothing", session)).StatusCode);
        Assert.Contains("\"watch-keeper\"", await (await SendAsync(HttpMethod.Get, "/api/v1/me", session)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(Documents("session"), d => d.Contains(session.Split('=')[1], StringComparison.Ordinal));
        Assert.Contains(node.Control.Recorded, r => r is { Kind: AuditKind.SignedIn, Who: "anna" });

        // Without the form's token nobody is signed out; with that of somebody else neither.
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Post, "/sign-out", session, new() { ["x"] = "y" })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/api/v1/me", session)).StatusCode);
        var run = await node.RunAsync("session", "list");
        Assert.Contains("anna", run.Output, StringComparison.Ordinal);
        var id = run.Output.TrimEnd().Split(' ')[^1];
        Assert.Equal(0, (await node.RunAsync("session", "end", id, "--reason", "x")).ExitCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await SendAsync(HttpMethod.Get, "/nothing", session)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/api/v1/me", session)).StatusCode);
    }

    [Theory]
    [Trait("Threat", "W2")]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("/sign-out")]
    [InlineData("/a\r\nb")]
    public async Task Leads_nowhere_else(string to)
    {
        using var response = await SignInAsync("anna", Password, to);
        Assert.Equal("/", response.Headers.Location!.OriginalString);
        Assert.DoesNotContain("evil", await (await SendAsync(HttpMethod.Get, "/sign-in?to=" + Uri.EscapeDataString(to), null)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task A_cookie_reads_through_the_api_and_does_nothing()
    {
        var session = await SessionAsync();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/api/v1/queue", session)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Post, "/api/v1/links/192.0.2.1:25/try", session)).StatusCode);
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, node.Admin + "/api/v1/queue");
        request.Headers.Add("Cookie", session);
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(request)).StatusCode);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task Nobody_learns_which_accounts_there_are()
    {
        await AccountAsync("add", "carl", "--role", "viewer");
        Assert.Equal(0, (await node.RunAsync("account", "lock", "carl", "--reason", "x")).ExitCode);
        var answers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, password) in new[] { ("anna", "CANARY wrong"), ("nobody", "CANARY wrong"), ("carl", Password), ("a b\u0001", Password), (new string('x', 300), "x") })
        {
            using var response = await SignInAsync(name, password);
            answers.Add($"{response.StatusCode} {response.Headers.Location} {await response.Content.ReadAsStringAsync()} {string.Join(';', response.Headers.Where(h => h.Key is not "Date").Select(h => h.Key + string.Join(',', h.Value)))}");
        }

        Assert.Single(answers);
        Assert.All(node.Control.Recorded.Where(r => r.Kind == AuditKind.SignInFailed), r => Assert.DoesNotContain("CANARY", r.Detail, StringComparison.Ordinal));
        Assert.Equal(5, node.Control.Recorded.Count(r => r.Kind == AuditKind.SignInFailed));
        Assert.DoesNotContain("CANARY wrong", node.Log.All, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task Too_many_wrong_passwords_bar_an_account_and_then_the_address()
    {
        for (var i = 0; i < 5; i++) (await SignInAsync("anna", "CANARY wrong")).Dispose();
        Assert.Contains(node.Control.Recorded, r => r.Kind == AuditKind.SignInBarred && r.Detail.StartsWith("anna", StringComparison.Ordinal));
        // The right one is no better now, and looks no different.
        Assert.Contains("failed=refused", (await SignInAsync("anna", Password)).Headers.Location!.OriginalString, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Contains("failed=refused", (await SignInAsync("anna", Password)).Headers.Location!.OriginalString, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("/", (await SignInAsync("anna", Password)).Headers.Location!.OriginalString);

        for (var i = 0; i < 10; i++) (await SignInAsync("nobody", "CANARY wrong")).Dispose();
        using var late = await SignInAsync("anna", Password);
        Assert.Contains("failed=later", late.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal("30", late.Headers.GetValues("Retry-After").Single());
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("/", (await SignInAsync("anna", Password)).Headers.Location!.OriginalString);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task A_session_ends_when_it_is_idle_and_at_the_end_of_a_watch()
    {
        var session = await SessionAsync();
        for (var minutes = 0; minutes < 12 * 60 - 10; minutes += 10)
        {
            time.Advance(TimeSpan.FromMinutes(10));
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/api/v1/me", session)).StatusCode);
        }

        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/api/v1/me", session)).StatusCode);

        session = await SessionAsync();
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/api/v1/me", session)).StatusCode);
        Assert.DoesNotContain("password", (await node.RunAsync("session", "list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Threat", "W2")]
    [InlineData("lock")]
    [InlineData("remove")]
    [InlineData("password")]
    [InlineData("roles")]
    public async Task What_becomes_of_an_account_becomes_of_its_sessions(string verb)
    {
        var session = await SessionAsync();
        string[] more = verb == "roles" ? ["--role", "viewer"] : [];
        Assert.Equal(0, (await AccountAsync(verb, "anna", more)).ExitCode);
        using var response = await SendAsync(HttpMethod.Get, "/api/v1/me", session);
        if (verb != "roles") Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        else Assert.DoesNotContain("watch-keeper", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_and_a_form_of_one_node_hold_on_another()
    {
        var session = await SessionAsync();
        await using var other = await TestNode.StartAsync(time, spool);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, other.Admin + "/api/v1/me", session)).StatusCode);
        using var form = await SendAsync(HttpMethod.Get, "/sign-in", null);
        using var response = await PostAsync(form, other.Admin + "/sign-in", "anna", Password, "/");
        Assert.Equal("/", response.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("short", "a password has 12 to 256 characters")]
    [InlineData("aaaabbbbccccaaaa", "at least five different characters")]
    [InlineData("Hannah4hannah4", "must not hold the name")]
    public async Task Refuses_weak_passwords(string password, string why)
    {
        var run = await node.RunAsync(password + "\n", false, "account", "add", "hannah", "--role", "viewer", "--reason", "x");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task Accounts_are_an_administrators()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await node.SendAsync(HttpMethod.Get, "/api/v1/accounts", TestNode.ViewerToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await node.SendAsync(HttpMethod.Post, "/api/v1/accounts/anna/lock", TestNode.ViewerToken, "{\"reason\":\"x\"}")).StatusCode);
        Assert.Equal(6, (await AccountAsync("add", "anna", "--role", "viewer")).ExitCode);
        Assert.Equal(3, (await AccountAsync("lock", "nobody")).ExitCode);
        Assert.Equal(
            [AuditKind.AccountAdded], node.Control.Recorded.Where(r => r.Kind is AuditKind.AccountAdded or AuditKind.AccountChanged).Select(r => r.Kind));
        Assert.DoesNotContain(Documents("account"), d => d.Contains("CANARY", StringComparison.Ordinal));
    }

    private Task<CommandRun> AccountAsync(string verb, string name, params string[] more) => node.RunAsync(Password + "\n", false, ["account", verb, name, .. more, "--reason", "test"]);

    private List<string> Documents(string kind) => [.. spool.ListDocumentsAsync(kind).AsTask().GetAwaiter().GetResult().Select(d => d.Json)];

    private async Task<string> SessionAsync()
    {
        using var response = await SignInAsync("anna", Password);
        return Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    private async Task<HttpResponseMessage> SignInAsync(string name, string password, string to = "/")
    {
        using var form = await SendAsync(HttpMethod.Get, "/sign-in", null);
        return await PostAsync(form, "/sign-in", name, password, to);
    }

    private async Task<HttpResponseMessage> PostAsync(HttpResponseMessage form, string address, string name, string password, string to)
    {
        var token = Hidden().Match(await form.Content.ReadAsStringAsync());
        return await SendAsync(HttpMethod.Post, address, form.Headers.GetValues("Set-Cookie").Single().Split(';')[0], new() { [token.Groups[1].Value] = token.Groups[2].Value, ["name"] = name, ["password"] = password, ["to"] = to });
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? cookie, Dictionary<string, string>? form = null)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? node.Admin + path : path);
        if (cookie is not null) request.Headers.Add("Cookie", cookie);
        if (form is not null) request.Content = new FormUrlEncodedContent(form);
        return await client.SendAsync(request);
    }

    private static HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    private static void AssertStrict(HttpResponseMessage response)
    {
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(
            ["same-origin", "same-origin", "nosniff"],
            new[] { "Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Content-Type-Options" }.Select(h => response.Headers.GetValues(h).Single()));
    }

    [GeneratedRegex("type=\"hidden\" name=\"(__[^\"]+)\" value=\"([^\"]+)\"")]
    private static partial Regex Hidden();
}
