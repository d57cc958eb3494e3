using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Lookup.Finding.Web;

/// <summary>
/// Requests over HTTP to places that an operator named (threat C15): no redirects, no proxies, no cookies, no credentials, no
/// compression, one limit of time and one of octets for everything. Thread-safe.
/// </summary>
/// <param name="anchors">Whom servers of https must lead to.</param>
/// <param name="time">Measures the limit.</param>
/// <param name="limit">For one request.</param>
/// <param name="mostOctets">Of one answer.</param>
internal sealed class BoundedHttp(X509Certificate2Collection anchors, TimeProvider time, TimeSpan limit, int mostOctets) : IDisposable
{
    private readonly HttpClient client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 0,
        ConnectTimeout = limit,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        SslOptions = TlsTrust.Client(null, anchors),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Fetches; null: the server says that there is nothing (404, 410).</summary>
    /// <param name="address">Where.</param>
    /// <param name="body">What is posted; null: it is a GET.</param>
    /// <param name="bodyType">Its media type.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FetchException">There is no whole answer.</exception>
    public async Task<ReadOnlyMemory<byte>?> FetchAsync(Uri address, ReadOnlyMemory<byte>? body, string bodyType, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, address) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            if (body is { } octets) request.Content = new ReadOnlyMemoryContent(octets) { Headers = { ContentType = new MediaTypeHeaderValue(bodyType) } };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone) return null;
            if ((int)response.StatusCode is >= 300 and < 400) throw new FetchException("it refers elsewhere, and nobody else is asked");
            if (response.StatusCode is not HttpStatusCode.OK) throw new FetchException(string.Create(CultureInfo.InvariantCulture, $"the server answers {(int)response.StatusCode}"));
            return await ReadAsync(response.Content, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FetchException("no whole answer in time") { IsSilence = true };
        }
        catch (HttpRequestException fault)
        {
            throw new FetchException(fault.InnerException is AuthenticationException ? "its certificate is not believed, or it speaks no TLS" : "it can't be reached, or does not speak HTTP", fault) { IsSilence = true };
        }
        catch (IOException fault)
        {
            throw new FetchException("the connection broke", fault) { IsSilence = true };
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > mostOctets) throw new FetchException("the answer is too large");
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var whole = new MemoryStream();
            var piece = new byte[16 << 10];
            while (await stream.ReadAsync(piece, cancellationToken).ConfigureAwait(false) is var count and > 0)
            {
                if (whole.Length + count > mostOctets) throw new FetchException("the answer is too large");
                whole.Write(piece, 0, count);
            }

            return whole.ToArray();
        }
    }
}

/// <summary>There is no whole answer. The text is for an operator.</summary>
internal sealed class FetchException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Nobody is there who answers, whatever he is asked.</summary>
    public bool IsSilence { get; init; }
}
