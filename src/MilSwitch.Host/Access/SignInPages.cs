using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Access;

/// <summary>
/// Signing in and out with forms: <c>name</c>, <c>password</c> and <c>to</c>. An attempt that failed leads back to the form with
/// <c>failed=refused</c> or <c>failed=later</c>.
/// </summary>
internal static class SignInPages
{
    private const string SignOut = "/sign-out";
    private const int MostOctets = 16 << 10;

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        // A page of its own takes the place of this one.
        routes.MapGet(PageRules.SignIn, ShowAsync).ExcludeFromDescription().WithOrder(1_000);
        routes.MapPost(PageRules.SignIn, SignInAsync).ExcludeFromDescription().WithOrder(-1_000).DisableAntiforgery();
        routes.MapGet(OidcDesk.Start, (HttpContext context, OidcDesk desk) => desk.BeginAsync(context)).ExcludeFromDescription();
        routes.MapGet(OidcDesk.Callback, (HttpContext context, OidcDesk desk) => desk.EndAsync(context)).ExcludeFromDescription();
        routes.MapPost(SignOut, SignOutAsync).ExcludeFromDescription().WithOrder(-1_000).DisableAntiforgery();
    }

    private static async Task ShowAsync(HttpContext context, IAntiforgery antiforgery, IAccessDesk desk)
    {
        var tokens = antiforgery.GetAndStoreTokens(context);
        var query = context.Request.Query;
        var text = query["failed"] switch
        {
            ["refused"] => "<p role=\"alert\">Not signed in: name or password is wrong, or there were too many attempts.</p>\n",
            ["later"] => "<p role=\"alert\">Not signed in: too many attempts. Try again later.</p>\n",
            ["stale"] => "<p role=\"alert\">The form was too old. Try again.</p>\n",
            _ => "",
        };
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "text/html; charset=utf-8";
        var (to, encode) = (PageRules.Target(query["to"]), HtmlEncoder.Default);
        var password = !desk.Ways.Password ? "" : $"""
            <form method="post" action="{PageRules.SignIn}">
            <input type="hidden" name="{encode.Encode(tokens.FormFieldName)}" value="{encode.Encode(tokens.RequestToken ?? "")}">
            <input type="hidden" name="to" value="{encode.Encode(to)}">
            <p><label>Name <input name="name" autocomplete="username" autocapitalize="none" required autofocus></label></p>
            <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
            <p><button>Sign in</button></p>
            </form>

            """;
        var provider = desk.Ways.Provider is { } name ? $"<p><a href=\"{OidcDesk.Start}{encode.Encode(QueryString.Create("to", to).Value!)}\">Sign in at {encode.Encode(name)}</a></p>\n" : "";
        await context.Response.WriteAsync($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sign in: MilSwitch</title></head><body><main>\n<h1>Sign in</h1>\n{text}{provider}{password}</main></body></html>\n");
    }

    private static async Task SignInAsync(HttpContext context, IAntiforgery antiforgery, IAccessDesk desk)
    {
        if (await ReadAsync(context, antiforgery) is not { } form)
        {
            Lead(context, PageRules.SignIn + QueryString.Create("failed", "stale"));
            return;
        }

        var to = PageRules.Target(form["to"]);
        var result = await desk.SignInAsync(form["name"].ToString(), form["password"].ToString(), SessionCookie.AddressOf(context), context.RequestAborted);
        if (result is { Outcome: SignInOutcome.Done, Secret: { } secret })
        {
            SessionCookie.Set(context, secret);
            Lead(context, to);
            return;
        }

        if (result.RetryAfter is { } wait) context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        Lead(context, PageRules.SignIn + new QueryBuilder { { "failed", result.Outcome is SignInOutcome.TooMany ? "later" : "refused" }, { "to", to } });
    }

    private static async Task SignOutAsync(HttpContext context, IAntiforgery antiforgery, IAccessDesk desk)
    {
        if (await ReadAsync(context, antiforgery) is null)
        {
            context.Response.StatusCode = 400;
            return;
        }

        if (context.Request.Cookies.TryGetValue(SessionCookie.Name(context), out var secret)) await desk.SignOutAsync(secret, context.RequestAborted);
        SessionCookie.Clear(context);
        Lead(context, PageRules.SignIn);
    }

    // Null: it is no form of ours.
    private static async ValueTask<IFormCollection?> ReadAsync(HttpContext context, IAntiforgery antiforgery)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = MostOctets;
        try
        {
            await antiforgery.ValidateRequestAsync(context);
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception fault) when (fault is AntiforgeryValidationException or InvalidDataException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void Lead(HttpContext context, string to)
    {
        context.Response.StatusCode = 303;
        context.Response.Headers.Location = to;
    }
}
