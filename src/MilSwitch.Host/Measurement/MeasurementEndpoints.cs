using MilSwitch.Domain.Spool;
using MilSwitch.Switching;

namespace MilSwitch.Host.Measurement;

/// <summary><c>/metrics</c>, <c>/health/live</c> and <c>/health/ready</c>; nothing else is on that endpoint, and nothing changes state.</summary>
internal static class MeasurementEndpoints
{
    private const string TextFormat = "text/plain; version=0.0.4; charset=utf-8";

    public static async Task AnswerAsync(HttpContext context, MeterBridge bridge)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = 405;
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/metrics":
                // Collected in memory first, so that a fault is a 500 and not half a page.
                using (var page = new MemoryStream())
                {
                    await bridge.WriteAsync(page, context.RequestAborted);
                    context.Response.ContentType = TextFormat;
                    context.Response.ContentLength = page.Length;
                    page.Position = 0;
                    await page.CopyToAsync(context.Response.Body, context.RequestAborted);
                }

                break;
            case "/health/live":
                // A node whose store is broken can only be started afresh.
                var isLive = context.RequestServices.GetService<ISpool>() is null or { Health: not SpoolHealth.Broken };
                await SayAsync(context, isLive ? 200 : 503, isLive ? "live" : "the store is broken");
                break;
            case "/health/ready":
                // Ready means: can store and can switch; not that the process is up.
                var isReady = context.RequestServices.GetRequiredService<ISwitchControl>().IsReady
                    && context.RequestServices.GetService<ISpool>() is null or { Health: SpoolHealth.Ready };
                await SayAsync(context, isReady ? 200 : 503, isReady ? "ready" : "not ready");
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private static Task SayAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
