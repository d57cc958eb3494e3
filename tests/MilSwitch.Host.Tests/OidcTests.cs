using System.Net;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>Signing in at an OpenID provider.</summary>
[Trait("Threat", "W2")]
public sealed class OidcTests : IAsyncLifetime
{
    private FakeProvider provider = null!;
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        provider = await FakeProvider.StartAsync();
        node = await TestNode.StartAsync(spool: FakeSpool.Create(SpoolHealth.Ready), further: files =>
        {
            files.Write("client.secret", FakeProvider.Secret + "\n", secret: true);
            return "";
        }, change: text => text.Replace("  tokens:\n", $$"""
              oidc:
                name: Corps
                issuer: {{provider.Issuer}}
                client-id: {{FakeProvider.Client}}
                client-secret: { file: client.secret }
                roles: [{ value: watch, roles: [watch-keeper, viewer] }, { value: chief, role: supervisor }]
              tokens:

            """.Replace("            ", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await provider.DisposeAsync();
    }

    [Fact]
    public async Task A_person_comes_back_with_what_the_provider_says_they_are()
    {
        provider.Groups = ["watch", "chief", "cook"];
        using var page = await GetAsync(node.Admin + "/sign-in?to=%2Fqueues", null);
        Assert.Contains("href=\"/sign-in/oidc?to=%2Fqueues\">Sign in at Corps</a>", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var (back, _) = await ComeBackAsync();
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
        Assert.Contains("content=\"0;url=/queues\"", await back.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var me = await GetAsync(node.Admin + "/api/v1/me", SessionOf(back));
        var text = await me.Content.ReadAsStringAsync();
        foreach (var word in new[] { "\"anna@example.org\"", "\"supervisor\"", "\"watch-keeper\"" }) Assert.Contains(word, text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"administrator\"", text, StringComparison.Ordinal);
        Assert.Contains(node.Control.Recorded, r => r is { Kind: AuditKind.SignedIn, Who: "anna@example.org" });
    }

    [Theory]
    [InlineData("role")]
    [InlineData("nonce")]
    [InlineData("audience")]
    [InlineData("signature")]
    [InlineData("age")]
    [InlineData("name")]
    public async Task What_is_not_as_it_must_be_opens_nothing(string what)
    {
        switch (what)
        {
            case "role":
                provider.Groups = ["cook"];
                break;
            case "nonce":
                provider.Nonce = "another";
                break;
            case "audience":
                provider.Audience = "another";
                break;
            case "signature":
                provider.Forges = true;
                break;
            case "age":
                provider.Age = TimeSpan.FromHours(1);
                break;
            default:
                provider.Person = "a b\r\nc";
                break;
        }

        var (back, _) = await ComeBackAsync();
        Assert.Equal("/sign-in?failed=refused&to=%2Fqueues", back.Headers.Location?.OriginalString);
        Assert.DoesNotContain(back.Headers.GetValues("Set-Cookie"), c => c.StartsWith("milswitch=", StringComparison.Ordinal));
        Assert.Contains(node.Control.Recorded, r => r.Kind is AuditKind.SignInFailed);
    }

    [Fact]
    public async Task An_answer_to_somebody_else_opens_nothing()
    {
        var (back, callback) = await ComeBackAsync();
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
        // A browser that did not ask, and one that asks twice with one code.
        Assert.Equal("/sign-in?failed=stale&to=%2F", (await GetAsync(callback, null)).Headers.Location?.OriginalString);
        using var begun = await GetAsync(node.Admin + "/sign-in/oidc", null);
        Assert.Equal("/sign-in?failed=stale&to=%2F", (await GetAsync(callback, Cookie(begun))).Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task A_provider_that_is_another_is_nobody()
    {
        provider.Named = "https://evil.example";
        Assert.Equal("/sign-in?failed=later&to=%2F", (await GetAsync(node.Admin + "/sign-in/oidc", null)).Headers.Location?.OriginalString);
    }

    private async Task<(HttpResponseMessage Back, string Callback)> ComeBackAsync()
    {
        using var begun = await GetAsync(node.Admin + "/sign-in/oidc?to=%2Fqueues", null);
        Assert.Equal(HttpStatusCode.SeeOther, begun.StatusCode);
        using var sent = await GetAsync(begun.Headers.Location!.AbsoluteUri, null);
        var callback = sent.Headers.Location!.AbsoluteUri;
        return (await GetAsync(callback, Cookie(begun)), callback);
    }

    private static string Cookie(HttpResponseMessage response) => response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

    private static string SessionOf(HttpResponseMessage response) => response.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("milswitch=", StringComparison.Ordinal)).Split(';')[0];

    private static async Task<HttpResponseMessage> GetAsync(string address, string? cookie)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (cookie is not null) request.Headers.Add("Cookie", cookie);
        return await client.SendAsync(request);
    }
}
