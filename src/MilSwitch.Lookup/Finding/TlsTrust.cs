using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Lookup.Finding;

/// <summary>How servers that are asked for certificates and their status prove who they are.</summary>
internal static class TlsTrust
{
    /// <summary>Reads the anchors of settings; none: nobody is believed.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">One is no certificate.</exception>
    public static X509Certificate2Collection Anchors(ImmutableArray<ReadOnlyMemory<byte>> anchors)
    {
        var all = new X509Certificate2Collection();
        foreach (var anchor in anchors) all.Add(X509CertificateLoader.LoadCertificate(anchor.Span));
        return all;
    }

    /// <summary>TLS 1.2 or 1.3 to a server (null: the caller fills in its name) that one of the anchors vouches for by the name. Nothing is fetched for it (threat C15).</summary>
    public static SslClientAuthenticationOptions Client(string? host, X509Certificate2Collection anchors)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(anchors);
        // serverAuth.
        policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        return new SslClientAuthenticationOptions { TargetHost = host, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, CertificateChainPolicy = policy };
    }
}
