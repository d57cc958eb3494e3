using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Smtp.Server.Hosting;

/// <summary>
/// TLS as a listener speaks it: 1.2 and up (RFC 8996), no ALPN but <c>smtp</c>, client certificates judged offline against
/// the listener's own anchors.
/// </summary>
internal static class TlsServer
{
    private static readonly ConditionalWeakTable<SmtpListenerSettings, SslServerAuthenticationOptions> Made = [];

    public static SslServerAuthenticationOptions Options(SmtpListenerSettings settings) => Made.GetValue(settings, Make);

    private static SslServerAuthenticationOptions Make(SmtpListenerSettings settings)
    {
        var certificate = settings.Certificate ?? throw new InvalidOperationException($"Listener {settings.Name} has no certificate.");
        var options = new SslServerAuthenticationOptions
        {
            // Offline: nothing is fetched to complete the chain.
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            // Strict ALPN: a client that came to speak HTTP ends in the handshake (ALPACA).
            ApplicationProtocols = [new SslApplicationProtocol("smtp")],
            ClientCertificateRequired = !settings.ClientAnchors.IsEmpty,
            // A resumed session brings the peer's identity from another handshake, perhaps on another listener.
            AllowTlsResume = settings.ClientAnchors.IsEmpty,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            // A client without certificate goes on, unidentified; one with a bad certificate does not.
            RemoteCertificateValidationCallback = static (_, certificate, _, errors) => certificate is null || errors is SslPolicyErrors.None,
        };
        if (settings.ClientAnchors.IsEmpty) return options;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTimeIgnored = true,
        };
        foreach (var anchor in settings.ClientAnchors) policy.CustomTrustStore.Add(anchor);
        options.CertificateChainPolicy = policy;
        return options;
    }
}
