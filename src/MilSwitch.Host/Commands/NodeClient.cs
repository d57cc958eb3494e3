using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Speaks to the admin API of one node. What goes wrong ends as a <see cref="CommandFault"/> with its exit code.</summary>
internal sealed class NodeClient : IDisposable
{
    // Until an answer begins.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient client;
    private readonly string address;

    /// <param name="address"><c>unix:/path</c>, <c>http://…</c> or <c>https://…</c>.</param>
    /// <param name="tokenFile">Null: no token.</param>
    /// <param name="anchorsFile">Null: the system's trust anchors.</param>
    /// <param name="certificateFile">Null: no certificate.</param>
    public NodeClient(string address, string? tokenFile, string? anchorsFile, string? certificateFile = null)
    {
        this.address = address;
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        Uri origin;
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            var path = address[5..];
            origin = new Uri("http://localhost");
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
        else if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new CommandFault(ExitCodes.WrongUse, $"'{address}' is not the address of a node: unix:/path, http://host:port or https://host:port");
        }
        else
        {
            origin = uri;
        }

        if (anchorsFile is not null) handler.SslOptions = Trusting(anchorsFile);
        if (certificateFile is not null) handler.SslOptions.ClientCertificates = [ReadCertificate(certificateFile)];
        client = new HttpClient(handler) { BaseAddress = origin, Timeout = Timeout.InfiniteTimeSpan };
        if (tokenFile is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ReadToken(tokenFile));
    }

    public void Dispose() => client.Dispose();

    /// <summary>The body as it came.</summary>
    public async Task<string> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, ApiEndpoints.Prefix + path), cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public async Task<string> SendAsync<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type, RequestConditions conditions, CancellationToken cancellationToken)
    {
        using var request = Request(method, path, conditions);
        request.Content = new StringContent(JsonSerializer.Serialize(body, type), Encoding.UTF8, "application/json");
        using var response = await SendAsync(request, cancellationToken, conditions.Patience);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public async Task<string> SendAsync(string path, ReadOnlyMemory<byte> body, string mediaType, RequestConditions conditions, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, path, conditions);
        request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
        using var response = await SendAsync(request, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public async Task<string> SendAsync(HttpMethod method, string path, RequestConditions conditions, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(Request(method, path, conditions), cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>An answer that is read while it comes.</summary>
    public async Task<StreamReader> OpenAsync(string path, (string Name, string? Value) header, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, ApiEndpoints.Prefix + path);
        if (header.Value is not null) request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        var response = await SendAsync(request, cancellationToken);
        return new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
    }

    /// <summary>Octets of an answer, read while they come; disposing the stream ends it.</summary>
    public async Task<Stream> OpenStreamAsync(string path, CancellationToken cancellationToken)
    {
        var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, ApiEndpoints.Prefix + path), cancellationToken);
        return await response.Content.ReadAsStreamAsync(cancellationToken);
    }

    /// <summary>Reads on; a connection that breaks is a node that can't be reached.</summary>
    public async Task<T> UnlessBrokenAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw new CommandFault(ExitCodes.Unreachable, $"the connection to the node at {address} broke");
        }
    }

    public async Task CopyAsync(string path, Stream output, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, ApiEndpoints.Prefix + path), cancellationToken);
        await response.Content.CopyToAsync(output, cancellationToken);
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, RequestConditions conditions)
    {
        var request = new HttpRequestMessage(method, ApiEndpoints.Prefix + path);
        if (conditions.Key is { } key) request.Headers.TryAddWithoutValidation(IdempotentRequests.Header, Quote(key));
        if (conditions.Tag is { } tag) request.Headers.TryAddWithoutValidation("If-Match", tag == "*" || tag.StartsWith('"') ? tag : Quote(tag));
        return request;
    }

    private static string Quote(string text) => text.StartsWith('"') ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        either.CancelAfter(patience ?? Patience);
        try
        {
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode is System.Net.HttpStatusCode.Accepted)
            {
                using (response) throw new CommandFault(ExitCodes.ApprovalNeeded, await WaitsAsync(response, cancellationToken));
            }

            if (response.IsSuccessStatusCode) return response;
            using (response) throw new CommandFault(ExitCodes.Of((int)response.StatusCode), await DescribeAsync(response, cancellationToken));
        }
        catch (HttpRequestException fault)
        {
            var socket = fault.InnerException as SocketException;
            var exitCode = socket?.SocketErrorCode == SocketError.AccessDenied ? ExitCodes.NotPermitted : ExitCodes.Unreachable;
            var why = address.StartsWith("unix:", StringComparison.Ordinal) && !File.Exists(address[5..])
                ? "there is no such socket; is the node running?"
                : socket?.Message ?? fault.InnerException?.Message ?? fault.Message;
            throw new CommandFault(exitCode, $"no answer from the node at {address}: {why}");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFault(ExitCodes.Unreachable, $"no answer from the node at {address} in time");
        }
    }

    private static async Task<string> WaitsAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var proposal = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(cancellationToken), ApiJson.Default.ProposalView);
        return proposal is null
            ? "another person has to approve it"
            : $"another person has to approve it until {Text.Time(proposal.Expires)}: milswitch proposal approve {proposal.Id} --reason TEXT";
    }

    private static async Task<string> DescribeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (JsonSerializer.Deserialize(text, ApiJson.Default.ProblemView) is { } problem)
            {
                var lines = new StringBuilder(problem.Detail is null ? problem.Title : $"{problem.Title}: {problem.Detail}");
                foreach (var p in problem.Problems ?? []) lines.Append('\n').Append(new Configuration.ConfigurationProblem(p.File, p.Line, p.Key, p.Text));
                return lines.ToString();
            }
        }
        catch (JsonException)
        {
            // Something else than a node answered.
        }

        return $"the node answered {(int)response.StatusCode}";
    }

    private static X509Certificate2 ReadCertificate(string file)
    {
        try
        {
            using var read = X509Certificate2.CreateFromPemFile(file);
            // SslStream wants a key that lives in the certificate.
            return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pfx), null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{file} can't be read as a certificate with its key in PEM");
        }
    }

    private static string ReadToken(string file)
    {
        try
        {
            var token = File.ReadAllText(file).Trim();
            return token.Length > 0 && token.All(c => c is > ' ' and <= '~')
                ? token
                : throw new CommandFault(ExitCodes.NotFound, $"{file} does not hold a token");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"the token file {file} can't be read");
        }
    }

    private static SslClientAuthenticationOptions Trusting(string file)
    {
        var anchors = new X509Certificate2Collection();
        try
        {
            anchors.ImportFromPemFile(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{file} can't be read as certificates in PEM");
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(anchors);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }
}
