using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Web;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Host.Running;

/// <summary>Issues certificates for recipients beyond boundaries and answers look-ups for them. Thread-safe.</summary>
internal sealed class ProxyCertificates : IHostedService
{
    private readonly Dictionary<string, ProxyGateway> gateways;
    private readonly TimeProvider time;

    public ProxyCertificates(NodeConfiguration configuration, Func<NodeConfiguration, KeyRing> ring, TimeProvider time, ILogger<ProxyCertificates> logger)
    {
        this.time = time;
        var keys = ring(configuration);
        gateways = configuration.Proxies.ToDictionary(p => p.Boundary, p => new ProxyGateway(p, keys, time, logger), StringComparer.Ordinal);
    }

    /// <summary>What keeps certificates from being issued.</summary>
    public IEnumerable<Alarm> Alarms => gateways.Values.Select(g => g.Alarm).OfType<Alarm>();

    /// <summary>The authority at a boundary; null: there is none.</summary>
    public ProxyAuthority? Authority(string boundary) => gateways.GetValueOrDefault(boundary)?.Authority;

    /// <summary>Where LDAP is answered at a boundary; null: nowhere.</summary>
    public IPEndPoint? LdapEndPoint(string boundary) => gateways.GetValueOrDefault(boundary)?.LdapEndPoint;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var gateway in gateways.Values) await gateway.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var gateway in gateways.Values) await gateway.DisposeAsync();
    }

    /// <summary>Another configuration is in force, of the same boundaries, listeners and logs.</summary>
    public void Use(NodeConfiguration next, KeyRing ring)
    {
        foreach (var proxy in next.Proxies) gateways[proxy.Boundary].Use(proxy, ring);
    }

    /// <summary>The web server's endpoints for look-ups.</summary>
    public static void Listen(KestrelServerOptions kestrel, NodeConfiguration configuration, Action<IPEndPoint, Action<ListenOptions>> listen)
    {
        foreach (var proxy in configuration.Proxies)
        {
            if (proxy.Https is not { } https) continue;
            var boundary = proxy.Boundary;
            listen(https.Endpoint, options =>
            {
                // Asked for at each handshake, so that a reload reaches it.
                options.UseHttps(o => o.ServerCertificateSelector = (_, _) => kestrel.ApplicationServices.GetRequiredService<ProxyCertificates>().Certificate(boundary));
                options.Use(next => connection =>
                {
                    connection.Features.Set(new Door(boundary));
                    return next(connection);
                });
            });
        }
    }

    /// <summary>Answers a request that came in where look-ups are answered. Who asks is a stranger.</summary>
    /// <returns>False: it came in somewhere else.</returns>
    public static async ValueTask<bool> TryAnswerAsync(HttpContext context)
    {
        if (context.Features.Get<Door>() is not { } door) return false;
        await context.RequestServices.GetRequiredService<ProxyCertificates>().AnswerAsync(context, door.Boundary);
        return true;
    }

    private X509Certificate2? Certificate(string boundary) => gateways[boundary].Configuration.Https?.Certificate;

    private async Task AnswerAsync(HttpContext context, string boundary)
    {
        var (request, response) = (context.Request, context.Response);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return;
        }

        // As it was sent: an address may hold what decoding would take for something else.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        if (!path.StartsWith(ProxyLookup.Path, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var peer = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        var answer = await new ProxyLookup(gateways[boundary].Authority, time)
            .AnswerAsync(path, query < 0 ? "" : target[query..], request.Headers.Accept.ToString() is { Length: > 0 } accept ? accept : null, peer, context.RequestAborted);
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        if (answer.MaxAge > TimeSpan.Zero) response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"private, max-age={(long)answer.MaxAge.TotalSeconds}");
        if (answer.RetryAfter is { } later) response.Headers.RetryAfter = ((long)later.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (HttpMethods.IsGet(request.Method)) await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    /// <summary>Put among a connection's features, because Host headers and port numbers are the client's word.</summary>
    private sealed record Door(string Boundary);
}
