using MilSwitch.Domain.Operations;
using MilSwitch.Host.Api;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Access;

/// <summary>Finds out who sent a request. What they may do is judged where it is done.</summary>
internal static class Doorkeeper
{
    /// <summary>Scripts say with it that nobody did anything.</summary>
    public const string Passive = "X-Passive";

    /// <summary>Null: nobody whom this node knows.</summary>
    public static async ValueTask<OperatorIdentity?> IdentifyAsync(HttpContext context)
    {
        var settings = context.RequestServices.GetRequiredService<ConfigurationHolder>().Current.Admin;
        // What is said expressly counts alone: whoever shows a wrong token is not somebody else.
        var known = ApiAuthentication.Authenticate(context, settings);
        if (known is not null || context.Request.Headers.Authorization.Count > 0) return known;
        if (IsFromElsewhere(context.Request)) return null;
        return ClientCertificates.Identify(context, settings, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow()) ?? await BySessionAsync(context);
    }

    /// <summary>
    /// For the admin API, which forms of other sites can reach as well: a cookie reads, and does nothing. Scripts and the
    /// command line have tokens, certificates and the socket.
    /// </summary>
    public static async ValueTask<OperatorIdentity?> IdentifyForApiAsync(HttpContext context)
    {
        var who = await IdentifyAsync(context);
        return who?.Session is null || HttpMethods.IsGet(context.Request.Method) ? who : null;
    }

    // A browser adds what was given to it to any request: one that a page of somebody else caused is nobody's.
    private static bool IsFromElsewhere(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is "cross-site" or "same-site" && request.Headers["Sec-Fetch-Mode"] is not ["navigate"]) return true;
        return request.Headers.Origin is [{ } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == request.Host.Value && from.Scheme == request.Scheme);
    }

    private static async ValueTask<OperatorIdentity?> BySessionAsync(HttpContext context)
    {
        if (!context.Request.Cookies.TryGetValue(SessionCookie.Name(context), out var secret)) return null;
        // A page that keeps itself fresh must not keep a console open that somebody has left.
        var isUse = !context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) && context.Request.Headers[Passive].Count is 0;
        return await context.RequestServices.GetRequiredService<IAccessDesk>().IdentifyAsync(secret, SessionCookie.AddressOf(context), isUse, context.RequestAborted);
    }
}
