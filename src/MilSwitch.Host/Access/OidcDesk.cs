using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Access;

/// <summary>
/// Signing in at an OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636). What has to be
/// remembered meanwhile is in a cookie that only the nodes can read.
/// </summary>
internal sealed class OidcDesk(ConfigurationHolder configuration, IDataProtectionProvider protection, TimeProvider time, AccessDesk desk, ILogger<OidcDesk> logger) : IDisposable
{
    public const string Start = PageRules.SignIn + "/oidc";
    public const string Callback = Start + "/callback";

    private const int MostOctets = 256 << 10;
    private const int LongestCode = 4_096;
    private const string Way = "oidc";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private readonly ITimeLimitedDataProtector protector = protection.CreateProtector("milswitch.oidc").ToTimeLimitedDataProtector();
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Patience, MaxResponseContentBufferSize = MostOctets };
    private readonly ConcurrentDictionary<Uri, ConfigurationManager<OpenIdConnectConfiguration>> providers = new();

    public void Dispose() => client.Dispose();

    /// <summary>Leads the person to the provider.</summary>
    public async Task BeginAsync(HttpContext context)
    {
        if (configuration.Current.Admin.Oidc is not { } settings)
        {
            context.Response.StatusCode = 404;
            return;
        }

        OpenIdConnectConfiguration provider;
        try
        {
            provider = await ProviderAsync(settings, context.RequestAborted);
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or HttpRequestException)
        {
            OidcLog.NotReached(logger, settings.Issuer, fault.Message);
            Lead(context, "later", "/");
            return;
        }

        var (state, nonce, verifier) = (Random(), Random(), Random());
        var to = PageRules.Target(context.Request.Query["to"]);
        var kept = protector.Protect(string.Join(' ', state, nonce, verifier, to), time.GetUtcNow() + Life);
        context.Response.Cookies.Append(CookieName(context), kept, CookieOptions(context));
        var query = new QueryBuilder
        {
            { "response_type", "code" }, { "client_id", settings.ClientId }, { "redirect_uri", Redirect(context, settings) }, { "scope", string.Join(' ', ["openid", .. settings.Scopes]) },
            { "state", state }, { "nonce", nonce }, { "code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) }, { "code_challenge_method", "S256" },
        };
        context.Response.StatusCode = 303;
        context.Response.Headers.Location = provider.AuthorizationEndpoint + (provider.AuthorizationEndpoint.Contains('?', StringComparison.Ordinal) ? "&" + query.ToString()[1..] : query.ToString());
    }

    /// <summary>Where the provider leads the person back to.</summary>
    public async Task EndAsync(HttpContext context)
    {
        if (configuration.Current.Admin.Oidc is not { } settings)
        {
            context.Response.StatusCode = 404;
            return;
        }

        var kept = Kept(context);
        context.Response.Cookies.Delete(CookieName(context), CookieOptions(context));
        var query = context.Request.Query;
        if (kept is not [var state, var nonce, var verifier, var to] || query["state"] is not [{ } told] || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(told), Encoding.UTF8.GetBytes(state)))
        {
            Lead(context, "stale", "/");
            return;
        }

        if (query["code"] is not [{ Length: > 0 and <= LongestCode } code])
        {
            // The person said no, or the provider did.
            Lead(context, "refused", to);
            return;
        }

        try
        {
            if (await PersonAsync(settings, code, verifier, nonce, Redirect(context, settings), context.RequestAborted) is not { } who)
            {
                await desk.RefuseAsync(Way, SessionCookie.AddressOf(context));
                Lead(context, "refused", to);
                return;
            }

            var signIn = await desk.BeginAsync(who.Name, who.Roles, Way, SessionCookie.AddressOf(context), null, context.RequestAborted);
            SessionCookie.Set(context, signIn.Secret!);
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or HttpRequestException or JsonException or TaskCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            OidcLog.NotReached(logger, settings.Issuer, fault.Message);
            Lead(context, "later", to);
            return;
        }

        // A redirect would still count as the provider's doing, and browsers would keep the cookie to themselves.
        context.Response.ContentType = "text/html; charset=utf-8";
        var target = System.Text.Encodings.Web.HtmlEncoder.Default.Encode(PageRules.Target(to));
        await context.Response.WriteAsync($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0;url={target}\"><title>Signed in: MilSwitch</title></head><body><p><a href=\"{target}\">Go on</a></p></body></html>\n");
    }

    private async Task<OperatorIdentity?> PersonAsync(OidcSettings settings, string code, string verifier, string nonce, string redirect, CancellationToken cancellationToken)
    {
        var provider = await ProviderAsync(settings, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.TokenEndpoint);
        var form = new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = redirect, ["code_verifier"] = verifier };
        // RFC 6749 §2.3.1: both are form-encoded first.
        if (settings.ClientSecret is { } secret) request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(settings.ClientId)}:{Uri.EscapeDataString(secret)}")));
        else form["client_id"] = settings.ClientId;
        request.Content = new FormUrlEncodedContent(form);
        using var response = await client.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            OidcLog.Refused(logger, settings.Issuer, $"the token endpoint answered {(int)response.StatusCode}");
            return null;
        }

        using var tokens = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        if (!tokens.RootElement.TryGetProperty("id_token", out var element) || element.GetString() is not { } token) return null;
        var result = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = provider.Issuer, ValidAudience = settings.ClientId, IssuerSigningKeys = provider.SigningKeys, RequireSignedTokens = true, RequireExpirationTime = true,
            ValidAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"],
            LifetimeValidator = (from, until, _, _) => until is { } end && time.GetUtcNow().UtcDateTime < end.AddMinutes(1) && (from is not { } begin || time.GetUtcNow().UtcDateTime > begin.AddMinutes(-1)),
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken id)
        {
            // Keys may be new ones.
            providers[settings.Issuer].RequestRefresh();
            OidcLog.Refused(logger, settings.Issuer, result.Exception?.GetType().Name ?? "no token");
            return null;
        }

        if (!id.TryGetPayloadValue<string>("nonce", out var bound) || bound != nonce) return null;
        // Core §3.1.3.7: a token for several has to be meant for this one.
        if (id.Audiences.Skip(1).Any() && (!id.TryGetPayloadValue<string>("azp", out var party) || party != settings.ClientId)) return null;
        if (!id.TryGetPayloadValue<string>(settings.NameClaim, out var name) || name is not { Length: > 0 and <= 128 } || name.Any(c => c is <= ' ' or >= '\u007f')) return null;
        var roles = id.Claims.Where(c => c.Type == settings.RoleClaim).Aggregate(OperatorRoles.None, (all, claim) => all | settings.Roles.GetValueOrDefault(claim.Value));
        if (roles is not OperatorRoles.None) return new OperatorIdentity(name.ToLowerInvariant(), "") { Roles = roles };
        OidcLog.Refused(logger, settings.Issuer, "no role");
        return null;
    }

    private async Task<OpenIdConnectConfiguration> ProviderAsync(OidcSettings settings, CancellationToken cancellationToken)
    {
        var manager = providers.GetOrAdd(settings.Issuer, issuer => new ConfigurationManager<OpenIdConnectConfiguration>(
            issuer.AbsoluteUri.TrimEnd('/') + "/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(), new HttpDocumentRetriever(client) { RequireHttps = !issuer.IsLoopback }));
        var provider = await manager.GetConfigurationAsync(cancellationToken);
        // Discovery §4.3: another issuer than the one that was asked is nobody.
        return provider.Issuer?.TrimEnd('/') == settings.Issuer.AbsoluteUri.TrimEnd('/') ? provider : throw new InvalidOperationException("the provider says that it is another issuer");
    }

    private string[]? Kept(HttpContext context)
    {
        if (!context.Request.Cookies.TryGetValue(CookieName(context), out var kept)) return null;
        try
        {
            var parts = protector.Unprotect(kept, out var until).Split(' ');
            return until > time.GetUtcNow() ? parts : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string Redirect(HttpContext context, OidcSettings settings) =>
        (settings.Origin?.GetLeftPart(UriPartial.Authority) ?? $"{context.Request.Scheme}://{context.Request.Host.Value}") + Callback;

    private static string CookieName(HttpContext context) => context.Request.IsHttps ? "__Host-milswitch-oidc" : "milswitch-oidc";

    // The provider leads back here: a stricter one would not come along.
    private static CookieOptions CookieOptions(HttpContext context) =>
        new() { HttpOnly = true, Secure = context.Request.IsHttps, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true, MaxAge = Life };

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static void Lead(HttpContext context, string failed, string to)
    {
        context.Response.StatusCode = 303;
        context.Response.Headers.Location = PageRules.SignIn + new QueryBuilder { { "failed", failed }, { "to", PageRules.Target(to) } };
    }
}

internal static partial class OidcLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The OpenID provider {Issuer} could not be asked: {Why}")]
    public static partial void NotReached(ILogger logger, Uri issuer, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Somebody whom the OpenID provider {Issuer} sent was refused: {Why}")]
    public static partial void Refused(ILogger logger, Uri issuer, string why);
}
