using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

/// <summary>TLS with a hop that has to prove its name, without any dialogue before it. Stateless and thread-safe.</summary>
public static class LinkHandshake
{
    /// <summary>Begins TLS 1.2 or later.</summary>
    /// <param name="stream">Connected; the result ends with it.</param>
    /// <param name="host">Whom the certificate must name unless the settings have a name.</param>
    /// <param name="tls">Anchors, name and own certificate; the mode means nothing here: TLS there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AuthenticationException">The hop is not who it should be, or a certificate of this side can't be used.</exception>
    public static async ValueTask<SslStream> RequireAsync(Stream stream, string host, LinkTls tls, CancellationToken cancellationToken)
    {
        SslClientAuthenticationOptions options;
        try
        {
            options = new SslClientAuthenticationOptions
            {
                TargetHost = tls.ServerName ?? host,
                // RFC 8996: nothing below 1.2.
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                AllowRenegotiation = false,
                CertificateChainPolicy = LinkCertificates.ChainPolicy(tls),
                ClientCertificateContext = LinkCertificates.ClientCertificate(tls),
            };
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new AuthenticationException("a certificate file can't be used: " + e.Message, e);
        }

        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
