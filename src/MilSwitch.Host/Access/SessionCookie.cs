namespace MilSwitch.Host.Access;

/// <summary>The cookie that holds the secret of a session: for this host alone, not for scripts, and not with what other sites cause.</summary>
internal static class SessionCookie
{
    /// <summary>With TLS browsers take it from this very host alone (RFC 6265bis §4.1.3.2).</summary>
    public static string Name(HttpContext context) => context.Request.IsHttps ? "__Host-milswitch" : "milswitch";

    public static void Set(HttpContext context, string secret) => context.Response.Cookies.Append(Name(context), secret, Options(context));

    public static void Clear(HttpContext context) => context.Response.Cookies.Delete(Name(context), Options(context));

    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "socket";

    private static CookieOptions Options(HttpContext context) =>
        new() { HttpOnly = true, Secure = context.Request.IsHttps, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true };
}
