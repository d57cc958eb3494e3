using System.Security.Claims;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Api;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Access;

/// <summary>
/// How everything beside the admin API is answered: to persons who have signed in. Whoever asks finds out who that is under
/// <see cref="OperatorIdentity"/> among the features of the request.
/// </summary>
internal static class PageRules
{
    public const string SignIn = "/sign-in";
    public const string Assets = "/assets";

    // Consoles of other nodes, which have other origins, ask for this picture to find out whether this node answers.
    private const string SignOfLife = Assets + "/icon.svg";
    private const int LongestTarget = 2_000;
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    public static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        // With no-referrer browsers would not say either from where a form comes.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = context.Request.Path == SignOfLife ? "cross-origin" : "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
        headers.XFrameOptions = "DENY";
        var path = context.Request.Path;
        if (!path.StartsWithSegments(SignIn, StringComparison.Ordinal) && !path.StartsWithSegments(Assets, StringComparison.Ordinal))
        {
            if (await Doorkeeper.IdentifyAsync(context) is not { } who)
            {
                await TurnAwayAsync(context);
                return;
            }

            context.Features.Set(who);
            context.User = Principal(who);
        }

        try
        {
            await next(context);
        }
        catch (ApprovalNeededException needed) when (!context.Response.HasStarted)
        {
            await TellAsync(context, 202, $"It is recorded as proposal {needed.Proposal.Id}, and not done yet: another person has to approve it.");
        }
        catch (CountChangedException) when (!context.Response.HasStarted)
        {
            await TellAsync(context, 409, "More messages match now than were confirmed. Nothing was done.");
        }
        catch (NotPermittedException refused) when (!context.Response.HasStarted)
        {
            await TellAsync(context, 403, refused.Because is { } because ? $"Not permitted: {because}." : $"Not permitted: it needs the right '{Words.Of(refused.Right)}'. Nothing was done.");
        }

        if (context.Response is { HasStarted: false, StatusCode: 404 or 405 or 400, ContentType: null, ContentLength: null })
        {
            await TellAsync(context, context.Response.StatusCode, context.Response.StatusCode is 400 ? "The form is too old or not ours: load the page again." : "There is no such page.");
        }
    }

    /// <summary>A place of this node to go on to; what leads elsewhere is the first page.</summary>
    public static string Target(string? to) =>
        to is ['/', ..] and not ['/', '/' or '\\', ..] && to.Length <= LongestTarget && !to.StartsWith("/sign-", StringComparison.Ordinal) && to.All(c => c is > ' ' and < '\u007f' and not '\\') ? to : "/";

    private static async Task TurnAwayAsync(HttpContext context)
    {
        var request = context.Request;
        // Who shows something wrong is told so, and a form that was filled in is not lost by leading elsewhere.
        if (request.Headers.Authorization.Count > 0)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"milswitch\"";
            await Problems.Unauthorized().ExecuteAsync(context);
        }
        else if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            context.Response.StatusCode = 303;
            context.Response.Headers.Location = SignIn + QueryString.Create("to", Target(request.Path + request.QueryString));
        }
        else
        {
            await TellAsync(context, 401, "Nobody is signed in: go back, sign in in another window, and try again.");
        }
    }

    private static async Task TellAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text + "\n");
    }

    private static ClaimsPrincipal Principal(OperatorIdentity who) => new(new ClaimsIdentity(
        [
            // Tokens of forms are bound to it.
            new Claim(ClaimTypes.NameIdentifier, $"{who.Session ?? who.Via} {who.Name}"), new Claim(ClaimTypes.Name, who.Name),
            .. who.Roles.Words().Select(r => new Claim(ClaimTypes.Role, r)),
        ],
        "milswitch"));
}
