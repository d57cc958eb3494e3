using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Alarms;

namespace MilSwitch.Host.Alarms;

/// <summary>
/// POSTs alarms. The receiver knows by the signature who sent it and that nothing was changed, and by the time in it that it
/// is not an old one. The answer's body is not read. Stateless and thread-safe.
/// </summary>
internal static class WebHookNotifier
{
    /// <summary>When it was signed, in seconds since 1970.</summary>
    public const string TimestampHeader = "MilSwitch-Timestamp";

    /// <summary><c>sha256=</c> and HMAC-SHA256 over timestamp, a full stop and the body, in hexadecimal.</summary>
    public const string SignatureHeader = "MilSwitch-Signature";

    private const int Tries = 3;

    public static async Task<string?> NotifyAsync(NotifierSettings.WebHook settings, AlarmNotification notification, TimeProvider time, CancellationToken cancellationToken)
    {
        var body = NotificationBody.Write(notification);
        using var client = new HttpClient(Handler(settings)) { Timeout = Timeout.InfiniteTimeSpan };
        var fault = "";
        for (var tries = 1; tries <= Tries; tries++)
        {
            if (tries > 1) await Task.Delay(TimeSpan.FromSeconds(tries - 1), time, cancellationToken);
            (fault, var again) = await PostAsync(client, settings, body, time, cancellationToken);
            if (fault is null) return null;
            if (!again) break;
        }

        return fault;
    }

    /// <summary>What <see cref="SignatureHeader"/> says.</summary>
    public static string Sign(ReadOnlySpan<byte> secret, string timestamp, ReadOnlySpan<byte> body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, [.. Encoding.ASCII.GetBytes(timestamp + "."), .. body]));

    private static async Task<(string? Fault, bool Again)> PostAsync(HttpClient client, NotifierSettings.WebHook settings, byte[] body, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Address) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
        request.Headers.TryAddWithoutValidation(TimestampHeader, timestamp);
        request.Headers.TryAddWithoutValidation(SignatureHeader, Sign(settings.Secret.Span, timestamp, body));
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.IsSuccessStatusCode) return (null, false);
            var status = (int)response.StatusCode;
            return (string.Create(CultureInfo.InvariantCulture, $"the server answers {status}"), response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || status >= 500);
        }
        catch (HttpRequestException fault)
        {
            return (fault.InnerException is AuthenticationException ? "the server's certificate is not believed" : "the server can't be reached", true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ("the server does not answer in time", true);
        }
    }

    private static SocketsHttpHandler Handler(NotifierSettings.WebHook settings)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None, MaxResponseHeadersLength = 16 };
        handler.SslOptions.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (!settings.Anchors.IsEmpty)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            foreach (var anchor in settings.Anchors) policy.CustomTrustStore.Add(anchor);
        }

        handler.SslOptions.CertificateChainPolicy = policy;
        return handler;
    }
}
