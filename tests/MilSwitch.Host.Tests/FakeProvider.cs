using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MilSwitch.Host.Tests;

/// <summary>A small OpenID provider with keys of its own: one person, who always says yes.</summary>
public sealed class FakeProvider : IAsyncDisposable
{
    public const string Client = "milswitch", Secret = "CANARY client+secret";

    private readonly ConcurrentDictionary<string, (string Challenge, string Nonce, string Redirect)> codes = new();
    private readonly RSA key = RSA.Create(2048);
    private readonly WebApplication app;

    private FakeProvider()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        app = builder.Build();
        app.MapGet("/.well-known/openid-configuration", () => Results.Text(
            $$"""{"issuer":"{{Named ?? Issuer}}","authorization_endpoint":"{{Issuer}}/authorize","token_endpoint":"{{Issuer}}/token","jwks_uri":"{{Issuer}}/keys"}""", "application/json"));
        app.MapGet("/keys", () =>
        {
            var p = key.ExportParameters(false);
            return Results.Text($$"""{"keys":[{"kty":"RSA","use":"sig","kid":"k1","n":"{{Base64UrlEncoder.Encode(p.Modulus)}}","e":"{{Base64UrlEncoder.Encode(p.Exponent)}}"}]}""", "application/json");
        });
        app.MapGet("/authorize", (HttpContext context) =>
        {
            var query = context.Request.Query;
            var code = Guid.NewGuid().ToString("N");
            codes[code] = (query["code_challenge"]!, query["nonce"]!, query["redirect_uri"]!);
            return Results.Redirect($"{query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(query["state"]!)}");
        });
        app.MapPost("/token", (Delegate)TokenAsync);
    }

    public string Issuer { get; private set; } = "";

    /// <summary>Who it says that it is; null: itself.</summary>
    public string? Named { get; set; }

    public string[] Groups { get; set; } = ["watch"];

    public string Person { get; set; } = "Anna@example.org";

    public string Audience { get; set; } = Client;

    public string? Nonce { get; set; }

    public TimeSpan Age { get; set; }

    /// <summary>Signed with a key that nobody published.</summary>
    public bool Forges { get; set; }

    public static async Task<FakeProvider> StartAsync()
    {
        var provider = new FakeProvider();
        await provider.app.StartAsync();
        provider.Issuer = provider.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        key.Dispose();
    }

    private async Task<IResult> TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Client}:{Uri.EscapeDataString(Secret)}"));
        // Each code is good for one who has what the challenge was made of.
        if (context.Request.Headers.Authorization != basic || !codes.TryRemove(form["code"].ToString(), out var asked) || form["redirect_uri"] != asked.Redirect
            || Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != asked.Challenge) return Results.BadRequest();
        using var other = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow().UtcDateTime - Age;
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer, Audience = Audience, NotBefore = now, Expires = now.AddMinutes(5),
            Claims = new Dictionary<string, object> { ["sub"] = "1", ["nonce"] = Nonce ?? asked.Nonce, ["preferred_username"] = Person, ["roles"] = Groups },
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(Forges ? other.ExportParameters(true) : key.ExportParameters(true)) { KeyId = "k1" }, SecurityAlgorithms.RsaSha256),
        });
        return Results.Text($$"""{"access_token":"x","token_type":"Bearer","id_token":"{{token}}"}""", "application/json");
    }
}
