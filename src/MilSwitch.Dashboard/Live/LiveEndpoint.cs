using System.Text;
using Microsoft.AspNetCore.Http;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Live;

/// <summary>A page's view again and again, as server-sent events.</summary>
internal static class LiveEndpoint
{
    public const string Path = "/live";

    /// <summary>A console asks anew after this time, with its cookie or certificate, so that nobody watches on who has been locked out.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static string Address(ConsolePage page, ViewContext context) =>
        $"{Path}?page={Uri.EscapeDataString(page.Path + (context.Id is null ? "" : "/" + Uri.EscapeDataString(context.Id)) + context.Query.Text)}";

    public static async Task AnswerAsync(HttpContext context, OperatorIdentity who, LiveHub hub, TimeProvider time)
    {
        var address = context.Request.Query["page"].ToString();
        var cut = address.IndexOf('?', StringComparison.Ordinal);
        if (ConsolePages.Find(cut < 0 ? address : address[..cut]) is not ({ Live: not null } page, var id) || !who.Roles.Allow(page.Right))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (hub.Watch(page, id, cut < 0 ? "" : address[cut..], who) is not { } watch)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        using (watch)
        using (var limit = new CancellationTokenSource(Longest, time))
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, limit.Token))
        {
            context.Response.ContentType = "text/event-stream";
            try
            {
                await context.Response.Body.WriteAsync("retry: 1500\n\n"u8.ToArray(), end.Token).ConfigureAwait(false);
                await foreach (var picture in watch.ReadAsync(end.Token).ConfigureAwait(false))
                {
                    await context.Response.Body.WriteAsync(picture, end.Token).ConfigureAwait(false);
                    await context.Response.Body.FlushAsync(end.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // It comes again, or it is gone.
            }
        }
    }

    /// <summary>One event with JSON on one line.</summary>
    public static byte[] Event(string json) => Encoding.UTF8.GetBytes($"event: view\ndata: {json}\n\n");
}
