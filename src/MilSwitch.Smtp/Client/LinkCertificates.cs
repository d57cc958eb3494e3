using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

/// <summary>
/// Certificates of links, read from their PEM files once and again when a file has changed. Thread-safe. Throws
/// <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> or
/// <see cref="System.Security.Cryptography.CryptographicException"/> when a file can't be read.
/// </summary>
internal static class LinkCertificates
{
    private static readonly ConcurrentDictionary<(string Certificate, string? Key), Loaded<SslStreamCertificateContext>> Own = new();
    private static readonly ConcurrentDictionary<string, Loaded<X509Certificate2Collection>> Anchors = new();

    /// <summary>The client certificate with its chain; null when the link has none.</summary>
    public static SslStreamCertificateContext? ClientCertificate(LinkTls tls)
    {
        if (tls.CertificateFile is not { } file) return null;
        var written = (File.GetLastWriteTimeUtc(file), File.GetLastWriteTimeUtc(tls.KeyFile ?? file));
        var key = (file, tls.KeyFile);
        if (Own.TryGetValue(key, out var known) && known.Written == written) return known.Value;
        var certificate = X509Certificate2.CreateFromPemFile(file, tls.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file);
        // Offline: a missing intermediate certificate must not make the switch fetch one.
        var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        Own[key] = new Loaded<SslStreamCertificateContext>(written, context);
        return context;
    }

    /// <summary>How the hop's chain is judged: the link's anchors or the system's, and nothing is downloaded.</summary>
    public static X509ChainPolicy ChainPolicy(LinkTls tls)
    {
        var policy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        if (tls.CaFile is not { } file) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(AnchorsIn(file));
        return policy;
    }

    private static X509Certificate2Collection AnchorsIn(string file)
    {
        var time = File.GetLastWriteTimeUtc(file);
        var written = (time, time);
        if (Anchors.TryGetValue(file, out var known) && known.Written == written) return known.Value;
        var anchors = new X509Certificate2Collection();
        anchors.ImportFromPemFile(file);
        Anchors[file] = new Loaded<X509Certificate2Collection>(written, anchors);
        return anchors;
    }

    private sealed record Loaded<T>((DateTime, DateTime) Written, T Value);
}
