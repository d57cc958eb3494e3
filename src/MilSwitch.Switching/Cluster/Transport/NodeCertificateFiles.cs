using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>Reads a node's identity and judges it as another node will, so that a bad one is found before it is shown.</summary>
public static class NodeCertificateFiles
{
    // Bundles of authorities are a few KiB.
    private const long Longest = 1024 * 1024;

    /// <param name="tls">Which files.</param>
    /// <param name="host">The host by which others dial this node; null: not checked (a name of peers is, where there is one).</param>
    /// <param name="time">Tells today.</param>
    /// <exception cref="NodeCertificateException">A file can't be read, holds something else, or they don't belong together.</exception>
    public static NodeCertificate Load(ClusterTls tls, string? host, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(tls);
        ArgumentNullException.ThrowIfNull(time);
        var authorities = Certificates(tls.AuthorityFile);
        foreach (var authority in authorities)
        {
            if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData))
                throw new NodeCertificateException(tls.AuthorityFile, $"{authority.Subject} is not self-signed; only roots are believed");
            if (authority.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
                throw new NodeCertificateException(tls.AuthorityFile, $"{authority.Subject} is no certification authority");
        }

        var chain = Certificates(tls.CertificateFile);
        var own = WithKey(chain[0], tls);
        var identity = new NodeCertificate(own, [.. chain.Skip(1)], authorities);
        Judge(identity, tls, tls.PeerName ?? host, time.GetUtcNow());
        return identity;
    }

    private static void Judge(NodeCertificate identity, ClusterTls tls, string? name, DateTimeOffset now)
    {
        // Both ends: a node dials and is dialled.
        foreach (var role in Enum.GetValues<PeerRole>())
        {
            var reason = PeerTrust.Judge(identity, identity.Certificate, identity.Intermediates, role, name, now, TimeSpan.Zero).Cause switch
            {
                null => null,
                RefusalCause.Expired => string.Create(CultureInfo.InvariantCulture, $"the certificate ended at {identity.NotAfter:yyyy-MM-dd HH:mm}Z"),
                RefusalCause.NotYetValid => string.Create(CultureInfo.InvariantCulture, $"the certificate begins at {identity.Certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}Z"),
                RefusalCause.WrongPurpose => $"the certificate is not for TLS {(role is PeerRole.Server ? "servers" : "clients")}; nodes are both",
                RefusalCause.WrongName => $"the certificate does not name {name}",
                _ => $"the certificate does not lead to an authority of {tls.AuthorityFile}",
            };
            if (reason is not null) throw new NodeCertificateException(tls.CertificateFile, reason);
        }
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, ClusterTls tls)
    {
        var pem = Text(tls.KeyFile);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(tls.KeyFile) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
            throw new NodeCertificateException(tls.KeyFile, "every user of the machine may read or write the key");
        try
        {
            using var whole = Attach(certificate, pem);
            // SslStream wants a key that lives in the certificate.
            return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or NotSupportedException)
        {
            var reason = pem.Contains("ENCRYPTED", StringComparison.Ordinal) ? "the key is encrypted"
                : !pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal) ? "there is no private key in PEM"
                : $"the key can't be read, or does not belong to the certificate of {tls.CertificateFile}";
            throw new NodeCertificateException(tls.KeyFile, reason);
        }
    }

    private static X509Certificate2 Attach(X509Certificate2 certificate, string pem)
    {
        if (certificate.GetECDsaPublicKey() is { } forCurve)
        {
            using (forCurve)
            using (var key = ECDsa.Create())
            {
                key.ImportFromPem(pem);
                return certificate.CopyWithPrivateKey(key);
            }
        }

        using (var key = RSA.Create())
        {
            key.ImportFromPem(pem);
            return certificate.CopyWithPrivateKey(key);
        }
    }

    private static X509Certificate2Collection Certificates(string file)
    {
        X509Certificate2Collection found = [];
        try
        {
            found.ImportFromPem(Text(file));
        }
        catch (CryptographicException)
        {
            throw new NodeCertificateException(file, "a certificate in it can't be read");
        }

        return found.Count > 0 ? found : throw new NodeCertificateException(file, "there is no certificate in PEM");
    }

    private static string Text(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > Longest }) throw new NodeCertificateException(file, "it is too long to be this");
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            throw new NodeCertificateException(file, e is UnauthorizedAccessException ? "it may not be read" : File.Exists(file) ? "it can't be read" : "there is no such file");
        }
    }
}
