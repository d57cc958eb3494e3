using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// How nodes speak TLS: 1.3, or 1.2 with forward secrecy and authenticated encryption (RFC 9325), certificates on both
/// sides, no renegotiation; resumption is switched off, so that nothing outlives a change of certificates (the tickets that
/// TLS 1.3 hands out all the same resume nothing).
/// </summary>
internal static class TlsSettings
{
    private const SslProtocols Versions = SslProtocols.Tls13 | SslProtocols.Tls12;

    private static readonly TlsCipherSuite[] Suites =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    public static SslServerAuthenticationOptions ForServer(NodeCertificate identity, RemoteCertificateValidationCallback validate) => new()
    {
        ServerCertificateContext = identity.Context,
        ClientCertificateRequired = true,
        EnabledSslProtocols = Versions,
        CipherSuitesPolicy = Policy(),
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CertificateChainPolicy = PeerTrust.Policy(identity, PeerRole.Client),
        RemoteCertificateValidationCallback = validate,
    };

    public static SslClientAuthenticationOptions ForClient(NodeCertificate identity, string host, RemoteCertificateValidationCallback validate) => new()
    {
        // An address is no server name (RFC 6066 §3).
        TargetHost = IPAddress.TryParse(host, out _) ? "" : host,
        ClientCertificateContext = identity.Context,
        EnabledSslProtocols = Versions,
        CipherSuitesPolicy = Policy(),
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CertificateChainPolicy = PeerTrust.Policy(identity, PeerRole.Server),
        RemoteCertificateValidationCallback = validate,
    };

    // Elsewhere the system decides about suites.
    private static CipherSuitesPolicy? Policy() => OperatingSystem.IsLinux() ? new CipherSuitesPolicy(Suites) : null;
}
