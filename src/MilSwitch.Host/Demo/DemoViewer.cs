using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Demo;

/// <summary>A page on the loopback address that shows what the neighbour took last.</summary>
internal sealed class DemoViewer : IAsyncDisposable
{
    private const int Shown = 200;

    private readonly DemoNeighbour neighbour;
    private readonly WebApplication application;

    private DemoViewer(DemoNeighbour neighbour, int port)
    {
        this.neighbour = neighbour;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        application = builder.Build();
        application.MapGet("/", context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            // What others wrote is shown here: nothing of it may run.
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
            return context.Response.WriteAsync(Page());
        });
    }

    public string Address => application.Urls.First();

    public static async Task<DemoViewer> StartAsync(DemoNeighbour neighbour, int port, CancellationToken cancellationToken)
    {
        var viewer = new DemoViewer(neighbour, port);
        await viewer.application.StartAsync(cancellationToken);
        return viewer;
    }

    public ValueTask DisposeAsync() => application.DisposeAsync();

    private string Page()
    {
        var all = neighbour.Arrivals;
        var page = new StringBuilder(
            """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Arrived</title><style>
            body { font: 15px/1.4 sans-serif; margin: 2em; color: #222; background: #fff }
            table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .2em .8em; border-bottom: 1px solid #ddd }
            td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap }
            .immediate, .flash, .override { font-weight: bold } .flash, .override { background: #fdd } .immediate { background: #ffd }
            </style></head><body>
            """);
        page.Append(CultureInfo.InvariantCulture, $"<h1>{neighbour.Count} messages arrived at the neighbour</h1><p>The last {Shown}, newest first.</p>");
        page.Append("<table><thead><tr><th>Time (UTC)</th><th>Precedence</th><th>Subject</th><th>From</th><th>To</th></tr></thead><tbody>");
        foreach (var arrival in all.Reverse().Take(Shown))
        {
            var level = arrival.Precedence?.Keyword() ?? "";
            page.Append(CultureInfo.InvariantCulture, $"<tr class=\"{level}\"><td>{arrival.At:HH:mm:ss.fff}</td><td>{level}</td><td>{Encode(arrival.Subject)}{(arrival.Suspected ? " (possible duplicate)" : "")}</td>");
            page.Append(CultureInfo.InvariantCulture, $"<td>{Encode(arrival.ReversePath.Length > 0 ? arrival.ReversePath : "<>")}</td><td>{Encode(string.Join(", ", arrival.Recipients))}</td></tr>");
        }

        return page.Append("</tbody></table></body></html>").ToString();
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
