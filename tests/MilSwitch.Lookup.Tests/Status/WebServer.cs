using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MilSwitch.Lookup.Tests.Status;

/// <summary>A small HTTP server that answers what a test says, well or badly.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Func<Request, Stream, CancellationToken, Task> answer;
    private readonly X509Certificate2? certificate;
    private readonly ConcurrentBag<Request> requests = [];
    private readonly Task serving;

    public WebServer(Func<Request, Stream, CancellationToken, Task> answer, X509Certificate2? certificate = null)
    {
        (this.answer, this.certificate) = (answer, certificate);
        listener.Start();
        serving = ServeAsync();
    }

    public readonly record struct Request(string Method, string Target, byte[] Body);

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public IReadOnlyCollection<Request> Requests => requests;

    public Uri At(string path) => new($"{(certificate is null ? "http" : "https")}://127.0.0.1:{Port}{path}");

    /// <summary>Answers every request with the same.</summary>
    public static WebServer With(Func<byte[]> body, int status = 200) => new((_, stream, cancellation) => WriteAsync(stream, status, body(), "", cancellation));

    public static async Task WriteAsync(Stream stream, int status, byte[] body, string further, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\n{further}Connection: close\r\n\r\n")), cancellationToken);
        await stream.WriteAsync(body, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await serving;
        stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true) sessions.Add(SessionAsync(await listener.AcceptTcpClientAsync(stopping.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over: cancelled, or no longer listening.
        }

        await Task.WhenAll(sessions);
    }

    private async Task SessionAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = await SecureAsync(client.GetStream());
                if (await ReadAsync(stream) is not { } request) return;
                requests.Add(request);
                await answer(request, stream, stopping.Token);
            }
            catch (Exception end) when (end is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream stream)
    {
        if (certificate is null) return stream;
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(certificate);
        return secure;
    }

    private async Task<Request?> ReadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var octet = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(octet, stopping.Token) is 0) return null;
            head.Append((char)octet[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } field ? int.Parse(field.AsSpan(15), CultureInfo.InvariantCulture) : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, stopping.Token);
        var first = lines[0].Split(' ');
        return new Request(first[0], first[1], body);
    }
}
